#include "analysis/stats/flows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_flow_and_member(const void *a, const void *b)
{
	const struct flow_seen *x = a, *y = b;

	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return (x->member > y->member) - (x->member < y->member);
}

/* The weight that the flow has at the member of the first of COUNT; says how many those are. */
static double at_one_member(const struct flow_seen *seen, size_t count, size_t *taken)
{
	double weight = 0;
	size_t i = 0;

	while (i < count && seen[i].flow == seen->flow && seen[i].member == seen->member)
		weight += fmax(seen[i++].weight, 0);
	*taken = i;
	return weight;
}

/* One flow of what begins at SEEN. MEMBERS: how many got something of it. */
static struct hashed_flow merge_one(const struct flow_seen *seen, size_t count, size_t *taken,
				    size_t *members)
{
	struct hashed_flow out = { .weight = 0 };
	double most = 0;
	size_t used;

	*members = 0;
	for (*taken = 0; *taken < count && seen[*taken].flow == seen->flow; *taken += used) {
		double weight = at_one_member(seen + *taken, count - *taken, &used);

		out.weight += weight;
		*members += weight > 0;
		if (weight > most) {
			most = weight;
			out.member = seen[*taken].member;
		}
	}
	return out;
}

struct flows_merged flows_merge(struct hashed_flow *out, struct flow_seen *seen, size_t count)
{
	struct flows_merged merged = { 0 };
	size_t taken, members;

	if (count)
		qsort(seen, count, sizeof(*seen), by_flow_and_member);
	for (size_t i = 0; i < count; i += taken) {
		struct hashed_flow flow = merge_one(seen + i, count - i, &taken, &members);

		if (members == 0)
			continue;
		out[merged.flows++] = flow;
		merged.weight += flow.weight;
		if (members > 1) {
			merged.split++;
			merged.split_weight += flow.weight;
		}
	}
	return merged;
}

struct flows_weight flows_weigh(const struct hashed_flow *flows, size_t count, size_t workers,
				double tolerance)
{
	struct flows_weight out = { .effective = NAN, .heaviest_share = NAN, .heavy_share = NAN };
	double squares = 0, heavy = 0;

	for (size_t i = 0; i < count; i++) {
		out.total += flows[i].weight;
		squares += flows[i].weight * flows[i].weight;
		if (flows[i].weight > flows[out.heaviest].weight)
			out.heaviest = i;
	}
	if (!(out.total > 0))
		return out;
	out.effective = out.total * out.total / squares;
	out.heaviest_share = flows[out.heaviest].weight / out.total;
	for (size_t i = 0; i < count; i++) {
		if (flows[i].weight * (double)workers <= (1 + tolerance) * out.total)
			continue;
		out.heavy++;
		heavy += flows[i].weight;
	}
	out.heavy_share = heavy / out.total;
	return out;
}

static int heaviest_first(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

void flows_weights(double *weights, const struct hashed_flow *flows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		weights[i] = flows[i].weight;
	if (count)
		qsort(weights, count, sizeof(*weights), heaviest_first);
}

size_t flows_heavy(const double *weights, size_t count, size_t workers, double enough)
{
	double squares = 0, fourths = 0;
	size_t heavy = count;

	for (size_t i = count; i-- > 0;) {
		double square = weights[i] * weights[i];

		squares += square;
		fourths += square * square;
		if (squares * squares >= enough * (double)workers * fourths)
			heavy = i;
	}
	return heavy;
}

void flows_sum(double *amounts, size_t workers, const struct hashed_flow *flows, size_t count)
{
	memset(amounts, 0, workers * sizeof(*amounts));
	for (size_t i = 0; i < count; i++)
		amounts[flows[i].member] += flows[i].weight;
}

void flows_count(uint64_t *counts, size_t workers, const struct hashed_flow *flows, size_t count)
{
	memset(counts, 0, workers * sizeof(*counts));
	for (size_t i = 0; i < count; i++)
		counts[flows[i].member]++;
}
