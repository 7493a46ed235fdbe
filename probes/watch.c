#include "probes/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "common/clock.h"
#include "common/signals.h"
#include "probes/options.h"
#include "probes/receptions.h"
#include "probes/table.h"

struct schedule {
	uint64_t start, last, next, end; /* END is UINT64_MAX where there is none */
};

/* Waits until TIME; true when a signal came first. */
static bool interrupted_before(int signal_fd, uint64_t time)
{
	struct pollfd wait = { .fd = signal_fd, .events = POLLIN };

	for (;;) {
		struct timespec timeout = clock_left(time);
		int ready = ppoll(&wait, 1, &timeout, NULL);

		if (ready > 0 && signals_next(signal_fd))
			return true;
		if (ready == 0 && clock_now() >= time)
			return false;
	}
}

/* Reads the counts into NOW and reports what they grew by since BEFORE. */
static int tell(const struct receptions *receptions, const struct watch_listener *listener,
		struct schedule *schedule, struct table *now, const struct table *before)
{
	struct table delta = { 0 };
	uint64_t time = clock_now();
	int error = receptions_read(receptions, now);

	if (!error)
		error = table_subtract(&delta, now, before);
	if (!error)
		listener->on_interval(listener->context, &delta, time - schedule->start,
				      time - schedule->last);
	schedule->last = time;
	table_free(&delta);
	return error;
}

/* The next point of the absolute schedule that still lies ahead. */
static void advance(struct schedule *schedule, uint64_t interval)
{
	uint64_t passed = (schedule->last - schedule->start) / interval;

	schedule->next = schedule->start + (passed + 1) * interval;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int watch(struct receptions *receptions, const struct probe_options *options, int signal_fd,
	  const struct watch_listener *listener, struct table *totals, struct watch_result *result)
{
	uint64_t start = clock_now();
	struct schedule schedule = { .start = start, .last = start, .end = UINT64_MAX };
	struct table before = { 0 }, swap;
	bool interrupted = false;
	int error = 0;

	if (options->duration)
		schedule.end = start + options->duration;
	while (!error) {
		advance(&schedule, options->interval);
		interrupted = interrupted_before(signal_fd, earlier(schedule.next, schedule.end));
		if (interrupted || clock_now() >= schedule.end)
			break;
		error = tell(receptions, listener, &schedule, totals, &before);
		swap = before;
		before = *totals;
		*totals = swap;
	}
	receptions_stop(receptions);
	if (!error)
		error = tell(receptions, listener, &schedule, totals, &before);
	*result = (struct watch_result){ .end = interrupted ? WATCH_INTERRUPTED : WATCH_DURATION,
					 .elapsed = schedule.last - schedule.start };
	table_free(&before);
	return error;
}
