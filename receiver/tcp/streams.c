/*
 * The intakes of streams: connections that a listener of one's own gives, or that an accepter
 * passes. They differ in one call.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/drain.h"
#include "receiver/intake.h"
#include "receiver/options.h"
#include "receiver/tcp/connections.h"
#include "receiver/tcp/descriptor.h"

/* Connections taken before the sink and the signals get a turn. */
#define BURST 64

enum stage { STAGE_OPEN, STAGE_DRAINING, STAGE_CLOSED };

struct streams {
	int (*next)(int input, struct received *counts);
	int input, epoll;
	uint32_t events;
	bool said_short;
	enum stage stage;
	uint64_t last;   /* while draining: when the last connection came, or draining began */
	uint64_t resume; /* when to take connections again; 0: now */
	struct received *counts;
	struct connections connections;
};

static bool watch(struct streams *streams)
{
	struct epoll_event event = { .events = streams->events, .data.ptr = streams };

	return epoll_ctl(streams->epoll, EPOLL_CTL_ADD, streams->input, &event) == 0;
}

static void unwatch(struct streams *streams)
{
	epoll_ctl(streams->epoll, EPOLL_CTL_DEL, streams->input, NULL);
}

/* Level-triggered, what cannot be taken would be ready all the time. */
static void pause_taking(struct streams *streams, int error, uint64_t now)
{
	if (!streams->said_short)
		descriptor_say_short(error);
	streams->said_short = true;
	unwatch(streams);
	streams->resume = now + SHORTAGE_PAUSE;
}

/* Whether something came, and with *EMPTY whether the queue was emptied. */
static bool take_burst(struct streams *streams, uint64_t now, bool *empty)
{
	bool came = false;

	*empty = false;
	for (int i = 0; i < BURST && !*empty && !streams->resume; i++) {
		int fd = streams->next(streams->input, streams->counts);

		if (fd >= 0) {
			connections_add(&streams->connections, fd, now);
			came = true;
		} else if (fd == -EAGAIN || fd == -EPIPE) {
			*empty = true;
			/* The end of a channel would be ready for ever. */
			if (fd == -EPIPE)
				unwatch(streams);
		} else if (!descriptor_error_passes(fd)) {
			pause_taking(streams, fd, now);
		}
	}
	return came;
}

static void close_input(struct streams *streams)
{
	unwatch(streams);
	close(streams->input);
	streams->stage = STAGE_CLOSED;
	streams->resume = 0;
}

static void *streams_open(const struct intake_start *start,
			  int (*next)(int input, struct received *counts))
{
	struct streams *streams = calloc(1, sizeof(*streams));

	if (!streams) {
		message_error("could not prepare to receive: %s", strerror(ENOMEM));
		return NULL;
	}
	streams->next = next;
	streams->input = start->input;
	streams->epoll = start->epoll;
	streams->events = EPOLLIN | (start->options->exclusive ? EPOLLEXCLUSIVE : 0);
	streams->counts = &start->account->counts;
	connections_open(&streams->connections, start);
	descriptor_raise_limit(start->options->max_connections);
	if (watch(streams))
		return streams;
	message_error("could not wait for connections: %s", strerror(errno));
	free(streams);
	return NULL;
}

static void *listener_open(const struct intake_start *start)
{
	return streams_open(start, descriptor_accept);
}

static void *passed_open(const struct intake_start *start)
{
	return streams_open(start, descriptor_receive);
}

static void streams_ready(void *intake, void *what, uint32_t events)
{
	struct streams *streams = intake;
	uint64_t now = clock_now();
	bool empty;

	(void)events;
	if (what != streams)
		connections_serve(&streams->connections, what, now);
	else if (streams->stage != STAGE_CLOSED && take_burst(streams, now, &empty))
		streams->last = now;
}

/* Drained is a queue that was found empty, so long after the last connection. */
static uint64_t service_drain(struct streams *streams, uint64_t now)
{
	bool empty;

	if (now < streams->last + DRAIN_HANDSHAKE)
		return streams->last + DRAIN_HANDSHAKE;
	if (take_burst(streams, now, &empty))
		streams->last = now;
	else if (empty)
		close_input(streams);
	return streams->stage == STAGE_CLOSED ? UINT64_MAX : now + DRAIN_HANDSHAKE;
}

static uint64_t streams_service(void *intake, uint64_t now)
{
	struct streams *streams = intake;
	uint64_t due = connections_expire(&streams->connections, now), next = UINT64_MAX;

	if (streams->resume && now >= streams->resume) {
		streams->resume = 0;
		watch(streams);
	}
	if (streams->resume)
		next = streams->resume;
	else if (streams->stage == STAGE_DRAINING)
		next = service_drain(streams, now);
	return next < due ? next : due;
}

static void streams_stop(void *intake, bool drain, uint64_t now)
{
	struct streams *streams = intake;

	streams->stage = STAGE_DRAINING;
	streams->last = now;
	if (!drain)
		close_input(streams);
}

static bool streams_finished(const void *intake, uint64_t now)
{
	const struct streams *streams = intake;

	(void)now;
	return streams->stage == STAGE_CLOSED && streams->connections.count == 0;
}

static void streams_close(void *intake)
{
	struct streams *streams = intake;

	if (streams->stage != STAGE_CLOSED)
		close_input(streams);
	connections_close(&streams->connections);
	free(streams);
}

const struct intake_ops intake_listener = {
	.open = listener_open,
	.ready = streams_ready,
	.service = streams_service,
	.stop = streams_stop,
	.finished = streams_finished,
	.close = streams_close,
};

const struct intake_ops intake_passed = {
	.open = passed_open,
	.ready = streams_ready,
	.service = streams_service,
	.stop = streams_stop,
	.finished = streams_finished,
	.close = streams_close,
};
