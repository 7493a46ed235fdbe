/*
 * A PostgreSQL connection that never blocks its owner: tasks are queued and done one after the
 * other as the socket allows. A task is a text of SQL statements, or a COPY with its data.
 */
#ifndef FAIRPORT_RECEIVER_PG_LINK_H
#define FAIRPORT_RECEIVER_PG_LINK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_task {
	struct pg_task *next;
	char *sql;  /* owned */
	char *data; /* owned; what COPY sends, NULL for other statements */
	size_t length;
	uint64_t rows; /* in data */
	/*
	 * Called once. RESULT is that of the last statement, or NULL with ERROR saying why there
	 * is none; both are gone after the call.
	 */
	void (*done)(struct pg_task *task, const PGresult *result, const char *error);
	void *owner, *context; /* for done() */
};

struct pg_link {
	PGconn *connection;
	struct pg_task *head, *tail;
	size_t bytes;     /* of the data of all queued tasks */
	size_t sent;      /* of head's data, handed to libpq */
	PGresult *result; /* of head, so far */
	char *error;      /* of head: the first */
	enum { LINK_IDLE, LINK_WAITING, LINK_COPYING } state;
	bool write_blocked;
};

/*
 * Connects, waiting for it. CONNINFO may be NULL. On failure returns false after an error that
 * names the server but no password.
 */
bool pg_link_open(struct pg_link *link, const char *conninfo);

/* Queues TASK, which is freed after its done(); its sql and data must be from malloc. */
void pg_link_submit(struct pg_link *link, struct pg_task *task);

/* Goes on as far as possible without blocking. */
void pg_link_service(struct pg_link *link);

/* The descriptor and events to wait for, -1 when there is nothing to do. */
int pg_link_wait_for(const struct pg_link *link, short *events);

/* Ends unfinished tasks with the error WHY and closes the connection. */
void pg_link_close(struct pg_link *link, const char *why);

#endif
