/*
 * One process reads the socket and deals the packets out: even whatever the flows are, and the
 * bottleneck to beat, since each packet is received and sent once more.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exit.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/child.h"
#include "receiver/drain.h"
#include "receiver/engines/batch.h"
#include "receiver/models/channels.h"
#include "receiver/models/front.h"
#include "receiver/options.h"

/* Packets taken before the signals get a turn. */
#define BURST 64

struct dispatcher {
	const struct front_start *start;
	struct received *counts;
	struct front_stop stop;
	struct pollfd *room; /* one for each channel, and one for signals */
	struct channels channels;
	struct batch batch;
	struct iovec packets[CHANNELS_PACKETS];
};

/* Waits until a channel may have room. False: that is not to be expected in time. */
static bool await_room(struct dispatcher *dispatcher)
{
	size_t count = dispatcher->start->count;
	struct pollfd *room = dispatcher->room;
	bool any = channels_wait_for(&dispatcher->channels, room) > 0;

	if (front_told(&dispatcher->stop) && (!any || clock_now() >= dispatcher->stop.limit))
		return false;
	room[count] = (struct pollfd){ .fd = dispatcher->stop.signal_fd, .events = POLLIN };
	poll(room, count + 1, clock_timeout_ms(dispatcher->stop.limit));
	front_look(&dispatcher->stop, dispatcher->start->options->drain);
	return true;
}

/* What was taken and not handed on is lost, as in a crash. */
static void count_lost(struct dispatcher *dispatcher, size_t lost)
{
	counter_add(&dispatcher->counts->lost_in_crash, lost);
	batch_done(&dispatcher->batch, (uint32_t)lost);
}

static void hand_on(struct dispatcher *dispatcher, size_t count)
{
	size_t lost = 0;

	while ((count = channels_send(&dispatcher->channels, dispatcher->packets, count, &lost)))
		if (!await_room(dispatcher)) {
			lost += count;
			break;
		}
	if (lost)
		count_lost(dispatcher, lost);
}

static void hand_on_batch(struct dispatcher *dispatcher)
{
	const struct batch *batch = &dispatcher->batch;
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct message *message = &batch->messages[i];
		size_t datagrams = message_datagrams(message);

		for (size_t k = 0; k < datagrams; k++) {
			struct datagram datagram = message_datagram(message, k);

			dispatcher->packets[count++] = (struct iovec){ .iov_base = datagram.text,
								       .iov_len = datagram.length };
			if (count == CHANNELS_PACKETS) {
				hand_on(dispatcher, count);
				count = 0;
			}
		}
	}
	if (count)
		hand_on(dispatcher, count);
}

/* Whether something came. */
static bool take_burst(struct dispatcher *dispatcher)
{
	size_t packets = 0;

	while (packets < BURST && batch_take(&dispatcher->batch) == 0) {
		packets += dispatcher->batch.packets;
		hand_on_batch(dispatcher);
		batch_end(&dispatcher->batch);
		if (batch_was_short(&dispatcher->batch))
			break;
	}
	return packets > 0;
}

static void dispatch_until_told(struct dispatcher *dispatcher)
{
	while (!front_told(&dispatcher->stop)) {
		struct pollfd waits[2] = {
			{ .fd = dispatcher->start->input, .events = POLLIN },
			{ .fd = dispatcher->stop.signal_fd, .events = POLLIN },
		};

		if (poll(waits, 2, -1) < 0)
			continue;
		if (waits[0].revents)
			take_burst(dispatcher);
		if (waits[1].revents)
			front_look(&dispatcher->stop, dispatcher->start->options->drain);
	}
}

static void drain(struct dispatcher *dispatcher)
{
	uint64_t now = clock_now(), last = now;

	while (now < dispatcher->stop.limit && now < last + DRAIN_QUIET) {
		uint64_t quiet = last + DRAIN_QUIET;
		struct pollfd wait = { .fd = dispatcher->start->input, .events = POLLIN };

		poll(&wait, 1,
		     clock_timeout_ms(quiet < dispatcher->stop.limit ? quiet
								     : dispatcher->stop.limit));
		if (take_burst(dispatcher))
			last = clock_now();
		now = clock_now();
	}
}

static bool open_dispatcher(struct dispatcher *dispatcher, const struct front_start *start)
{
	dispatcher->start = start;
	dispatcher->counts = &start->account->counts;
	if (!front_stop_open(&dispatcher->stop))
		return false;
	dispatcher->room = calloc(start->count + 1, sizeof(*dispatcher->room));
	if (!dispatcher->room) {
		message_error("could not prepare to dispatch: %s", strerror(ENOMEM));
		return false;
	}
	return channels_open(&dispatcher->channels, start->channels, start->count,
			     start->account) &&
	       batch_open(&dispatcher->batch, start->options->engine, start->input, start->account);
}

int dispatcher_run(const struct front_start *start)
{
	static struct dispatcher dispatcher;

	if (!open_dispatcher(&dispatcher, start))
		return EXIT_CANNOT_RUN;
	child_ready(start->ready_fd);
	dispatch_until_told(&dispatcher);
	if (start->account->order == ORDER_DRAIN)
		drain(&dispatcher);
	if (start->account->counts.lost_in_crash)
		message_warning("gave up %llu packets that no worker took in time",
				(unsigned long long)start->account->counts.lost_in_crash);
	batch_close(&dispatcher.batch);
	channels_close(&dispatcher.channels);
	free(dispatcher.room);
	return EXIT_DONE;
}
