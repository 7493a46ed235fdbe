/*
 * One process accepts and deals the connections out: as many to each worker, whatever the
 * addresses are; what the workers do with them is theirs.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/child.h"
#include "receiver/drain.h"
#include "receiver/models/front.h"
#include "receiver/options.h"
#include "receiver/tcp/descriptor.h"

/* Connections accepted before the signals get a turn. */
#define BURST 64
/* poll(2) cannot tell when descriptors that are under way have arrived. */
#define UNDER_WAY_PAUSE (10 * NS_PER_MS)

struct accepter {
	const struct front_start *start;
	struct received *counts;
	struct front_stop stop;
	size_t turn; /* whose turn it is, index of a channel */
	bool said_short;
	struct pollfd *room; /* one for each channel, and one for signals */
};

/* Waits until the limit, at most PAUSE, for one of COUNT descriptors and for signals. */
static void wait_for(struct accepter *accepter, struct pollfd *fds, size_t count, uint64_t pause)
{
	uint64_t until = pause == UINT64_MAX ? pause : clock_now() + pause;
	struct timespec left =
		clock_left(until < accepter->stop.limit ? until : accepter->stop.limit);

	fds[count] = (struct pollfd){ .fd = accepter->stop.signal_fd, .events = POLLIN };
	ppoll(fds, count + 1, &left, NULL);
	front_look(&accepter->stop, accepter->start->options->drain);
}

/*
 * Tries all channels once, from the one whose turn it is. False when none took it; *UNDER_WAY: not
 * because they are full, but because too many descriptors are in channels (ETOOMANYREFS), or
 * memory is short.
 */
static bool pass(struct accepter *accepter, int fd, bool *under_way)
{
	const struct front_start *start = accepter->start;

	*under_way = false;
	for (size_t i = 0; i < start->count; i++) {
		size_t channel = (accepter->turn + i) % start->count;
		int error = descriptor_pass(start->channels[channel], fd);

		if (error == 0) {
			accepter->turn = (channel + 1) % start->count;
			return true;
		}
		*under_way |= error != -EAGAIN;
	}
	return false;
}

static void await_room(struct accepter *accepter, bool under_way)
{
	const struct front_start *start = accepter->start;

	if (under_way) {
		wait_for(accepter, accepter->room, 0, UNDER_WAY_PAUSE);
		return;
	}
	for (size_t i = 0; i < start->count; i++)
		accepter->room[i] = (struct pollfd){ .fd = start->channels[i], .events = POLLOUT };
	wait_for(accepter, accepter->room, start->count, UINT64_MAX);
}

/*
 * An accepted connection has no way back into the backlog: it is dropped only after the limit. Then
 * false; nothing more should be accepted.
 */
static bool hand_on(struct accepter *accepter, int fd)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	bool under_way;

	while (!pass(accepter, fd, &under_way)) {
		if (front_told(&accepter->stop) && clock_now() >= accepter->stop.limit) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
			counter_add(&accepter->counts->connections_cut, 1);
			close(fd);
			message_warning("gave up a connection that no worker took in time");
			return false;
		}
		await_room(accepter, under_way);
	}
	counter_add(&accepter->counts->handed_on, 1);
	close(fd);
	return true;
}

/* Why no connection can be taken may last, and the listener would be ready all the time. */
static void pause_accepting(struct accepter *accepter, int error)
{
	if (!accepter->said_short)
		descriptor_say_short(error);
	accepter->said_short = true;
	wait_for(accepter, accepter->room, 0, SHORTAGE_PAUSE);
}

/* Whether something came, or may have but could not be taken. */
static bool accept_burst(struct accepter *accepter)
{
	bool came = false, stopped = front_told(&accepter->stop);

	/* SIGTERM may come while a connection waits to be handed on. */
	for (int i = 0; i < BURST && front_told(&accepter->stop) == stopped; i++) {
		int fd = descriptor_accept(accepter->start->input, accepter->counts);

		if (fd == -EAGAIN)
			break;
		if (fd >= 0) {
			came = true;
			if (!hand_on(accepter, fd))
				break;
		} else if (!descriptor_error_passes(fd)) {
			pause_accepting(accepter, fd);
			return true;
		}
	}
	return came;
}

static void accept_until_told(struct accepter *accepter)
{
	while (!front_told(&accepter->stop)) {
		struct pollfd waits[2] = { { .fd = accepter->start->input, .events = POLLIN } };

		wait_for(accepter, waits, 1, UINT64_MAX);
		if (waits[0].revents && !front_told(&accepter->stop))
			accept_burst(accepter);
	}
}

static void drain(struct accepter *accepter)
{
	uint64_t now = clock_now(), last = now;

	while (now < accepter->stop.limit && now < last + DRAIN_HANDSHAKE) {
		struct pollfd waits[2] = { { .fd = accepter->start->input, .events = POLLIN } };

		wait_for(accepter, waits, 1, last + DRAIN_HANDSHAKE - now);
		if (accept_burst(accepter))
			last = clock_now();
		now = clock_now();
	}
}

static bool open_accepter(struct accepter *accepter, const struct front_start *start)
{
	*accepter = (struct accepter){
		.start = start,
		.counts = &start->account->counts,
	};
	if (!front_stop_open(&accepter->stop))
		return false;
	/* So many may be under way in channels, too. */
	descriptor_raise_limit(start->options->max_connections);
	accepter->room = calloc(start->count + 1, sizeof(*accepter->room));
	if (!accepter->room)
		message_error("could not prepare to accept: %s", strerror(ENOMEM));
	return accepter->room != NULL;
}

int accepter_run(const struct front_start *start)
{
	struct accepter accepter;

	if (!open_accepter(&accepter, start))
		return EXIT_CANNOT_RUN;
	child_ready(start->ready_fd);
	accept_until_told(&accepter);
	if (start->account->order == ORDER_DRAIN)
		drain(&accepter);
	free(accepter.room);
	return EXIT_DONE;
}
