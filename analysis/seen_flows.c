#include "analysis/seen_flows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/run.h"
#include "analysis/stats/chance.h"
#include "analysis/read/stream.h"

/* The worker of each member of run->observed, or OBSERVED_NONE. NULL: out of memory. */
static size_t *find_workers(const struct run *run)
{
	const struct observed *observed = &run->observed;
	size_t *workers = calloc(observed->member_count + 1, sizeof(*workers));

	for (size_t i = 0; workers && i < observed->member_count; i++)
		workers[i] = OBSERVED_NONE;
	for (size_t i = 0; workers && i < run->lives.count; i++) {
		const struct life *life = &run->lives.list[i];
		size_t at = observed_find(observed, life->cookie);

		if (at != OBSERVED_NONE)
			workers[at] = life->index;
	}
	return workers;
}

static bool all_were_seen(const struct run *run)
{
	const struct observed *observed = &run->observed;
	uint64_t evicted = 0;

	record_count(observed->summary, "evicted_flows", &evicted);
	return !run->tcp && strcmp(run->model, "reuseport") == 0 && observed->summary &&
	       observed->flow_count && !observed->flows_untold && !evicted;
}

static int by_tuple(const void *a, const void *b)
{
	const struct observed_flow *left = *(const struct observed_flow *const *)a;
	const struct observed_flow *right = *(const struct observed_flow *const *)b;
	int order = strcmp(left->remote, right->remote);

	return order ? order : strcmp(left->local, right->local);
}

/* Whether the addresses before the ports are the same. */
static bool same_source(const struct observed_flow *a, const struct observed_flow *b)
{
	const char *end = strrchr(a->remote, ':'), *other = strrchr(b->remote, ':');

	return end && other && end - a->remote == other - b->remote &&
	       strncmp(a->remote, b->remote, (size_t)(end - a->remote)) == 0;
}

/* LIST is in the order of tuples: what is of one flow, and of one source, stands together. */
static void tell_apart(struct flow_seen *seen, struct seen_flows *about,
		       const struct observed_flow *const *list, size_t count, const size_t *workers)
{
	for (size_t i = 0; i < count; i++) {
		bool again = i > 0 && by_tuple(&list[i - 1], &list[i]) == 0;

		seen[i] = (struct flow_seen){ .flow = again ? seen[i - 1].flow : i,
					      .weight = (double)list[i]->packets,
					      .member = (uint32_t)workers[list[i]->member] };
		about->sources += i == 0 || !same_source(list[i - 1], list[i]);
	}
}

static void name_heaviest(struct seen_flows *about, const struct observed_flow *heaviest)
{
	snprintf(about->remote, sizeof(about->remote), "%s", heaviest->remote);
	snprintf(about->local, sizeof(about->local), "%s", heaviest->local);
}

int seen_flows_collect(struct hashed_flow **flows, size_t *count, struct seen_flows *about,
		       const struct run *run)
{
	const struct observed *observed = &run->observed;
	size_t *workers = find_workers(run), listed = 0;
	const struct observed_flow **list =
		calloc(observed->flow_count + 1, sizeof(const struct observed_flow *));
	struct flow_seen *seen = calloc(observed->flow_count + 1, sizeof(*seen));

	*about = (struct seen_flows){ .max_over_mean = NAN, .without_heavy = NAN };
	*count = 0;
	*flows = calloc(observed->flow_count + 1, sizeof(**flows));
	if (!workers || !list || !seen || !*flows) {
		free(*flows);
		*flows = NULL;
	} else if (all_were_seen(run)) {
		for (size_t i = 0; i < observed->flow_count; i++) {
			const struct observed_flow *flow = &observed->flows[i];

			if (flow->member == OBSERVED_NONE || workers[flow->member] == OBSERVED_NONE)
				continue;
			/* They stand in the order of their weights. */
			if (listed == 0)
				name_heaviest(about, flow);
			list[listed++] = flow;
		}
		qsort(list, listed, sizeof(const struct observed_flow *), by_tuple);
		tell_apart(seen, about, list, listed, workers);
		about->merged = flows_merge(*flows, seen, listed);
		*count = about->merged.flows;
		about->seen = *count > 0;
	}
	free(workers);
	free(list);
	free(seen);
	return *flows ? 0 : -ENOMEM;
}

bool seen_flows_are_split(const struct seen_flows *seen)
{
	return seen->seen && seen->merged.split_weight > 0.01 * seen->merged.weight;
}

static double max_over_mean(const double *amounts, size_t workers)
{
	double sum = 0, most = 0;

	for (size_t i = 0; i < workers; i++) {
		sum += amounts[i];
		most = fmax(most, amounts[i]);
	}
	return sum > 0 ? most * (double)workers / sum : (double)NAN;
}

/* Without the flows that are too heavy for any hash. FLOWS are put into another order. */
static double without_heavy(struct hashed_flow *flows, size_t count, double *amounts,
			    size_t workers, const struct flows_weight *weight, double tolerance)
{
	double limit = weight->total * (1 + tolerance) / (double)workers;
	size_t light = 0;

	for (size_t i = 0; i < count; i++)
		if (flows[i].weight <= limit)
			flows[light++] = flows[i];
	flows_sum(amounts, workers, flows, light);
	return max_over_mean(amounts, workers);
}

int seen_flows_describe(struct seen_flows *out, const struct run *run, double tolerance)
{
	size_t count, workers = run->worker_count;
	struct hashed_flow *flows;
	double *amounts;
	int error = seen_flows_collect(&flows, &count, out, run);

	if (error || !out->seen) {
		free(flows);
		return error;
	}
	amounts = calloc(workers, sizeof(*amounts));
	error = amounts ? flow_test_weights(&out->test, flows, count, workers, &RESAMPLING_DEFAULT)
			: -ENOMEM;
	if (!error) {
		flows_sum(amounts, workers, flows, count);
		out->max_over_mean = max_over_mean(amounts, workers);
		out->weight = flows_weigh(flows, count, workers, tolerance);
		out->without_heavy =
			without_heavy(flows, count, amounts, workers, &out->weight, tolerance);
	}
	free(amounts);
	free(flows);
	return error;
}
