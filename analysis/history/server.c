#include "analysis/history/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

/* Of schema.sql. */
#define FORMAT "1"

static void on_notice(void *argument, const char *text)
{
	(void)argument;
	message_detail("server says: %.*s", (int)strcspn(text, "\n"), text);
}

/*
 * A password with a bare "@" or "/" in a URI is read as host, port or database, which messages
 * name: the part before "?" has one "@" at most, and that before any "/".
 */
static bool tells_password(const char *text)
{
	static const char *const schemes[] = { "postgresql://", "postgres://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t length = strlen(schemes[i]), place;

		if (strncmp(text, schemes[i], length) != 0)
			continue;
		text += length;
		place = strcspn(text, "@/");
		length = strcspn(text, "?");
		if (place < length)
			return memchr(text + place + 1, '@', length - place - 1) != NULL;
	}
	return false;
}

/* libpq quotes what it cannot read, and with it the password that may be in there. */
static bool is_conninfo(const char *option, const char *text)
{
	char *why = NULL;
	PQconninfoOption *options = PQconninfoParse(text, &why);

	PQfreemem(why);
	PQconninfoFree(options);
	if (options && tells_password(text)) {
		message_error("invalid value for %s: an \"@\" where a URI has none", option);
		message_hint("in a user's name or password, write @ as %%40, and / as %%2F");
		return false;
	}
	if (options)
		return true;
	message_error("invalid value for %s: not a libpq connection string", option);
	message_hint("expected e.g. 'host=db dbname=history' or postgresql://db/history");
	return false;
}

PGconn *server_connect(const char *option, const char *conninfo)
{
	/* What stands before "dbname" is a fallback, which CONNINFO overrides. */
	static const char *const keys[] = { "fallback_application_name", "connect_timeout",
					    "dbname", "client_encoding", NULL };
	const char *values[] = { "fairport-report", getenv("PGCONNECT_TIMEOUT") ? NULL : "10",
				 conninfo, "UTF8", NULL };
	PGconn *connection;
	const char *why;

	if (!is_conninfo(option, conninfo))
		return NULL;
	connection = PQconnectdbParams(keys, values, 1);
	if (PQstatus(connection) == CONNECTION_OK) {
		PQsetNoticeProcessor(connection, on_notice, NULL);
		return connection;
	}
	why = PQerrorMessage(connection);
	message_error("could not connect to PostgreSQL: %.*s", (int)strcspn(why, "\n"), why);
	message_hint("start the server, make the database (createdb), or name another with %s "
		     "CONNINFO",
		     option);
	PQfinish(connection);
	return NULL;
}

/* By SQLSTATE: PostgreSQL documentation, "PostgreSQL Error Codes". */
static void hint_at(const char *state)
{
	if (strcmp(state, "42501") == 0)
		message_hint("share/fairport/history/schema.sql says what has to be granted");
	else if (strcmp(state, "25006") == 0)
		message_hint("this server is a standby, or read-only: name the primary one");
	else if (strcmp(state, "42P07") == 0)
		message_hint("somebody else's tables are in schema fairport: name another "
			     "database");
}

static void complain(PGconn *connection, const PGresult *result, const char *task)
{
	const char *why = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (!why || !*why)
		why = PQerrorMessage(connection);
	message_error("could not %s: %.*s", task, (int)strcspn(why, "\n"), why);
	if (PQstatus(connection) == CONNECTION_BAD)
		message_hint("the connection is lost: try again, which does no harm whatever was "
			     "done");
	else
		hint_at(state ? state : "");
}

PGresult *server_ask(PGconn *connection, const char *task, const char *sql, int count,
		     const char *const values[])
{
	PGresult *result = PQexecParams(connection, sql, count, NULL, values, NULL, NULL, 0);
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	complain(connection, result, task);
	PQclear(result);
	return NULL;
}

bool server_do(PGconn *connection, const char *task, const char *sql, int count,
	       const char *const values[])
{
	PGresult *result = server_ask(connection, task, sql, count, values);

	PQclear(result);
	return result != NULL;
}

bool server_script(PGconn *connection, const char *task, const char *sql)
{
	PGresult *result = PQexec(connection, sql);
	bool done = PQresultStatus(result) == PGRES_COMMAND_OK;

	if (!done)
		complain(connection, result, task);
	PQclear(result);
	return done;
}

enum server_schema server_schema(PGconn *connection, const char *task)
{
	PGresult *result = server_ask(connection, task,
				      "SELECT FROM pg_catalog.pg_class AS c "
				      "JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace "
				      "WHERE n.nspname = 'fairport' AND c.relname = 'format'",
				      0, NULL);
	enum server_schema found = SERVER_SCHEMA_OTHER;
	const char *version;
	bool none;

	if (!result)
		return SERVER_SCHEMA_OTHER;
	none = PQntuples(result) == 0;
	PQclear(result);
	if (none)
		return SERVER_SCHEMA_NONE;
	result = server_ask(connection, task, "SELECT version FROM fairport.format", 0, NULL);
	if (!result)
		return SERVER_SCHEMA_OTHER;
	version = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "none";
	if (strcmp(version, FORMAT) == 0) {
		found = SERVER_SCHEMA_OURS;
	} else {
		message_error(
			"could not %s: schema fairport of this database has format %s, not " FORMAT,
			task, version);
		message_hint("another version of fairport made it: use that one, or name another "
			     "database");
	}
	PQclear(result);
	return found;
}

void server_put_element(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', out);
		putc(*text, out);
	}
	putc('"', out);
}
