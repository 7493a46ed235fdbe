#include "receiver/sinks/postgres/conninfo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

static void on_notice(void *argument, const char *text)
{
	(void)argument;
	message_detail("server says: %.*s", (int)strcspn(text, "\n"), text);
}

/* "host=/run/x port=5432 dbname=m user=u" as in force, without password. */
static void describe(char *buffer, size_t size, PGconn *connection)
{
	PQconninfoOption *options = PQconninfo(connection);
	size_t used = 0;

	buffer[0] = '\0';
	for (PQconninfoOption *option = options; option && option->keyword; option++) {
		static const char *const shown[] = { "host",   "hostaddr", "port",
						     "dbname", "user",     "service" };

		for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]) && used < size; i++)
			if (option->val && option->val[0] && strcmp(option->keyword, shown[i]) == 0)
				used += (size_t)snprintf(buffer + used, size - used, "%s%s=%s",
							 used ? " " : "", option->keyword,
							 option->val);
	}
	PQconninfoFree(options);
}

/*
 * libpq quotes a malformed conninfo in its message, and with it the password that may be in
 * there: such a message is withheld.
 */
static bool parses(const char *conninfo)
{
	char *why = NULL;
	PQconninfoOption *options = conninfo ? PQconninfoParse(conninfo, &why) : NULL;

	PQconninfoFree(options);
	PQfreemem(why);
	return options || !conninfo;
}

/*
 * What stands before "dbname" is a fallback: CONNINFO, which stands there, overrides it. A server
 * that does not answer any more is given up on after half a minute instead of a quarter of an hour.
 */
static const char *const keys[] = { "fallback_application_name",
				    "tcp_user_timeout",
				    "keepalives_idle",
				    "keepalives_interval",
				    "keepalives_count",
				    "connect_timeout",
				    "dbname",
				    "client_encoding",
				    "host",
				    "hostaddr",
				    "port",
				    NULL };
enum {
	KEY_TIMEOUT = 5,
	KEY_DATABASE = 6,
	KEY_PLACES = 8,
	KEY_COUNT = sizeof(keys) / sizeof(keys[0])
};
#define PLACES (KEY_COUNT - 1 - KEY_PLACES) /* what says where servers are: lists */

static void fill(const char *values[KEY_COUNT], const char *conninfo)
{
	static const char *const fixed[KEY_COUNT] = {
		"fairport-receive", "30000", "30", "10", "3", NULL, NULL, "UTF8"
	};

	memcpy(values, fixed, sizeof(fixed));
	values[KEY_TIMEOUT] = getenv("PGCONNECT_TIMEOUT") ? NULL : "10";
	values[KEY_DATABASE] = conninfo ? conninfo : "";
}

static unsigned int count_members(const char *list)
{
	unsigned int count = 1;

	for (; *list; list++)
		count += *list == ',';
	return count;
}

/* "a,b,c" from its member FIRST on: "b,c,a". From malloc; NULL: out of memory. */
static char *turn(const char *list, unsigned int first)
{
	char *turned = malloc(strlen(list) + 1), *at = turned;
	const char *rest = list;

	for (unsigned int i = 0; i < first; i++)
		rest = strchr(rest, ',') + 1;
	if (turned) {
		at = stpcpy(at, rest);
		if (rest > list)
			*at++ = ',';
		at = mempcpy(at, list, rest > list ? (size_t)(rest - list) - 1 : 0);
		*at = '\0';
	}
	return turned;
}

/* What CONNINFO, or the environment, says of PLACE ("host"). NULL: nothing. */
static const char *find_place(const PQconninfoOption *option, const char *place)
{
	for (; option && option->keyword; option++)
		if (strcmp(option->keyword, place) == 0)
			return option->val ? option->val
					   : (option->envvar ? getenv(option->envvar) : NULL);
	return NULL;
}

/* Sets VALUES, from malloc, where servers are in several places. */
static void turn_places(char *values[PLACES], const char *conninfo, unsigned int first)
{
	PQconninfoOption *options = PQconninfoParse(conninfo ? conninfo : "", NULL);
	unsigned int most = 1;

	for (size_t i = 0; i < PLACES; i++) {
		const char *list = find_place(options, keys[KEY_PLACES + i]);
		unsigned int count = list ? count_members(list) : 1;

		most = count > most ? count : most;
	}
	/* One port may be that of all hosts. */
	for (size_t i = 0; i < PLACES && most > 1; i++) {
		const char *list = find_place(options, keys[KEY_PLACES + i]);

		if (list && count_members(list) == most)
			values[i] = turn(list, first % most);
	}
	PQconninfoFree(options);
}

PGconn *pg_connect_start(const char *conninfo, unsigned int first)
{
	const char *values[KEY_COUNT];
	char *places[PLACES] = { NULL };
	PGconn *connection;

	fill(values, conninfo);
	turn_places(places, conninfo, first);
	memcpy(&values[KEY_PLACES], places, sizeof(places));
	connection = PQconnectStartParams(keys, values, 1);
	PQsetNoticeProcessor(connection, on_notice, NULL);
	for (size_t i = 0; i < PLACES; i++)
		free(places[i]);
	return connection;
}

PGconn *pg_connect_wait(const char *conninfo)
{
	const char *values[KEY_COUNT], *why;
	char server[512];
	PGconn *connection;

	if (!parses(conninfo)) {
		message_error("invalid value for --database: not a libpq connection string");
		message_hint("expected e.g. 'host=db dbname=metrics' or postgresql://db/metrics");
		return NULL;
	}
	fill(values, conninfo);
	connection = PQconnectdbParams(keys, values, 1);
	if (PQstatus(connection) == CONNECTION_OK) {
		PQsetNoticeProcessor(connection, on_notice, NULL);
		return connection;
	}
	describe(server, sizeof(server), connection);
	why = PQerrorMessage(connection);
	message_error("could not connect to PostgreSQL (%s): %.*s", server, (int)strcspn(why, "\n"),
		      why);
	message_hint("start the server, name another with --database, or use --sink null");
	PQfinish(connection);
	return NULL;
}
