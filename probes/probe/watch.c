#include "probes/probe/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "common/clock.h"
#include "common/openmetrics/server.h"
#include "common/signals.h"
#include "probes/probe/options.h"
#include "probes/probe/source.h"

const char *const watch_end_names[] = { "interrupted", "duration", "unheard" };

struct schedule {
	uint64_t start, last, next, end; /* END is UINT64_MAX where there is none */
};

/* Waits until TIME; true when a signal came first. */
static bool interrupted_before(int signal_fd, struct openmetrics *metrics, uint64_t time)
{
	struct pollfd wait[] = { { .fd = signal_fd, .events = POLLIN },
				 { .fd = openmetrics_fd(metrics), .events = POLLIN } };

	for (;;) {
		uint64_t due = openmetrics_due(metrics);
		struct timespec timeout = clock_left(clock_earlier(time, due));
		int ready = ppoll(wait, 2, &timeout, NULL);

		if (ready > 0 && wait[0].revents && signals_next(signal_fd))
			return true;
		if ((ready > 0 && wait[1].revents) || clock_now() >= due)
			openmetrics_run(metrics);
		if (clock_now() >= time)
			return false;
	}
}

/* Waits until somebody takes what is written; false when a signal came first. */
static bool can_write(int output, int signal_fd)
{
	struct pollfd wait[] = { { .fd = signal_fd, .events = POLLIN },
				 { .fd = output, .events = POLLOUT } };

	while (poll(wait, 2, -1) < 0 && errno == EINTR)
		;
	/* A pipe that was closed is "writable", too: the write tells. */
	return wait[1].revents != 0 || !signals_next(signal_fd);
}

/*
 * Reads the counts into NOW and reports what they grew by since BEFORE. 1 where nobody listens any
 * more.
 */
static int tell(struct source *source, const struct watch_listener *listener,
		struct schedule *schedule, struct sample *now, const struct sample *before,
		bool last)
{
	struct sample delta = { 0 };
	int error = source_read(source, now, last);

	if (error)
		return error;
	error = sample_subtract(&delta, now, before);
	if (!error &&
	    !listener->on_interval(listener->context, now, &delta, now->time - schedule->start,
				   now->time - schedule->last))
		error = 1;
	schedule->last = now->time;
	sample_free(&delta);
	return error;
}

/* The next point of the absolute schedule that still lies ahead. */
static void advance(struct schedule *schedule, uint64_t interval)
{
	uint64_t passed = (schedule->last - schedule->start) / interval;

	schedule->next = schedule->start + (passed + 1) * interval;
}

int watch(struct source *source, struct openmetrics *metrics, int signal_fd,
	  const struct watch_listener *listener, struct watch_result *result)
{
	const struct probe_options *options = source->options;
	uint64_t start = clock_now();
	struct schedule schedule = { .start = start, .last = start, .end = UINT64_MAX };
	struct sample *totals = &result->totals, before = { 0 }, swap;
	bool interrupted = false;
	int error = 0;

	*result = (struct watch_result){ .end = WATCH_DURATION };
	if (options->duration)
		schedule.end = start + options->duration;
	while (!error) {
		advance(&schedule, options->interval);
		interrupted = interrupted_before(signal_fd, metrics,
						 clock_earlier(schedule.next, schedule.end));
		if (interrupted || clock_now() >= schedule.end)
			break;
		interrupted = !can_write(listener->output, signal_fd);
		if (interrupted)
			break;
		error = tell(source, listener, &schedule, totals, &before, false);
		swap = before;
		before = *totals;
		*totals = swap;
	}
	/* What is queued must be explained by what was counted until then: look, then stop. */
	if (error >= 0) {
		result->end = error         ? WATCH_UNHEARD
			      : interrupted ? WATCH_INTERRUPTED
					    : WATCH_DURATION;
		error = tell(source, listener, &schedule, totals, &before, true);
	}
	source_stop(source);
	result->elapsed = schedule.last - schedule.start;
	sample_free(&before);
	return error < 0 ? error : 0;
}
