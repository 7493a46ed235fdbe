#include "faker/run.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#include "common/clock.h"
#include "common/signals.h"
#include "faker/dataset.h"
#include "faker/options.h"

#define DATAGRAM_MAX 65507
/* How often the loop looks at signals and at the interval when it never has to wait. */
#define LOOK_EVERY (10 * NS_PER_MS)
/* A packet that fails this often in a row ends the run: the cause is not passing. */
#define TRIES_MAX 1000

const struct counter sent_counters[] = {
	COUNTER(struct sent, packets),     COUNTER(struct sent, bytes),
	COUNTER(struct sent, lines),       COUNTER(struct sent, short_packets),
	COUNTER(struct sent, send_errors), { NULL, 0 },
};

struct loop {
	const struct fake_options *options;
	const struct run_progress *progress;
	struct result *result;
	struct dataset *dataset;
	struct source source;
	struct sent last; /* totals at the last interval */
	uint64_t start, next_interval, last_interval;
	int signal_fd;
	char packet[DATAGRAM_MAX];
};

const char *stop_reason_text(enum stop_reason reason)
{
	static const char *const texts[] = { "count", "duration", "interrupted", "failed" };

	return texts[reason];
}

/* Full lines only: a packet ends early where the next line might not fit. */
static size_t make_packet(struct loop *loop, uint64_t *lines)
{
	size_t length = 0;

	for (*lines = 0; *lines < loop->options->lines; (*lines)++) {
		int64_t written = dataset_line(loop->dataset, (int64_t)clock_wall(),
					       loop->packet + length, DATAGRAM_MAX - length);

		if (written < 0)
			break;
		length += (size_t)written;
	}
	return length;
}

static void count_error(struct result *result, int error)
{
	result->sent.send_errors++;
	for (size_t i = 0; i < ERROR_KINDS; i++) {
		struct send_error *kind = &result->errors[i];

		if (kind->count > 0 && kind->number != -error)
			continue;
		kind->number = -error;
		kind->count++;
		return;
	}
}

/* Errors that the next try may not meet: an absent receiver, full queues, busy ports. */
static bool may_pass(int error)
{
	return error == -ECONNREFUSED || error == -ENOBUFS || error == -EAGAIN || error == -EINTR ||
	       error == -ENOMEM || error == -EADDRINUSE;
}

/* 0 when the packet left; a lasting error ends the run. */
static int send_packet(struct loop *loop, size_t length, uint64_t lines)
{
	struct result *result = loop->result;

	for (int tries = 0; tries < TRIES_MAX; tries++) {
		int error = source_send(&loop->source, loop->packet, length);

		if (error == 0) {
			result->sent.packets++;
			result->sent.bytes += length;
			result->sent.lines += lines;
			result->sent.short_packets += lines < loop->options->lines;
			return 0;
		}
		count_error(result, error);
		result->failure = error;
		if (!may_pass(error))
			break;
		if (error != -ECONNREFUSED)
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	return result->failure;
}

static void end_interval(struct loop *loop, uint64_t now)
{
	struct sent delta = loop->result->sent;

	if (now == loop->last_interval)
		return;
	counters_subtract(sent_counters, &delta, &loop->last);
	loop->progress->interval(loop->progress->context, &delta, &loop->result->sent,
				 now - loop->start, now - loop->last_interval);
	loop->last = loop->result->sent;
	loop->last_interval = now;
	while (loop->next_interval <= now)
		loop->next_interval += loop->options->interval;
}

/* Waits until DUE, or not at all if that has passed; a signal ends the wait. */
static bool wait_until(struct loop *loop, uint64_t due)
{
	struct pollfd wait = { .fd = loop->signal_fd, .events = POLLIN };
	struct timespec timeout = clock_left(due);

	return ppoll(&wait, 1, &timeout, NULL) > 0 && signals_next(loop->signal_fd) != 0;
}

/* Whether the loop should go on. NOW is when the look was taken. */
static bool look_around(struct loop *loop, uint64_t now)
{
	struct result *result = loop->result;

	if (now >= loop->next_interval)
		end_interval(loop, now);
	if (loop->options->duration && now - loop->start >= loop->options->duration)
		result->reason = STOP_DURATION;
	else if (signals_next(loop->signal_fd) != 0)
		result->reason = STOP_SIGNAL;
	else
		return true;
	return false;
}

/* When packet INDEX is due, in ns after the start. */
static uint64_t due_after(uint64_t rate, uint64_t index)
{
	return index / rate * NS_PER_SECOND + index % rate * NS_PER_SECOND / rate;
}

/*
 * Packet i is due at start + i / rate, whatever became of those before it, so that lateness adds
 * up nowhere and is measured, not absorbed. Waits in pieces, for intervals to end on time.
 */
static bool await_turn(struct loop *loop, uint64_t index)
{
	uint64_t due = loop->start + due_after(loop->options->rate, index);
	uint64_t now;

	while ((now = clock_now()) < due) {
		uint64_t until = due < loop->next_interval ? due : loop->next_interval;
		uint64_t end = loop->start + loop->options->duration;

		if (loop->options->duration && until > end)
			until = end;
		if (wait_until(loop, until)) {
			loop->result->reason = STOP_SIGNAL;
			return false;
		}
		now = clock_now();
		if (now < due && !look_around(loop, now))
			return false;
	}
	histogram_add(&loop->result->late, now - due);
	return true;
}

static void send_all(struct loop *loop)
{
	const struct fake_options *options = loop->options;
	struct result *result = loop->result;
	uint64_t next_look = loop->start;

	for (uint64_t i = 0; options->count == 0 || i < options->count; i++) {
		uint64_t now = clock_now(), lines;
		size_t length;

		if (now >= next_look) {
			if (!look_around(loop, now))
				return;
			next_look = now + LOOK_EVERY;
			if (options->duration && next_look > loop->start + options->duration)
				next_look = loop->start + options->duration;
		}
		if (options->rate && !await_turn(loop, i))
			return;
		length = make_packet(loop, &lines);
		if (send_packet(loop, length, lines) != 0) {
			result->reason = STOP_FAILED;
			return;
		}
	}
	result->reason = STOP_COUNT;
}

int run_faker(const struct fake_options *options, const struct address *target,
	      const struct address_range *range, int signal_fd, const struct run_progress *progress,
	      struct result *result)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct flows flows = { .slots = NULL };
	int error = -ENOMEM;

	*result = (struct result){ .reason = STOP_COUNT };
	if (!loop)
		return error;
	loop->options = options;
	loop->progress = progress;
	loop->result = result;
	loop->signal_fd = signal_fd;
	loop->source.fd = -1;
	loop->dataset = dataset_open(options->seed);
	if (!loop->dataset || flows_open(&flows) != 0)
		goto cleanup;
	error = source_open(&loop->source, options->source, target, range, &flows, options->seed);
	if (error)
		goto cleanup;
	/* The default slack of 50 us would be the lateness of every packet. */
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	loop->start = loop->last_interval = clock_now();
	loop->next_interval = loop->start + options->interval;
	send_all(loop);
	end_interval(loop, clock_now());
	result->elapsed = loop->last_interval - loop->start;
	if (options->rate && result->reason == STOP_COUNT &&
	    result->elapsed < due_after(options->rate, result->sent.packets))
		result->elapsed = due_after(options->rate, result->sent.packets);
	source_close(&loop->source);
	result->flows = flows.count;
	result->flows_untracked = flows.untracked;
	result->effective_flows = flows_effective(&flows);
cleanup:
	source_close(&loop->source);
	flows_close(&flows);
	dataset_close(loop->dataset);
	free(loop);
	return error;
}
