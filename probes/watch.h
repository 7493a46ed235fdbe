/* The time between attaching and the final report: intervals, signals, the end. */
#ifndef FAIRPORT_WATCH_H
#define FAIRPORT_WATCH_H

#include <stdint.h>

struct probe_options;
struct receptions;
struct table;

enum watch_end { WATCH_INTERRUPTED, WATCH_DURATION };

/* Called once an interval; DELTA and INTERVAL are since the call before, ELAPSED since the start.
 */
struct watch_listener {
	void (*on_interval)(void *context, const struct table *delta, uint64_t elapsed,
			    uint64_t interval);
	void *context;
};

struct watch_result {
	enum watch_end end;
	uint64_t elapsed; /* ns */
};

/*
 * Waits until --duration has passed or SIGINT or SIGTERM arrives on SIGNAL_FD, then stops
 * RECEPTIONS and leaves the final counts in TOTALS. The last interval may be a short one, so that
 * the intervals add up to the totals. 0 or -errno.
 */
int watch(struct receptions *receptions, const struct probe_options *options, int signal_fd,
	  const struct watch_listener *listener, struct table *totals, struct watch_result *result);

#endif
