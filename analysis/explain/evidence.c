#include "analysis/explain/evidence.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/stats/certainty.h"
#include "analysis/stats/expected.h"
#include "analysis/stats/flow_test.h"
#include "common/units.h"

/* Above that, simulating what a hash does is left to the formula. */
#define SIMULATED_MOST 10000000.0

/* What is known of chance. */
struct chances {
	struct certainty certainty;
	struct expected expected; /* of the hash with these flows */
};

static struct decisive *add(struct evidence *out, const char *key, const char *label, double value)
{
	struct decisive *number = &out->numbers[out->count++];

	*number = (struct decisive){
		.key = key, .label = label, .value = value, .interval = { NAN, NAN }
	};
	return number;
}

static int simulate(struct chances *out, const struct analysis *analysis, const double *weights)
{
	const struct distribution *d = &analysis->distribution;
	double flows = weights ? d->flows : d->effective_flows;

	out->expected = (struct expected){ .cv = { .q2_5 = NAN, .q97_5 = NAN } };
	if (analysis->chooser != CHOOSER_HASH || !(flows >= 1) || flows > SIMULATED_MOST)
		return 0;
	return expected_simulate(&out->expected, weights, (uint64_t)(flows + 0.5), d->workers,
				 &RESAMPLING_DEFAULT);
}

/* By the flows themselves, where what arrived is what was received. 0 or -ENOMEM. */
static int by_flows(struct chances *out, const struct analysis *analysis,
		    const struct hashed_flow *flows, size_t count)
{
	double *weights = calloc(count + 1, sizeof(*weights));
	int error = -ENOMEM;

	if (weights) {
		for (size_t i = 0; i < count; i++)
			weights[i] = flows[i].weight;
		error = simulate(out, analysis, weights);
	}
	free(weights);
	return error ? error
		     : certainty_of_flows(&out->certainty, flows, count,
					  analysis->distribution.workers, &RESAMPLING_DEFAULT);
}

/* By their number. 0 or -ENOMEM. */
static int by_amounts(struct chances *out, const struct analysis *analysis, const struct run *run)
{
	double *amounts = calloc(run->worker_count, sizeof(*amounts));
	int error = amounts ? simulate(out, analysis, NULL) : -ENOMEM;

	for (size_t i = 0; amounts && i < run->worker_count; i++)
		amounts[i] = (double)run_units(run, &run->workers[i].counts);
	if (!error)
		error = certainty_of_amounts(&out->certainty, amounts, run->worker_count,
					     analysis->distribution.effective_flows,
					     &RESAMPLING_DEFAULT);
	free(amounts);
	return error;
}

static int find_chances(struct chances *out, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	struct seen_flows seen;
	struct hashed_flow *flows;
	size_t count;
	int error = seen_flows_collect(&flows, &count, &seen, run);
	bool arrived_so = seen.seen && !seen_flows_are_split(&seen) &&
			  fabs(analysis->seen.max_over_mean - d->max_over_mean) < 0.01;

	if (!error && arrived_so)
		error = by_flows(out, analysis, flows, count);
	else if (!error)
		error = by_amounts(out, analysis, run);
	free(flows);
	return error;
}

/* What was received is not what arrived: something was lost, or waits where nobody reads. */
static bool arrived_otherwise(const struct analysis *analysis)
{
	return analysis->seen.seen && analysis->chooser == CHOOSER_HASH &&
	       !seen_flows_are_split(&analysis->seen) &&
	       fabs(analysis->seen.max_over_mean - analysis->distribution.max_over_mean) >= 0.01;
}

static void weigh(struct evidence *out, const struct analysis *analysis,
		  const struct chances *chances)
{
	const struct distribution *d = &analysis->distribution;
	const struct spread *cv = &chances->expected.cv;
	struct decisive *number = add(out, "max_over_mean", "busiest / mean", d->max_over_mean);

	number->interval = chances->certainty.of[FIGURE_MAX_OVER_MEAN];
	snprintf(number->note, sizeof(number->note), "even is up to %.2f", 1 + analysis->tolerance);
	/* What the hash did, where losses or a dead member make it something else. */
	if (arrived_otherwise(analysis)) {
		number = add(out, "arrived_max_over_mean", "as it arrived",
			     analysis->seen.max_over_mean);
		snprintf(number->note, sizeof(number->note), "before any was lost");
	}
	number = add(out, "cv", "cv", d->cv);
	number->interval = chances->certainty.of[FIGURE_CV];
	if (!isnan(cv->q2_5))
		snprintf(number->note, sizeof(number->note), "by hash %.3f to %.3f", cv->q2_5,
			 cv->q97_5);
}

static void tell_flows(struct evidence *out, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	const struct seen_flows *seen = &analysis->seen;
	struct decisive *number;
	char count[UNITS_TEXT];

	if (isnan(d->flows))
		return;
	number = add(out, "flows", run->tcp ? "connections" : "flows", d->flows);
	if (d->effective_flows < d->flows - 0.5)
		snprintf(number->note, sizeof(number->note), "as good as %s equal ones",
			 units_grouped(count, (uint64_t)(d->effective_flows + 0.5)));
	if (seen->seen && seen->merged.flows > 1) {
		number = add(out, "heaviest_share", "heaviest flow", seen->weight.heaviest_share);
		snprintf(number->note, sizeof(number->note), "from %.60s", seen->remote);
	}
	/* Of what was received, a hash that did its part well would seem to be the culprit. */
	if (arrived_otherwise(analysis)) {
		number = add(out, "p_value", "p (hash)", seen->test.p_value);
		snprintf(number->note, sizeof(number->note), "as it arrived");
		return;
	}
	if (isnan(d->p_value) || seen_flows_are_split(seen))
		return;
	number = add(out, "p_value", "p (hash)", d->p_value);
	if (seen->seen && d->p_value == seen->test.p_value)
		snprintf(number->note, sizeof(number->note), "by flows, %s",
			 flow_test_method_names[seen->test.method]);
}

int evidence_gather(struct evidence *out, const struct analysis *analysis, const struct run *run,
		    bool interrupted)
{
	struct chances chances;
	int error;

	out->count = out->unknown_count = 0;
	evidence_tell_unknown(out, analysis, run, interrupted);
	if (!analysis || analysis->distribution.total == 0 || run->worker_count < 2)
		return 0;
	error = find_chances(&chances, analysis, run);
	if (error)
		return error;
	weigh(out, analysis, &chances);
	tell_flows(out, analysis, run);
	return 0;
}
