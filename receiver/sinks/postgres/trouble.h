/* What an error of the server, or of the connection to it, means for what was being done. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_TROUBLE_H
#define FAIRPORT_RECEIVER_POSTGRES_TROUBLE_H

#include <libpq-fe.h>
#include <stdbool.h>

enum pg_trouble {
	PG_LOST,     /* the connection is gone: connect again */
	PG_STANDBY,  /* the server is read-only: so too, perhaps to another one */
	PG_LATER,    /* it may go well later: disk full, locks, too many connections */
	PG_TOO_LONG, /* cancelled: the same, but less at a time */
	PG_CHANGED,  /* a table is not what it was: look at it again */
	PG_BARRED,   /* rows of this table are not let in, whatever they hold */
	PG_REFUSED,  /* something in the rows is refused */
};

struct pg_failure {
	enum pg_trouble trouble;
	bool by_zero;   /* how the check and the mark fail: by a division */
	char text[256]; /* the first line of what the server, or libpq, says */
};

/* By the first error of a command. RESULT is NULL where libpq itself failed: PG_LOST. */
void pg_failure_set(struct pg_failure *failure, PGconn *connection, const PGresult *result);

#endif
