/*
 * The flows that came to the workers of a run, as the probe saw them arrive: what the hash
 * assigned, before any worker took it out or lost it.
 */
#ifndef FAIRPORT_ANALYSIS_SEEN_FLOWS_H
#define FAIRPORT_ANALYSIS_SEEN_FLOWS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/stats/flow_test.h"
#include "analysis/stats/flows.h"

struct run;

struct seen_flows {
	/* All of them were seen, at sockets of which each is one worker's. Else nothing is known.
	 */
	bool seen;
	struct flows_merged merged;
	struct flows_weight weight;
	/* Of the heaviest: its source and its destination. */
	char remote[64], local[64];
	size_t sources; /* different addresses, whatever their ports */
	/* What came to the busiest worker, over the mean: of all flows, and without the heavy. */
	double max_over_mean, without_heavy;
	struct flow_test test; /* of all */
	/* By worker: a 4-tuple is one flow. Of seen_flows_free(). */
	struct hashed_flow *flows;
	size_t count; /* 0 where not all were seen */
};

/* Whether packets of a flow came to several workers, and not just of a few when sockets changed. */
bool seen_flows_are_split(const struct seen_flows *seen);

/* TOLERANCE as in struct distribution_input. Returns 0, or -ENOMEM: then there is nothing to free.
 */
int seen_flows_describe(struct seen_flows *out, const struct run *run, double tolerance);

void seen_flows_free(struct seen_flows *seen);

#endif
