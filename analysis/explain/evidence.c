#include "analysis/explain/evidence.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/stats/expected.h"
#include "analysis/stats/flow_test.h"
#include "common/units.h"

/* Above that, simulating what a hash does is left to the formula. */
#define SIMULATED_MOST 10000000.0

static struct decisive *add(struct evidence *out, const char *key, const char *label, double value)
{
	struct decisive *number = &out->numbers[out->count++];

	*number = (struct decisive){
		.key = key, .label = label, .value = value, .interval = { NAN, NAN }
	};
	return number;
}

/* What the hash makes of these flows, or of so many. Returns 0 or -ENOMEM. */
static int simulate(struct expected *out, const struct analysis *analysis, const double *weights)
{
	const struct distribution *d = &analysis->distribution;
	double flows = weights ? d->flows : d->effective_flows;

	*out = (struct expected){ .cv = { .q2_5 = NAN, .q97_5 = NAN } };
	if (analysis->chooser != CHOOSER_HASH || !(flows >= 1) || flows > SIMULATED_MOST)
		return 0;
	return expected_simulate(out, weights, (uint64_t)(flows + 0.5), d->workers,
				 &RESAMPLING_DEFAULT);
}

/* By the flows that were seen, where what arrived is what was received. Returns 0 or -ENOMEM. */
static int simulate_seen(struct expected *out, const struct analysis *analysis)
{
	const struct seen_flows *seen = &analysis->seen;
	double *weights = calloc(seen->count + 1, sizeof(*weights));
	int error;

	for (size_t i = 0; weights && i < seen->count; i++)
		weights[i] = seen->flows[i].weight;
	error = weights ? simulate(out, analysis, weights) : -ENOMEM;
	free(weights);
	return error;
}

/* What was received is not what arrived: something was lost, or waits where nobody reads. */
static bool arrived_otherwise(const struct analysis *analysis)
{
	return analysis->seen.seen && analysis->chooser == CHOOSER_HASH &&
	       !seen_flows_are_split(&analysis->seen) && !analysis_received_as_arrived(analysis);
}

static void weigh(struct evidence *out, const struct analysis *analysis,
		  const struct expected *expected)
{
	const struct distribution *d = &analysis->distribution;
	const struct bounds *intervals = analysis->confidence.certainty.of;
	const struct spread *cv = &expected->cv;
	struct decisive *number = add(out, "max_over_mean", "busiest / mean", d->max_over_mean);

	number->interval = intervals[FIGURE_MAX_OVER_MEAN];
	snprintf(number->note, sizeof(number->note), "even is up to %.2f", 1 + analysis->tolerance);
	/* What the hash did, where losses or a dead member make it something else. */
	if (arrived_otherwise(analysis)) {
		number = add(out, "arrived_max_over_mean", "as it arrived",
			     analysis->seen.max_over_mean);
		snprintf(number->note, sizeof(number->note), "before any was lost");
	}
	number = add(out, "cv", "cv", d->cv);
	number->interval = intervals[FIGURE_CV];
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
	struct expected expected;
	int error;

	out->count = out->unknown_count = 0;
	evidence_tell_unknown(out, analysis, run, interrupted);
	if (!analysis || analysis->distribution.total == 0 || run->worker_count < 2)
		return 0;
	error = analysis->confidence.basis == CONFIDENCE_FLOWS
			? simulate_seen(&expected, analysis)
			: simulate(&expected, analysis, NULL);
	if (error)
		return error;
	weigh(out, analysis, &expected);
	tell_flows(out, analysis, run);
	return 0;
}
