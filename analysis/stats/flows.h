/*
 * Flows and the members that got them: what the hash assigned, and so what statistics may be
 * made of.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_FLOWS_H
#define FAIRPORT_ANALYSIS_STATS_FLOWS_H

#include <stddef.h>
#include <stdint.h>

struct hashed_flow {
	double weight; /* its packets, or any other amount; more than 0 */
	uint32_t member;
};

/* That so much of a flow was seen at a member. FLOW tells flows apart, in any way. */
struct flow_seen {
	uint64_t flow;
	double weight;
	uint32_t member;
};

struct flows_merged {
	size_t flows;
	size_t split;        /* of these, seen at several members: no hash does that */
	double weight;       /* of all */
	double split_weight; /* of those that are split */
};

/*
 * Sorts SEEN and makes one flow of all that was seen of it; its member is the one that got most
 * of it (of equals, the one with the lowest number). OUT has room for COUNT flows. Weights that
 * are not more than 0 are left out.
 */
struct flows_merged flows_merge(struct hashed_flow *out, struct flow_seen *seen, size_t count);

/* All NAN or 0 when there are no flows. */
struct flows_weight {
	double total;
	double effective; /* (sum w)^2 / sum w^2: Kish, "Survey Sampling" (1965), section 11.7 */
	size_t heaviest;  /* index */
	double heaviest_share;
	/*
	 * Flows each of which alone makes its member exceed the tolerance, whatever the hash does:
	 * a share of more than (1 + tolerance) / workers.
	 */
	size_t heavy;
	double heavy_share; /* of all such flows together */
};

/* TOLERANCE: 0.1 lets a member have 1.1 times the mean. */
struct flows_weight flows_weigh(const struct hashed_flow *flows, size_t count, size_t workers,
				double tolerance);

/* Their weights, heaviest first. */
void flows_weights(double *weights, const struct hashed_flow *flows, size_t count);

/*
 * Of WEIGHTS, heaviest first: the least number to set aside so that the sum of the others is nearly
 * normal. It is the squares that add up to the variance, so these must come from ENOUGH flows for
 * each worker, (sum w^2)^2 / sum w^4, which means that the weights do as well. COUNT: none is.
 */
size_t flows_heavy(const double *weights, size_t count, size_t workers, double enough);

/* Adds up the weights of each of WORKERS members. No flow has a member beyond. */
void flows_sum(double *amounts, size_t workers, const struct hashed_flow *flows, size_t count);

/* Counts the flows of each of WORKERS members. */
void flows_count(uint64_t *counts, size_t workers, const struct hashed_flow *flows, size_t count);

#endif
