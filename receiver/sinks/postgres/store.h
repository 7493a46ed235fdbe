/*
 * The PostgreSQL sink of one worker, as its files see it. Lines become rows of the open batch at
 * once (postgres.c); a batch is cut, brought to the server and settled, one after the other
 * (delivery.c), over one connection; what memory cannot hold waits on disk (overflow.c).
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_STORE_H
#define FAIRPORT_RECEIVER_POSTGRES_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/catalog.h"
#include "receiver/sinks/postgres/link.h"
#include "receiver/sinks/postgres/mark.h"
#include "receiver/sinks/postgres/table.h"

struct account;
struct outage;
struct pg_template;
struct receive_options;
struct spool;

/*
 * What may wait in memory, in bytes: the rows that are made and those that are on their way. It is
 * looked at before each packet; one packet of the shortest lines for the widest table makes up to
 * 36 MB of rows.
 */
#define PG_ROOM ((size_t)16 << 20)

struct pg_session {
	char *schema; /* where tables are made, as SQL writes it; NULL: not known yet */
	bool ready;   /* asked since the connection was made */
	bool marks;   /* there is a table for marks, and it may be used */
};

/* What was refused, until it is known whether its table is still what it was. */
struct pg_refusal {
	struct pg_table *table; /* NULL: nothing was */
	uint64_t rows;          /* of the piece, which begins with rows of the table */
	uint32_t oid;           /* as in the table, when the rows were fitted */
	char version[24];       /* likewise */
	struct pg_failure failure;
};

/* The batch that is brought to the server. */
struct pg_delivery {
	struct pg_batch batch; /* without parts: none */
	size_t size;           /* of it, in bytes */
	struct spool *spool;   /* it is the first record of this one; NULL: it is in memory only */
	struct pg_mark *mark;  /* of its writer */
	uint64_t limit, most;  /* rows of the next piece at most: what is refused is looked for;
				  more take too long */
	uint64_t piece; /* rows of the piece that was sent last; 0: its fate is known, or the mark
			   will tell */
	struct pg_mark moved; /* where that has moved the mark, if it was committed */
	bool fresh;           /* out of a spool, and not yet asked what of it is settled */
	bool counted;         /* what does not fit was, by who left the spool */
	uint64_t left_out;    /* rows that did not fit, and were counted */
	unsigned int doubts;  /* in a row: tables had changed between fitting and writing */
	struct pg_refusal refusal;
	struct pg_table **asked, *making; /* tables that are looked at, or made, just now */
	size_t asked_count;
	uint32_t inspections;
};

/* Batches on disk: what this worker put there, and what an earlier one has left. */
struct pg_overflow {
	struct spool *own, *adopted;
	struct pg_mark adopted_mark;
	uint64_t adopt_at; /* when to look for spools that were left behind; clock_now() time */
	uint64_t retry_at; /* after the disk did not take a record */
	bool said;
};

/* What all workers have in common; made by the parent. */
struct pg_shared {
	struct outage *outage;
	struct pg_template *template;
};

struct pg_store {
	const struct receive_options *options;
	struct account *account;
	struct outage *outage;
	size_t index; /* of the worker */
	struct pg_shape shape;
	struct pg_template *template;
	const struct pg_writer *writer;
	struct pg_tables tables;
	struct pg_link link;
	struct pg_session session;
	struct pg_mark mark; /* of this worker */
	uint64_t number;     /* of the last batch that was cut */

	struct pg_batch open; /* where rows are added */
	size_t open_size;
	uint64_t open_rows;
	uint64_t now;     /* clock_now() time of the last burst, or service() */
	int64_t received; /* when the last burst came, ns since 1970 */
	uint64_t due;     /* when it must be cut, clock_now() time; UINT64_MAX: it is empty */

	struct pg_delivery delivery;
	struct pg_overflow overflow;
	uint64_t pause_until;     /* nothing is tried before, clock_now() time */
	struct pg_table *doubted; /* a line did not fit it; NULL: none, since it was looked at */
	uint64_t doubt_at;        /* when it is to be looked at again */
	unsigned int pauses;      /* in a row */
	bool held_up;             /* since something went wrong, nothing has gone well */
};

/* Nothing is tried for a while: longer each time, until something goes well. */
void pg_store_pause(struct pg_store *store, const char *why);
/* Likewise, after FAILURE; from a server that is read-only, the connection is dropped. */
void pg_store_wait_out(struct pg_store *store, const struct pg_failure *failure);
void pg_store_goes_well(struct pg_store *store);

/* Counts ROWS that could not be stored; the first TEXT is said and kept. */
void pg_store_failed(struct pg_store *store, uint64_t rows, const char *text);

/* The open batch, which is empty from then on, goes to BATCH, with a number. */
void pg_store_cut(struct pg_store *store, struct pg_batch *batch);

/* Bytes of rows in memory. */
size_t pg_store_held(const struct pg_store *store);

/* session.c: the next step after connecting. False when nothing was begun. */
bool pg_session_step(struct pg_store *store);
void pg_session_lost(struct pg_store *store);

/* delivery.c: the next step. False when there is nothing to do, or not now. */
bool pg_delivery_step(struct pg_store *store, uint64_t now);

/* Takes BATCH, of the writer with MARK, out of SPOOL or from memory (NULL). */
void pg_delivery_load(struct pg_store *store, struct pg_batch *batch, struct pg_mark *mark,
		      struct spool *spool);
bool pg_delivery_has_batch(const struct pg_store *store);
/* The first ROWS cannot be stored. */
void pg_delivery_fail(struct pg_store *store, uint64_t rows, const char *text);

/*
 * prepare.c: begins to ask, or to make, what is not known, or not there, of the batch's tables.
 * False when there is nothing more to do, or not now.
 */
bool pg_prepare_step(struct pg_store *store, uint64_t now);
/* Leaves out what does not fit. False, after a pause was begun: out of memory. */
bool pg_prepare_fit(struct pg_store *store);
/* Looks at a table that lines did not fit, which may have been mended since. False: not now. */
bool pg_prepare_doubted(struct pg_store *store, uint64_t now);

/*
 * blame.c: a piece of ROWS was refused, when the server had taken PARTS of it. What is done
 * about it may have to wait until its table was looked at: then pg_blame_judge() does it.
 */
void pg_blame(struct pg_store *store, const struct pg_failure *failure, uint64_t rows,
	      uint64_t parts);
void pg_blame_judge(struct pg_store *store);

/* overflow.c */
/* What is in memory and cannot be sent goes to disk, when it is much, or ALL. */
void pg_overflow_relieve(struct pg_store *store, bool all);
/* Whether the next batch comes from disk: it is loaded, or is not known yet to be needed. */
bool pg_overflow_next(struct pg_store *store, uint64_t now);
bool pg_overflow_waits(const struct pg_store *store); /* there are batches on disk */
/* Writes down how far the delivery of a record has got. */
void pg_overflow_note(struct pg_store *store);
/* The record that the delivery was made of is settled. */
void pg_overflow_settled(struct pg_store *store);
void pg_overflow_close(struct pg_store *store);

#endif
