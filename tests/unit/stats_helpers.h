/* What the tests of statistics share. */
#ifndef FAIRPORT_TESTS_UNIT_STATS_HELPERS_H
#define FAIRPORT_TESTS_UNIT_STATS_HELPERS_H

#include "tests/unit/helpers.h"

#include <math.h>

#include "common/rng.h"

/* Equal to RELATIVE of the wanted value. */
static inline void check_near(const char *what, double got, double want, double relative)
{
	if (!(fabs(got - want) <= relative * fmax(fabs(want), 1e-300)))
		fail_msg("%s is %.17g instead of %.17g", what, got, want);
}

static inline void check_within(const char *what, double got, double low, double high)
{
	if (!(got >= low && got <= high))
		fail_msg("%s is %.17g, not within %.17g and %.17g", what, got, low, high);
}

static inline int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * That p-values are uniform, by Kolmogorov and Smirnov's test at 0.1 % (1.95 / sqrt n). LUMP: the
 * probability of the most probable of them, where they are discrete.
 */
static inline void check_uniform(const char *what, double *p_values, size_t count, double lump)
{
	double distance = 0;

	qsort(p_values, count, sizeof(*p_values), ascending);
	for (size_t i = 0; i < count; i++) {
		double above = (double)(i + 1) / (double)count - p_values[i];
		double below = p_values[i] - (double)i / (double)count;

		distance = fmax(distance, fmax(above, below));
	}
	if (distance - lump > 1.95 / sqrt((double)count))
		fail_msg("%s: p-values are off uniform by %g", what, distance);
}

/* A standard normal variable (Box and Muller). */
static inline double normal(struct rng *rng)
{
	return sqrt(-2 * log(1 - rng_unit(rng))) * cos(2 * M_PI * rng_unit(rng));
}

#endif
