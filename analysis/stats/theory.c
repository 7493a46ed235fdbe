#include "analysis/stats/theory.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

#include "analysis/stats/mix.h"

double theory_cv(size_t workers, double effective_flows)
{
	return effective_flows > 0 ? sqrt((double)(workers - 1) / effective_flows) : (double)NAN;
}

double theory_flows_for(size_t workers, double cv)
{
	return ceil((double)(workers - 1) / (cv * cv));
}

double theory_p_value(size_t workers, double flows, double effective_flows, double cv)
{
	double degrees = (double)workers - 1;
	double least = pow((double)workers, 1 - flows);

	if (workers < 2 || !(flows >= 1) || !(effective_flows > 0) || isnan(cv))
		return (double)NAN;
	return fmax(gsl_cdf_chisq_Q(effective_flows * cv * cv, degrees), least);
}

/* Of a binomial variable, the probability of K or more; next to certain where GSL gives up. */
static double at_least(double k, double trials, double probability)
{
	double tail;

	if (k <= 0)
		return 1;
	if (k > trials)
		return 0;
	tail = gsl_cdf_beta_P(probability, k, trials - k + 1);
	return isnan(tail) ? 1 : tail;
}

/*
 * The extremal variables take two values, LARGEST and the one below 0 that makes the mean 0: their
 * sum is binomial, and between its values the logarithm of the tail is interpolated.
 */
double theory_sum_tail(double count, double largest, double variance, double x)
{
	double each = variance / count, step = largest + each / largest;
	double probability = each / (largest * largest + each);
	double hits = (x + variance / largest) / step, whole = floor(hits * (1 + 1e-12));
	double part = fmax(hits - whole, 0);

	if (!(x > 0))
		return 1;
	return fmin(1, M_E * M_E / 2 * pow(at_least(whole, count, probability), 1 - part) *
			       (part > 0 ? pow(at_least(whole + 1, count, probability), part) : 1));
}

/* SIDE 1: of more than the mean, -1: of less. */
static double share_tail(size_t workers, const struct mix *mix, double share, int side)
{
	double members = (double)workers, chance = 1 / members;
	double most = mix->heaviest * (side > 0 ? 1 - chance : chance);

	return fmin(1, members * theory_sum_tail(mix->count, most,
						 chance * (1 - chance) / mix->effective,
						 side * (share - chance)));
}

double theory_most_share(size_t workers, const struct mix *mix, double share)
{
	return share_tail(workers, mix, share, 1);
}

double theory_least_share(size_t workers, const struct mix *mix, double share)
{
	return share_tail(workers, mix, share, -1);
}
