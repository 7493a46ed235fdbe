/* The time between attaching and the final report: intervals, requests, signals, the end. */
#ifndef FAIRPORT_WATCH_H
#define FAIRPORT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "probes/tap/sample.h"

struct openmetrics;
struct source;

enum watch_end { WATCH_INTERRUPTED, WATCH_DURATION, WATCH_UNHEARD };

extern const char *const watch_end_names[]; /* in records */

/*
 * Called once an interval: NOW is all since the start, DELTA since the call before, which is
 * INTERVAL ns ago. Returns false where nobody listens any more, which is the end. OUTPUT is where
 * it writes to: while nobody reads there, a signal is an end, too.
 */
struct watch_listener {
	bool (*on_interval)(void *context, const struct sample *now, const struct sample *delta,
			    uint64_t elapsed, uint64_t interval);
	void *context;
	int output;
};

struct watch_result {
	enum watch_end end;
	uint64_t elapsed; /* ns */
	struct sample totals;
};

/*
 * Waits until --duration has passed or a signal arrives on SIGNAL_FD, serving METRICS (or NULL)
 * meanwhile, then leaves the final counts in RESULT, whose totals the caller frees, and stops
 * SOURCE. The last interval may be a short one, so that the intervals add up to the totals. 0 or
 * -errno.
 */
int watch(struct source *source, struct openmetrics *metrics, int signal_fd,
	  const struct watch_listener *listener, struct watch_result *result);

#endif
