#include "analysis/distribution.h"

#include <math.h>

#include "analysis/stats/flow_test.h"
#include "analysis/stats/theory.h"
#include "common/imbalance.h"

const char *const verdict_names[] = {
	[VERDICT_EVEN] = "even",
	[VERDICT_FEW_FLOWS] = "few-flows",
	[VERDICT_UNEXPLAINED] = "unexplained",
	[VERDICT_UNEVEN] = "uneven",
	[VERDICT_SINGLE] = "single",
	[VERDICT_IDLE] = "idle",
};

static void describe_counts(struct distribution *out, const uint64_t *counts)
{
	struct imbalance imbalance = imbalance_of(counts, out->workers);
	double sum = (double)out->total;

	for (size_t i = 1; i < out->workers; i++) {
		if (counts[i] > counts[out->busiest])
			out->busiest = i;
		if (counts[i] < counts[out->idlest])
			out->idlest = i;
	}
	out->max_share = (double)counts[out->busiest] / sum;
	out->min_share = (double)counts[out->idlest] / sum;
	out->max_over_mean = imbalance.max_over_mean;
	out->cv = imbalance.cv;
	out->jain = imbalance.jain;
	out->effective_workers = (double)out->workers * out->jain;
}

/*
 * Of unequal flows whose places are not known, the approximation is off by orders of magnitude
 * where it calls things rare; then the busiest has to be as improbable by a bound that is none.
 */
static bool is_improbable(const struct distribution *out, const struct distribution_input *input)
{
	if (isnan(out->p_value) || out->p_value >= P_UNEXPLAINED)
		return isnan(out->p_value);
	return input->tested || input->mix.count < 1 || mix_is_equal(&input->mix) ||
	       theory_most_share(out->workers, &input->mix, out->max_share) < P_UNEXPLAINED;
}

static enum verdict judge(const struct distribution *out, const struct distribution_input *input)
{
	if (out->workers == 1)
		return VERDICT_SINGLE;
	if (out->total == 0)
		return VERDICT_IDLE;
	if (out->max_over_mean <= 1 + input->tolerance)
		return VERDICT_EVEN;
	if (!input->hashed)
		return VERDICT_UNEVEN;
	if (input->refuted)
		return VERDICT_UNEXPLAINED;
	/* More workers than flows got packets: something splits flows, which no hash does. */
	if (is_improbable(out, input) || (double)out->busy > out->flows)
		return VERDICT_UNEXPLAINED;
	return VERDICT_FEW_FLOWS;
}

static double find_p_value(const struct distribution *out, const struct distribution_input *input)
{
	if (input->tested && !isnan(input->tested->p_value))
		return input->tested->p_value;
	return theory_p_value(input->workers, input->flows, input->effective_flows, out->cv);
}

void distribution_describe(struct distribution *out, const struct distribution_input *input)
{
	*out = (struct distribution){
		.workers = input->workers,
		.max_share = NAN,
		.min_share = NAN,
		.max_over_mean = NAN,
		.cv = NAN,
		.jain = NAN,
		.effective_workers = NAN,
		.flows = input->flows,
		.effective_flows = input->effective_flows,
		.expected_cv = NAN,
		.p_value = NAN,
		.mix = input->mix,
	};
	for (size_t i = 0; i < input->workers; i++) {
		out->total += input->counts[i];
		out->busy += input->counts[i] > 0;
	}
	if (out->total)
		describe_counts(out, input->counts);
	if (input->hashed) {
		out->expected_cv = theory_cv(input->workers, input->effective_flows);
		out->p_value = find_p_value(out, input);
	}
	out->verdict = judge(out, input);
}
