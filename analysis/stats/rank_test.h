/*
 * Whether one of two sets of repeated measurements lies higher, by their ranks: nothing is assumed
 * of how they are distributed, and an outlier counts no more than the next.
 *
 * Up to RANK_TEST_EXACT values the p-value is exact, ties included: all ways to deal the
 * (mid-)ranks out are counted, by the shift algorithm of Streitberg and Roehmel (Statistical
 * Software Newsletter 12, 1986). Beyond, normal with the corrections for ties and continuity
 * (Lehmann, "Nonparametrics", 1975, sections 1.3-1.4 and 3.2).
 */
#ifndef FAIRPORT_ANALYSIS_STATS_RANK_TEST_H
#define FAIRPORT_ANALYSIS_STATS_RANK_TEST_H

#include <stdbool.h>
#include <stddef.h>

#define RANK_TEST_EXACT 64

/* NAN without values. */
struct rank_test {
	double statistic;
	double p_value; /* two-sided: of a statistic as far from its mean, on either side */
	/* No result of so many values has a lower p-value: above 0.05, more repeats are needed. */
	double least_p_value;
	bool exact;
};

/*
 * Mann and Whitney's test of two independent samples. Statistic: U, the number of pairs in which
 * the value of B is the higher one (a tie is half a pair). Returns 0 or -ENOMEM.
 */
int rank_test_independent(struct rank_test *out, const double *a, size_t a_count, const double *b,
			  size_t b_count);

/*
 * Wilcoxon's signed-rank test of paired measurements, by their differences. Differences of 0 are
 * left out, as Wilcoxon did. Statistic: the sum of the ranks of those above 0. Returns 0 or
 * -ENOMEM.
 */
int rank_test_paired(struct rank_test *out, const double *differences, size_t count);

#endif
