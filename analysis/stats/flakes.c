#include "analysis/stats/flakes.h"

#include <math.h>
#include <stdbool.h>

#include <gsl/gsl_cdf.h>

#include "analysis/stats/mix.h"
#include "analysis/stats/theory.h"

/* A limit that is a whole number but for rounding is that number. */
#define ROUNDING 1e-12

/* The most flows that a member may have. */
static double ceiling(const struct flakes_check *check, double flows)
{
	return floor((1 + check->over) * flows / (double)check->workers * (1 + ROUNDING));
}

/* The fewest. */
static double bottom(const struct flakes_check *check, double flows)
{
	return ceil((1 - check->under) * flows / (double)check->workers * (1 - ROUNDING));
}

/*
 * The tails of Bin(FLOWS, 1/N), times N, by the incomplete beta function: it is defined for a
 * number of flows in between as well.
 */
static double above(const struct flakes_check *check, double flows, double most)
{
	double members = (double)check->workers;

	return most >= flows ? 0 : members * gsl_cdf_beta_P(1 / members, most + 1, flows - most);
}

static double below(const struct flakes_check *check, double flows, double fewest)
{
	double members = (double)check->workers;

	if (fewest < 1)
		return 0;
	if (fewest > flows)
		return members;
	return members * gsl_cdf_beta_Q(1 / members, fewest, flows - fewest + 1);
}

/* Close to the mean of billions GSL's continued fraction does not converge: next to certain. */
static double bounded(double probability)
{
	return isnan(probability) ? 1 : fmin(probability, 1);
}

static double of_equal(const struct flakes_check *check, double count)
{
	double sum = 0;

	if (!isnan(check->over))
		sum += above(check, count, ceiling(check, count));
	if (!isnan(check->under))
		sum += below(check, count, bottom(check, count));
	return bounded(sum);
}

/* Beyond the limit, not at it, is what fails; the bound is of both. */
static double of_unequal(const struct flakes_check *check, const struct mix *flows)
{
	double members = (double)check->workers, sum = 0;

	if (!isnan(check->over) && 1 + check->over < members)
		sum += theory_most_share(check->workers, flows, (1 + check->over) / members);
	if (!isnan(check->under) && check->under < 1)
		sum += theory_least_share(check->workers, flows, (1 - check->under) / members);
	return bounded(sum);
}

double flakes_false_alarm(const struct flakes_check *check, const struct mix *flows)
{
	if (check->workers < 2 || !(flows->count > 0))
		return 0;
	return mix_is_equal(flows) ? of_equal(check, flows->count) : of_unequal(check, flows);
}

/*
 * As long as the ceiling is the same whole number, more flows make it more probable to be
 * exceeded, and fewer that a bottom is missed. The worst of such a stretch is at its end; the
 * ends, taken as they are and not rounded to whole flows, fall steadily and can be bisected.
 */
static double worst_around(const struct flakes_check *check, uint64_t flows)
{
	double count = (double)flows, members = (double)check->workers, sum = 0;

	if (!isnan(check->over) && 1 + check->over < members) {
		double most = ceiling(check, count);

		sum += above(check, fmax((most + 1) * members / (1 + check->over), count), most);
	}
	if (!isnan(check->under) && check->under < 1) {
		double fewest = bottom(check, count);

		sum += below(check, fmin((fewest - 1) * members / (1 - check->under), count),
			     fewest);
	}
	return bounded(sum);
}

uint64_t flakes_flows_for(const struct flakes_check *check, double budget)
{
	uint64_t bad = 0, good = 1;

	if (check->workers < 2)
		return 1;
	while (worst_around(check, good) > budget) {
		bad = good;
		good *= 2;
		if (good > FLAKES_MOST)
			return 0;
	}
	while (good - bad > 1) {
		uint64_t middle = bad + (good - bad) / 2;

		if (worst_around(check, middle) > budget)
			bad = middle;
		else
			good = middle;
	}
	/* Of the stretches before, whole numbers of flows may be good as well. */
	while (good > 1 && of_equal(check, (double)(good - 1)) <= budget)
		good--;
	return good;
}

static bool are_enough(const struct flakes_check *check, const struct mix *flows, uint64_t count,
		       double budget)
{
	struct mix scaled = mix_times(flows, (double)count / flows->count);

	return of_unequal(check, &scaled) <= budget;
}

uint64_t flakes_flows_like(const struct flakes_check *check, const struct mix *flows, double budget)
{
	uint64_t bad = 0, good = (uint64_t)fmin(flows->count, (double)FLAKES_MOST);

	if (check->workers < 2 || !(flows->count > 0) || mix_is_equal(flows))
		return flakes_flows_for(check, budget);
	for (; !are_enough(check, flows, good, budget); good *= 2) {
		if (good > FLAKES_MOST / 2)
			return 0;
		bad = good;
	}
	while (good - bad > 1) {
		uint64_t middle = bad + (good - bad) / 2;

		if (are_enough(check, flows, middle, budget))
			good = middle;
		else
			bad = middle;
	}
	return good;
}
