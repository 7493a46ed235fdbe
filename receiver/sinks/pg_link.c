#include "receiver/sinks/pg_link.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"

/* How much COPY data is handed to libpq before it must have left. */
#define CHUNK ((size_t)64 * 1024)

static void on_notice(void *argument, const char *text)
{
	(void)argument;
	message_detail("server says: %.*s", (int)strcspn(text, "\n"), text);
}

/* "host=/run/x port=5432 dbname=m user=u" as in force, without password. */
static void describe(char *buffer, size_t size, PGconn *connection, const char *conninfo)
{
	PQconninfoOption *options =
		connection ? PQconninfo(connection) : PQconninfoParse(conninfo, NULL);
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

bool pg_link_open(struct pg_link *link, const char *conninfo)
{
	const char *const keys[] = { "fallback_application_name", "connect_timeout", "dbname",
				     "client_encoding", NULL };
	/* Without a limit of the user's, a server that does not answer is given up on. */
	const char *const values[] = { "fairport-receive",
				       getenv("PGCONNECT_TIMEOUT") ? NULL : "10",
				       conninfo ? conninfo : "", "UTF8", NULL };
	char server[512];
	const char *why;

	*link = (struct pg_link){ .state = LINK_IDLE };
	if (!parses(conninfo)) {
		message_error("invalid value for --database: not a libpq connection string");
		message_hint("expected e.g. 'host=db dbname=metrics' or postgresql://db/metrics");
		return false;
	}
	link->connection = PQconnectdbParams(keys, values, 1);
	if (PQstatus(link->connection) == CONNECTION_OK) {
		PQsetnonblocking(link->connection, 1);
		PQsetNoticeProcessor(link->connection, on_notice, NULL);
		return true;
	}
	describe(server, sizeof(server), link->connection, conninfo);
	why = PQerrorMessage(link->connection);
	message_error("could not connect to PostgreSQL (%s): %.*s", server, (int)strcspn(why, "\n"),
		      why);
	message_hint("start the server, name another with --database, or use --sink null");
	PQfinish(link->connection);
	link->connection = NULL;
	return false;
}

void pg_link_submit(struct pg_link *link, struct pg_task *task)
{
	task->next = NULL;
	if (link->tail)
		link->tail->next = task;
	else
		link->head = task;
	link->tail = task;
	link->bytes += task->length;
}

static void keep_error(struct pg_link *link, const char *text)
{
	if (!link->error)
		link->error = strdup(text && *text ? text : "connection to the server was lost");
}

/* Takes the head off the queue and tells its owner. */
static void finish_task(struct pg_link *link)
{
	struct pg_task *task = link->head;

	link->head = task->next;
	if (!link->head)
		link->tail = NULL;
	link->bytes -= task->length;
	task->done(task, link->error ? NULL : link->result, link->error);
	PQclear(link->result);
	free(link->error);
	link->result = NULL;
	link->error = NULL;
	link->sent = 0;
	link->state = LINK_IDLE;
	link->write_blocked = false;
	free(task->sql);
	free(task->data);
	free(task);
}

/* False when output is left that the socket does not take now. */
static bool flush_output(struct pg_link *link)
{
	int left = PQflush(link->connection);

	link->write_blocked = left == 1;
	return left == 0;
}

static void start_task(struct pg_link *link)
{
	if (PQstatus(link->connection) != CONNECTION_OK ||
	    !PQsendQuery(link->connection, link->head->sql)) {
		keep_error(link, PQerrorMessage(link->connection));
		finish_task(link);
		return;
	}
	link->state = LINK_WAITING;
	flush_output(link);
}

/* Hands over the data in chunks. False: wait for the socket. */
static bool copy_data(struct pg_link *link)
{
	struct pg_task *task = link->head;

	while (link->sent < task->length) {
		size_t left = task->length - link->sent;
		int size = (int)(left < CHUNK ? left : CHUNK);
		int taken;

		if (!flush_output(link) && link->write_blocked)
			return false;
		taken = PQputCopyData(link->connection, task->data + link->sent, size);
		if (taken == 0) {
			link->write_blocked = true;
			return false;
		}
		if (taken < 0) {
			keep_error(link, PQerrorMessage(link->connection));
			break;
		}
		link->sent += (size_t)size;
	}
	/* After an error, what was sent must not be kept. */
	if (PQputCopyEnd(link->connection, link->error) == 0) {
		link->write_blocked = true;
		return false;
	}
	link->state = LINK_WAITING;
	flush_output(link);
	return true;
}

/* Keeps the last result, or the first error. True when a state was left. */
static bool take_result(struct pg_link *link, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COPY_IN:
		PQclear(result);
		link->state = LINK_COPYING;
		return true;
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		PQclear(link->result);
		link->result = result;
		return false;
	default:
		keep_error(link, PQresultErrorMessage(result));
		PQclear(result);
		return false;
	}
}

/* Reads what has arrived. False: wait for the socket. */
static bool read_results(struct pg_link *link)
{
	PGresult *result;

	if (link->write_blocked)
		flush_output(link);
	if (!PQconsumeInput(link->connection))
		keep_error(link, PQerrorMessage(link->connection));
	while (!PQisBusy(link->connection)) {
		result = PQgetResult(link->connection);
		if (!result) {
			finish_task(link);
			return true;
		}
		if (take_result(link, result))
			return true;
	}
	return false;
}

void pg_link_service(struct pg_link *link)
{
	bool go_on = true;

	while (link->head && go_on) {
		switch (link->state) {
		case LINK_IDLE:
			start_task(link);
			break;
		case LINK_COPYING:
			go_on = copy_data(link);
			break;
		case LINK_WAITING:
			go_on = read_results(link);
			break;
		}
	}
}

int pg_link_wait_for(const struct pg_link *link, short *events)
{
	*events = POLLIN;
	if (link->write_blocked)
		*events |= POLLOUT;
	return link->head ? PQsocket(link->connection) : -1;
}

void pg_link_close(struct pg_link *link, const char *why)
{
	while (link->head) {
		keep_error(link, why);
		finish_task(link);
	}
	PQfinish(link->connection);
	link->connection = NULL;
}
