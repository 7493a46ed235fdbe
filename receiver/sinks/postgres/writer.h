/*
 * How rows get into the database: one row of the table in writer.c per value of --writer. A writer
 * writes the first rows of a batch, and the mark that they are, in one transaction.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_WRITER_H
#define FAIRPORT_RECEIVER_POSTGRES_WRITER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_batch;

/* What is to be written. The batch stays as it is until the writing is freed; the texts need not.
 */
struct pg_piece {
	const struct pg_batch *batch; /* no part is without rows */
	uint64_t rows;                /* the first so many of the batch, 1 or more */
	const char *schema;           /* as SQL writes it */
	/*
	 * Two statements, the second may be NULL: that the tables are still what they were when the
	 * rows were made, and the mark. Each fails, by a division by zero, where that is not so.
	 * They come behind the rows, in the same transaction.
	 */
	const char *check, *mark;
};

/* How far it got. */
struct pg_progress {
	uint64_t parts;  /* of the batch, whose rows the server has taken */
	uint64_t stored; /* rows that the server counts, of the part at hand and all before */
	bool sent;       /* everything: from now on it may be committed */
};

/* What a call comes back with. */
enum pg_step {
	PG_STEP_WAIT,  /* for the socket; after PQflush(), where there was output */
	PG_STEP_GO_ON, /* the server's answer can be asked for */
	PG_STEP_LOST,  /* libpq says that the connection is broken */
};

/*
 * The link calls start() once. Then, until done() is true: result() for each result that
 * PQgetResult() returns, NULL included (all of one command have come); data() while a COPY takes
 * data (its result was PGRES_COPY_IN), again and again, when the socket takes more. An error is the
 * link's: it keeps the first and calls on until done(), so that the connection can be used again.
 * Nothing of it blocks.
 */
struct pg_writer {
	const char *name;
	uint64_t rows_max; /* of one piece */
	void *(*start)(const struct pg_piece *piece,
		       PGconn *connection); /* NULL: lost, or memory */
	enum pg_step (*data)(void *writing, PGconn *connection);
	enum pg_step (*result)(void *writing, PGconn *connection, const PGresult *result);
	bool (*done)(const void *writing);
	const struct pg_progress *(*progress)(const void *writing);
	void (*free)(void *writing);
};

extern const char *const pg_writer_names[];
const struct pg_writer *pg_writer_by_index(size_t index);

extern const struct pg_writer pg_writer_copy, pg_writer_insert, pg_writer_prepared,
	pg_writer_pipeline;

#endif
