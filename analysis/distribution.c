#include "analysis/distribution.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>

const char *const verdict_names[] = {
	[VERDICT_EVEN] = "even",
	[VERDICT_FEW_FLOWS] = "few-flows",
	[VERDICT_UNEXPLAINED] = "unexplained",
	[VERDICT_UNEVEN] = "uneven",
	[VERDICT_SINGLE] = "single",
	[VERDICT_IDLE] = "idle",
};

double distribution_expected_cv(size_t workers, double effective_flows)
{
	return effective_flows > 0 ? sqrt((double)(workers - 1) / effective_flows) : (double)NAN;
}

double distribution_flows_for(size_t workers, double cv)
{
	return ceil((double)(workers - 1) / (cv * cv));
}

double distribution_p_value(size_t workers, double flows, double effective_flows, double cv)
{
	double degrees = (double)workers - 1;
	double least = pow((double)workers, 1 - flows);

	if (workers < 2 || !(flows >= 1) || !(effective_flows > 0) || isnan(cv))
		return (double)NAN;
	return fmax(gsl_cdf_chisq_Q(effective_flows * cv * cv, degrees), least);
}

static void describe_counts(struct distribution *out, const double *counts)
{
	double n = (double)out->workers, sum = (double)out->total;
	double mean = sum / n;

	gsl_stats_minmax_index(&out->idlest, &out->busiest, counts, 1, out->workers);
	out->max_share = counts[out->busiest] / sum;
	out->min_share = counts[out->idlest] / sum;
	out->max_over_mean = n * out->max_share;
	/* With a fixed mean GSL divides by N: the population's deviation, not a sample's. */
	out->cv = gsl_stats_sd_with_fixed_mean(counts, 1, out->workers, mean) / mean;
	/* (sum n)^2 / (N sum n^2), since sum n^2 / N = mean^2 (1 + cv^2). */
	out->jain = 1 / (1 + out->cv * out->cv);
	out->effective_workers = n * out->jain;
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
	/* More workers than flows got packets: something splits flows, which no hash does. */
	if (isnan(out->p_value) || out->p_value < P_UNEXPLAINED || (double)out->busy > out->flows)
		return VERDICT_UNEXPLAINED;
	return VERDICT_FEW_FLOWS;
}

int distribution_describe(struct distribution *out, const struct distribution_input *input)
{
	double *counts = calloc(input->workers, sizeof(*counts));

	if (!counts)
		return -ENOMEM;
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
	};
	for (size_t i = 0; i < input->workers; i++) {
		counts[i] = (double)input->counts[i];
		out->total += input->counts[i];
		out->busy += input->counts[i] > 0;
	}
	if (out->total)
		describe_counts(out, counts);
	if (input->hashed) {
		out->expected_cv = distribution_expected_cv(input->workers, input->effective_flows);
		out->p_value = distribution_p_value(input->workers, input->flows,
						    input->effective_flows, out->cv);
	}
	out->verdict = judge(out, input);
	free(counts);
	return 0;
}
