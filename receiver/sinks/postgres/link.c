#include "receiver/sinks/postgres/link.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/sinks/postgres/conninfo.h"
#include "receiver/sinks/sink.h"

/* libpq's own limit does not count for connecting without blocking. */
#define CONNECT_LIMIT (10 * NS_PER_SECOND)
/* After the Nth failure in a row: 100 ms, 200 ms, ... */
#define RETRY_FIRST (100 * NS_PER_MS)
#define RETRY_LAST  (5 * NS_PER_SECOND)

static void finish(struct pg_link *link)
{
	struct pg_outcome outcome = { .failure = link->failed ? &link->failure : NULL,
				      .result = link->result };
	struct pg_failure failure = link->failure;
	const struct pg_writer *writer = link->writer;
	void *writing = link->writing;
	PGresult *result = link->result;

	if (writing)
		outcome.progress = writer->progress(writing);
	if (outcome.failure)
		outcome.failure = &failure;
	link->writing = NULL;
	link->result = NULL;
	link->failed = false;
	link->write_blocked = false;
	if (link->state != LINK_DOWN)
		link->state = LINK_IDLE;
	if (link->done)
		link->done(link->owner, &outcome);
	if (writing)
		writer->free(writing);
	PQclear(result);
}

static void fail(struct pg_link *link, const PGresult *result)
{
	if (!link->failed)
		pg_failure_set(&link->failure, link->connection, result);
	link->failed = true;
}

/* Not all at once: a server that comes back has more clients than one. */
static uint64_t retry_delay(unsigned int attempts)
{
	uint64_t delay = attempts < 7 ? RETRY_FIRST << attempts : RETRY_LAST;

	if (delay > RETRY_LAST)
		delay = RETRY_LAST;
	return delay - (uint64_t)random() % (delay / 4);
}

void pg_link_drop(struct pg_link *link, uint64_t now)
{
	bool busy = link->state == LINK_WAITING || link->state == LINK_WRITING;

	if (busy || link->state == LINK_CONNECTING || link->state == LINK_IDLE)
		fail(link, NULL);
	if (!busy)
		link->failed = false; /* the text stays */
	PQfinish(link->connection);
	link->connection = NULL;
	link->state = LINK_DOWN;
	link->retry_at = now + retry_delay(link->attempts++);
	if (busy) {
		link->failure.trouble = PG_LOST;
		finish(link);
	}
}

void pg_link_open(struct pg_link *link, const char *conninfo)
{
	*link = (struct pg_link){ .state = LINK_DOWN, .conninfo = conninfo };
	/* For retry_delay(): each worker has its own. */
	srandom((unsigned int)getpid() ^ (unsigned int)clock_now());
}

static void connect_begin(struct pg_link *link, uint64_t now)
{
	link->connection = pg_connect_start(link->conninfo, link->attempts);
	link->state = LINK_CONNECTING;
	link->polling = PGRES_POLLING_WRITING;
	link->deadline = now + CONNECT_LIMIT;
	link->opened++;
	if (PQstatus(link->connection) == CONNECTION_BAD)
		pg_link_drop(link, now);
}

/* True when a state was left. */
static bool connect_go_on(struct pg_link *link, uint64_t now, bool ready)
{
	/* It may block when the socket is not ready. */
	if (!ready && now < link->deadline)
		return false;
	if (now < link->deadline) {
		link->polling = PQconnectPoll(link->connection);
	} else {
		link->polling = PGRES_POLLING_FAILED;
		link->failed = true;
		link->failure = (struct pg_failure){
			.trouble = PG_LOST, .text = "the server did not answer within 10 seconds"
		};
	}
	/* With several hosts, or addresses, the next has another socket. */
	link->opened++;
	if (link->polling == PGRES_POLLING_OK) {
		PQsetnonblocking(link->connection, 1);
		link->state = LINK_IDLE;
		return true;
	}
	if (link->polling == PGRES_POLLING_FAILED) {
		pg_link_drop(link, now);
		return true;
	}
	return false;
}

bool pg_link_is_idle(const struct pg_link *link)
{
	return link->state == LINK_IDLE;
}

static void flush_output(struct pg_link *link)
{
	link->write_blocked = PQflush(link->connection) == 1;
}

static void begin(struct pg_link *link, pg_done *done, void *owner)
{
	link->done = done;
	link->owner = owner;
	link->state = LINK_WAITING;
}

void pg_link_query(struct pg_link *link, const char *sql, pg_done *done, void *owner)
{
	begin(link, done, owner);
	if (!PQsendQuery(link->connection, sql))
		fail(link, NULL);
	flush_output(link);
}

void pg_link_write(struct pg_link *link, const struct pg_writer *writer,
		   const struct pg_piece *piece, pg_done *done, void *owner)
{
	begin(link, done, owner);
	link->writer = writer;
	link->writing = writer->start(piece, link->connection);
	if (!link->writing)
		fail(link, NULL);
	flush_output(link);
}

/* A writer has said how it goes on. True when there is something to do at once. */
static bool take_step(struct pg_link *link, enum pg_step step)
{
	if (step == PG_STEP_LOST)
		fail(link, NULL);
	link->state = step == PG_STEP_WAIT ? LINK_WRITING : LINK_WAITING;
	flush_output(link);
	return step != PG_STEP_WAIT;
}

static bool write_data(struct pg_link *link)
{
	if (link->write_blocked)
		flush_output(link);
	if (link->write_blocked)
		return false;
	return take_step(link, link->writer->data(link->writing, link->connection));
}

static bool is_error(const PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR:
		return true;
	default:
		return false;
	}
}

/* One result, or NULL when a command is done. */
static void take_result(struct pg_link *link, PGresult *result)
{
	if (result && is_error(result))
		fail(link, result);
	if (link->writing) {
		enum pg_step step = link->writer->result(link->writing, link->connection, result);

		PQclear(result);
		if (link->writer->done(link->writing))
			finish(link);
		else
			take_step(link, step);
	} else if (result) {
		/* A template with a COPY: there are no data for it, and it would wait for ever. */
		if (PQresultStatus(result) == PGRES_COPY_IN ||
		    PQresultStatus(result) == PGRES_COPY_OUT)
			PQputCopyEnd(link->connection, "there are no data");
		PQclear(link->result);
		link->result = result;
	} else {
		finish(link);
	}
}

static bool is_broken(const struct pg_link *link)
{
	return PQstatus(link->connection) == CONNECTION_BAD ||
	       (link->failed && link->failure.trouble == PG_LOST);
}

static bool read_results(struct pg_link *link)
{
	if (link->write_blocked)
		flush_output(link);
	while (link->state == LINK_WAITING && !is_broken(link) && !PQisBusy(link->connection))
		take_result(link, PQgetResult(link->connection));
	return link->state != LINK_WAITING;
}

/* True when a state was left. */
static bool service_once(struct pg_link *link, uint64_t now, bool ready)
{
	bool moved = false;

	if (link->state == LINK_DOWN) {
		if (now < link->retry_at)
			return false;
		connect_begin(link, now);
		return link->state != LINK_DOWN;
	}
	if (link->state == LINK_CONNECTING)
		return connect_go_on(link, now, ready);
	/* Whatever it does: an error, or the end of the connection, may come at any time. */
	if (ready && !is_broken(link) && !PQconsumeInput(link->connection))
		fail(link, NULL);
	if (link->state == LINK_WAITING && !(link->failed && link->failure.trouble == PG_LOST))
		moved = read_results(link);
	else if (link->state == LINK_WRITING)
		moved = write_data(link);
	if (link->state != LINK_DOWN && is_broken(link)) {
		pg_link_drop(link, now);
		return false;
	}
	return moved;
}

void pg_link_service(struct pg_link *link, uint64_t now, bool ready)
{
	while (service_once(link, now, ready) && link->state != LINK_IDLE)
		ready = false;
}

struct sink_wait pg_link_wait_for(const struct pg_link *link)
{
	struct sink_wait wait = { .fd = -1, .opened = link->opened };

	if (link->state == LINK_DOWN)
		return wait;
	wait.fd = PQsocket(link->connection);
	wait.events = POLLIN;
	if (link->state == LINK_CONNECTING)
		wait.events = link->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	else if (link->state == LINK_WRITING || link->write_blocked)
		wait.events |= POLLOUT;
	return wait;
}

uint64_t pg_link_due(const struct pg_link *link)
{
	if (link->state == LINK_DOWN)
		return link->retry_at;
	return link->state == LINK_CONNECTING ? link->deadline : UINT64_MAX;
}

void pg_link_close(struct pg_link *link)
{
	if (link->writing)
		link->writer->free(link->writing);
	PQclear(link->result);
	PQfinish(link->connection);
	*link = (struct pg_link){ .state = LINK_DOWN };
}
