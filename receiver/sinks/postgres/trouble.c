#include "receiver/sinks/postgres/trouble.h"

#include <stdio.h>
#include <string.h>

/*
 * By the start of the SQLSTATE; the first that fits counts. PostgreSQL documentation, "PostgreSQL
 * Error Codes".
 */
static const struct {
	const char *state;
	enum pg_trouble trouble;
} troubles[] = {
	{ "08P01", PG_REFUSED },  /* rows that the server cannot read */
	{ "08", PG_LOST },        /* connection exception */
	{ "57P", PG_LOST },       /* shutdown, crash, starting up */
	{ "57014", PG_TOO_LONG }, /* statement_timeout, or pg_cancel_backend() */
	{ "25P", PG_LOST },       /* idle_in_transaction_session_timeout and the like */
	{ "25006", PG_STANDBY },  /* read-only */
	{ "40", PG_LATER },       /* deadlock, serialization */
	{ "53", PG_LATER },       /* disk full, out of memory, too many connections */
	{ "55", PG_LATER },       /* lock not available, object in use */
	{ "58", PG_LATER },       /* input or output failed */
	{ "22P03", PG_CHANGED },  /* a value is not in the binary form of its column's type */
	{ "42501", PG_BARRED },   /* permission denied */
	{ "428", PG_BARRED },     /* not a table that takes rows */
	{ "0A", PG_BARRED },      /* not supported: a view, for example */
	{ "3F", PG_CHANGED },     /* the schema is gone */
	{ "42", PG_CHANGED },     /* no such table, no such column, another type */
	{ "", PG_REFUSED },
};

static enum pg_trouble trouble_of(const char *state)
{
	size_t i = 0;

	while (strncmp(state, troubles[i].state, strlen(troubles[i].state)) != 0)
		i++;
	return troubles[i].trouble;
}

void pg_failure_set(struct pg_failure *failure, PGconn *connection, const PGresult *result)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result ? PQresultErrorMessage(result) : PQerrorMessage(connection);

	/* Messages that libpq makes itself, about the connection, have no state. */
	failure->trouble = state ? trouble_of(state) : PG_LOST;
	failure->by_zero = state && strcmp(state, "22012") == 0;
	if (!text || !*text)
		text = "the connection to the server was lost";
	snprintf(failure->text, sizeof(failure->text), "%.*s", (int)strcspn(text, "\n"), text);
}
