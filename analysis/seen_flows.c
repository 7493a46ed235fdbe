#include "analysis/seen_flows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/run.h"
#include "analysis/stats/chance.h"
#include "analysis/read/stream.h"

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

/* Fills the flows, and what is known of them one by one. Returns 0 or -ENOMEM. */
static int collect(struct seen_flows *out, const struct run *run)
{
	const struct observed *observed = &run->observed;
	size_t *workers = run_member_workers(run), listed = 0;
	const struct observed_flow **list =
		calloc(observed->flow_count + 1, sizeof(const struct observed_flow *));
	struct flow_seen *seen = calloc(observed->flow_count + 1, sizeof(*seen));

	*out = (struct seen_flows){ .max_over_mean = NAN, .without_heavy = NAN };
	out->flows = calloc(observed->flow_count + 1, sizeof(*out->flows));
	if (!workers || !list || !seen || !out->flows) {
		seen_flows_free(out);
	} else if (all_were_seen(run)) {
		for (size_t i = 0; i < observed->flow_count; i++) {
			const struct observed_flow *flow = &observed->flows[i];

			if (flow->member == OBSERVED_NONE || workers[flow->member] == OBSERVED_NONE)
				continue;
			/* They stand in the order of their weights. */
			if (listed == 0)
				name_heaviest(out, flow);
			list[listed++] = flow;
		}
		qsort(list, listed, sizeof(const struct observed_flow *), by_tuple);
		tell_apart(seen, out, list, listed, workers);
		out->merged = flows_merge(out->flows, seen, listed);
		out->count = out->merged.flows;
		out->seen = out->count > 0;
	}
	free(workers);
	free(list);
	free(seen);
	return out->flows ? 0 : -ENOMEM;
}

void seen_flows_free(struct seen_flows *seen)
{
	free(seen->flows);
	seen->flows = NULL;
	seen->count = 0;
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

/* Without the flows that are too heavy for any hash. */
static double without_heavy(const struct seen_flows *seen, double *amounts, size_t workers,
			    double tolerance)
{
	double limit = seen->weight.total * (1 + tolerance) / (double)workers;

	memset(amounts, 0, workers * sizeof(*amounts));
	for (size_t i = 0; i < seen->count; i++)
		if (seen->flows[i].weight <= limit)
			amounts[seen->flows[i].member] += seen->flows[i].weight;
	return max_over_mean(amounts, workers);
}

int seen_flows_describe(struct seen_flows *out, const struct run *run, double tolerance)
{
	size_t workers = run->worker_count;
	double *amounts;
	int error = collect(out, run);

	if (error || !out->seen)
		return error;
	amounts = calloc(workers, sizeof(*amounts));
	error = amounts ? flow_test_weights(&out->test, out->flows, out->count, workers,
					    &RESAMPLING_DEFAULT)
			: -ENOMEM;
	if (error) {
		seen_flows_free(out);
	} else {
		flows_sum(amounts, workers, out->flows, out->count);
		out->max_over_mean = max_over_mean(amounts, workers);
		out->weight = flows_weigh(out->flows, out->count, workers, tolerance);
		out->without_heavy = without_heavy(out, amounts, workers, tolerance);
	}
	free(amounts);
	return error;
}
