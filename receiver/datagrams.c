/* The intake of datagrams: from a UDP socket, or from the channel of a dispatcher. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/message.h"
#include "receiver/account.h"
#include "receiver/drain.h"
#include "receiver/engines/batch.h"
#include "receiver/intake.h"
#include "receiver/lines.h"
#include "receiver/options.h"

/* Packets taken before the sink and the signals get a turn. */
#define BURST 64
/*
 * Whoever finds some packets when it wakes up will soon be woken by the next: it rests first, so
 * that there are many. Only where the socket's buffer holds what may come in that time.
 */
#define REST         (200 * NS_PER_MS / 1000)
#define REST_PACKETS 4
#define REST_RCVBUF  (1 << 20)

enum stage { STAGE_OPEN, STAGE_DRAINING, STAGE_CLOSED };

struct datagrams {
	struct lines *lines;
	int input, epoll;
	enum stage stage;
	uint64_t last; /* while draining: when the last packet came, or draining began */
	bool may_rest;
	uint64_t rest; /* until when */
	struct batch batch;
	/* What of it the sink has had no room for yet begins at this datagram of this message. */
	size_t message, datagram;
	size_t messages;   /* in the batch; as many as MESSAGE: nothing is left */
	uint64_t received; /* when it came, ns since 1970 */
};

struct answer {
	int input;
	const struct address *to;
};

/* An answer that does not get out is lost as any packet may be: nothing here waits. */
static void send_answer(void *context, const char *text, size_t length)
{
	const struct answer *answer = context;

	if (answer->to->length)
		sendto(answer->input, text, length, MSG_DONTWAIT | MSG_NOSIGNAL, &answer->to->any,
		       answer->to->length);
}

static void take_datagram(struct datagrams *datagrams, const struct message *message, size_t index)
{
	struct answer answer = { .input = datagrams->input, .to = message->from };
	const struct reply reply = { .send = send_answer, .context = &answer };
	struct datagram datagram = message_datagram(message, index);

	if (datagram.cut)
		lines_take_cut(datagrams->lines, datagram.text, datagram.length,
			       datagrams->received, &reply);
	else
		lines_take(datagrams->lines, datagram.text, datagram.length, datagrams->received,
			   &reply);
	batch_done(&datagrams->batch, 1);
}

/*
 * Hands on what is left of the batch, as long as the sink has room: one packet may be a thousand
 * rows. True when all of it was.
 */
static bool finish_batch(struct datagrams *datagrams, bool without_room)
{
	struct batch *batch = &datagrams->batch;

	for (; datagrams->message < datagrams->messages; datagrams->message++) {
		const struct message *message = &batch->messages[datagrams->message];
		size_t count = message_datagrams(message);

		for (; datagrams->datagram < count; datagrams->datagram++) {
			if (!without_room && !lines_have_room(datagrams->lines))
				return false;
			take_datagram(datagrams, message, datagrams->datagram);
		}
		datagrams->datagram = 0;
	}
	batch_end(batch);
	return true;
}

static bool is_half_done(const struct datagrams *datagrams)
{
	return datagrams->message < datagrams->messages;
}

/* 0, or why nothing was taken. */
static int take_batch(struct datagrams *datagrams)
{
	int error = batch_take(&datagrams->batch);

	datagrams->message = datagrams->messages = 0;
	if (error)
		return error;
	datagrams->messages = datagrams->batch.count;
	datagrams->received = clock_wall();
	finish_batch(datagrams, false);
	return 0;
}

/* Whether something came, and with *EMPTY whether the queue was emptied. */
static bool take_burst(struct datagrams *datagrams, bool *empty)
{
	uint64_t packets = 0;
	bool came = is_half_done(datagrams);

	*empty = false;
	if (came && !finish_batch(datagrams, false))
		return true;
	while (packets < BURST && !*empty && lines_have_room(datagrams->lines)) {
		int error = take_batch(datagrams);

		/* The end of a channel would be ready for ever. */
		if (error == -EPIPE)
			epoll_ctl(datagrams->epoll, EPOLL_CTL_DEL, datagrams->input, NULL);
		*empty = error == -EAGAIN || error == -EPIPE ||
			 (!error && batch_was_short(&datagrams->batch));
		if (error)
			break;
		packets += datagrams->batch.packets;
		came = true;
	}
	if (*empty && packets >= REST_PACKETS && datagrams->may_rest)
		datagrams->rest = clock_now() + REST;
	return came;
}

static void close_input(struct datagrams *datagrams)
{
	epoll_ctl(datagrams->epoll, EPOLL_CTL_DEL, datagrams->input, NULL);
	close(datagrams->input);
	datagrams->stage = STAGE_CLOSED;
}

static bool has_large_buffer(int fd)
{
	int size = 0;
	socklen_t length = sizeof(size);

	return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &length) == 0 && size >= REST_RCVBUF;
}

static void *datagrams_open(const struct intake_start *start)
{
	struct datagrams *datagrams = calloc(1, sizeof(*datagrams));
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = datagrams };

	if (!datagrams) {
		message_error("could not prepare to receive: %s", strerror(ENOMEM));
		return NULL;
	}
	datagrams->lines = start->lines;
	datagrams->input = start->input;
	datagrams->epoll = start->epoll;
	datagrams->may_rest = has_large_buffer(start->input);
	if (!batch_open(&datagrams->batch, start->options->engine, start->input, start->account))
		goto cleanup;
	if (start->options->exclusive)
		event.events |= EPOLLEXCLUSIVE;
	if (epoll_ctl(start->epoll, EPOLL_CTL_ADD, start->input, &event) == 0)
		return datagrams;
	message_error("could not wait for packets: %s", strerror(errno));
	batch_close(&datagrams->batch);
cleanup:
	free(datagrams);
	return NULL;
}

static void datagrams_ready(void *intake, void *what, uint32_t events)
{
	struct datagrams *datagrams = intake;
	bool empty;

	(void)what;
	(void)events;
	if (datagrams->stage == STAGE_CLOSED)
		return;
	if (take_burst(datagrams, &empty) && datagrams->stage == STAGE_DRAINING)
		datagrams->last = clock_now();
}

static uint64_t datagrams_rest(const void *intake)
{
	const struct datagrams *datagrams = intake;

	return datagrams->stage == STAGE_OPEN ? datagrams->rest : 0;
}

/*
 * Drained is a queue that was found empty, so long after the last packet: that nothing was taken
 * from it, because the sink had no room, does not make it so.
 */
static uint64_t datagrams_service(void *intake, uint64_t now)
{
	struct datagrams *datagrams = intake;
	bool empty;

	if (is_half_done(datagrams) && finish_batch(datagrams, false))
		datagrams->last = now;
	if (datagrams->stage != STAGE_DRAINING)
		return UINT64_MAX;
	if (now < datagrams->last + DRAIN_QUIET)
		return datagrams->last + DRAIN_QUIET;
	if (take_burst(datagrams, &empty))
		datagrams->last = now;
	else if (empty)
		close_input(datagrams);
	return datagrams->stage == STAGE_CLOSED ? UINT64_MAX : now + DRAIN_QUIET;
}

static void datagrams_stop(void *intake, bool drain, uint64_t now)
{
	struct datagrams *datagrams = intake;

	if (!drain && datagrams->stage != STAGE_CLOSED)
		close_input(datagrams);
	if (!drain)
		return;
	datagrams->stage = STAGE_DRAINING;
	datagrams->last = now;
}

static bool datagrams_finished(const void *intake, uint64_t now)
{
	const struct datagrams *datagrams = intake;

	(void)now;
	return datagrams->stage == STAGE_CLOSED && !is_half_done(datagrams);
}

static bool datagrams_holds(const void *intake)
{
	return is_half_done(intake);
}

static void datagrams_close(void *intake)
{
	struct datagrams *datagrams = intake;

	/* It is out of the kernel: the sink gets it, room or not. */
	if (is_half_done(datagrams))
		finish_batch(datagrams, true);
	if (datagrams->stage != STAGE_CLOSED)
		close_input(datagrams);
	batch_close(&datagrams->batch);
	free(datagrams);
}

const struct intake_ops intake_datagrams = {
	.open = datagrams_open,
	.ready = datagrams_ready,
	.rest = datagrams_rest,
	.service = datagrams_service,
	.stop = datagrams_stop,
	.finished = datagrams_finished,
	.holds = datagrams_holds,
	.close = datagrams_close,
};
