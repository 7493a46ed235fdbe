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
	double n = (double)out->workers, sum = (double)out->packets;
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

static enum verdict judge(const struct distribution *out, double tolerance)
{
	if (out->workers == 1)
		return VERDICT_SINGLE;
	if (out->packets == 0)
		return VERDICT_IDLE;
	if (out->max_over_mean <= 1 + tolerance)
		return VERDICT_EVEN;
	/* More workers than flows got packets: something splits flows, which no hash does. */
	if (isnan(out->p_value) || out->p_value < P_UNEXPLAINED || (double)out->busy > out->flows)
		return VERDICT_UNEXPLAINED;
	return VERDICT_FEW_FLOWS;
}

int distribution_describe(struct distribution *out, const uint64_t *packets, size_t workers,
			  double flows, double effective_flows, double tolerance)
{
	double *counts = calloc(workers, sizeof(*counts));

	if (!counts)
		return -ENOMEM;
	*out = (struct distribution){
		.workers = workers,
		.max_share = NAN,
		.min_share = NAN,
		.max_over_mean = NAN,
		.cv = NAN,
		.jain = NAN,
		.effective_workers = NAN,
		.flows = flows,
		.effective_flows = effective_flows,
		.expected_cv = distribution_expected_cv(workers, effective_flows),
	};
	for (size_t i = 0; i < workers; i++) {
		counts[i] = (double)packets[i];
		out->packets += packets[i];
		out->busy += packets[i] > 0;
	}
	if (out->packets)
		describe_counts(out, counts);
	out->p_value = distribution_p_value(workers, flows, effective_flows, out->cv);
	out->verdict = judge(out, tolerance);
	free(counts);
	return 0;
}
