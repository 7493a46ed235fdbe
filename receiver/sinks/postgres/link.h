/*
 * A PostgreSQL connection that does not block its owner, but for looking up host names, and does
 * one thing at a time for it: a query, or the writing of rows. When it is lost, it connects again
 * by itself, waiting longer and longer in between; what it was doing has failed then, and is the
 * owner's to do again.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_LINK_H
#define FAIRPORT_RECEIVER_POSTGRES_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "receiver/sinks/postgres/trouble.h"
#include "receiver/sinks/postgres/writer.h"

/* What came of it. Both are gone after the call. */
struct pg_outcome {
	const struct pg_failure *failure;   /* NULL: it went well */
	const PGresult *result;             /* of a query: of its last statement */
	const struct pg_progress *progress; /* of writing: how far it got */
};

typedef void pg_done(void *owner, const struct pg_outcome *outcome);

struct sink_wait;

struct pg_link {
	const char *conninfo;
	PGconn *connection; /* NULL: none at the moment */
	enum { LINK_DOWN, LINK_CONNECTING, LINK_IDLE, LINK_WAITING, LINK_WRITING } state;
	PostgresPollingStatusType polling; /* while connecting */
	uint64_t deadline;                 /* while connecting; clock_now() time, as the next */
	uint64_t retry_at;                 /* while down */
	unsigned int attempts;             /* in a row, since the owner set it to 0 */
	uint32_t opened;                   /* changes when the socket may be another one */
	bool write_blocked;

	pg_done *done;
	void *owner;
	const struct pg_writer *writer;
	void *writing; /* NULL: a query */
	PGresult *result;
	struct pg_failure failure;
	bool failed;
};

/* Begins to connect. CONNINFO may be NULL, and stays the caller's. */
void pg_link_open(struct pg_link *link, const char *conninfo);

/* Connected, and doing nothing. */
bool pg_link_is_idle(const struct pg_link *link);

/*
 * Only when idle: begins to do it. DONE, if there is one, is called once, by pg_link_service() or
 * at once.
 */
void pg_link_query(struct pg_link *link, const char *sql, pg_done *done, void *owner);
void pg_link_write(struct pg_link *link, const struct pg_writer *writer,
		   const struct pg_piece *piece, pg_done *done, void *owner);

/*
 * Goes on as far as possible without blocking. READY: what it waits for has happened; that is not
 * looked for, since it would take a system call.
 */
void pg_link_service(struct pg_link *link, uint64_t now, bool ready);

/* What to wait for, and when to come back in any case. */
struct sink_wait pg_link_wait_for(const struct pg_link *link);
uint64_t pg_link_due(const struct pg_link *link);

/* Drops the connection: what is being done fails, and it will connect again after a while. */
void pg_link_drop(struct pg_link *link, uint64_t now);

/* Ends it; done() is not called any more. */
void pg_link_close(struct pg_link *link);

#endif
