/*
 * A against B, by repeated measurements. "Higher" or "lower" is only said when it is shown: when
 * the confidence interval of the difference leaves out 0 and a rank test rejects equality at 5 %.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_COMPARE_H
#define FAIRPORT_ANALYSIS_STATS_COMPARE_H

#include <stddef.h>

#include "analysis/stats/chance.h"
#include "analysis/stats/rank_test.h"

#define COMPARE_LEVEL 0.05

enum compare_outcome {
	COMPARE_NOT_SHOWN, /* no difference shown; which does not show that there is none */
	COMPARE_LOWER,     /* B is lower than A */
	COMPARE_HIGHER,
	COMPARE_TOO_FEW, /* with so few repeats no result whatever could show a difference */
};

/* What more of the measured quantity means. */
enum compare_meaning {
	COMPARE_MORE_IS_FASTER, /* a rate */
	COMPARE_MORE_IS_SLOWER, /* a latency, a time */
	COMPARE_MORE_IS_MORE,   /* anything else: "higher", "lower" */
};

/* "faster", "slower", "no difference shown", "too few repeats" ... */
const char *compare_word(enum compare_outcome outcome, enum compare_meaning meaning);

/* NAN: not known. */
struct estimate {
	double value;
	struct bounds interval;
};

struct comparison {
	double median_a, median_b;
	/* B - A: of the medians; of pairs, the median of the differences. */
	struct estimate difference;
	/* B / A, likewise. NAN unless all values are above 0. */
	struct estimate ratio;
	/*
	 * Hodges and Lehmann's shift (Annals of Mathematical Statistics 34, 1963): the median of
	 * the differences of all b and all a; of pairs, of the means of all two differences. NAN if
	 * that is more than 4 million numbers.
	 */
	double shift;
	struct rank_test test; /* Mann-Whitney; of pairs, Wilcoxon's signed ranks */
	enum compare_outcome outcome;
};

/*
 * Intervals: percentile bootstrap, A and B (or the pairs) resampled (Efron and Tibshirani, "An
 * Introduction to the Bootstrap", 1993, chapter 13). Not BCa: its acceleration comes from the
 * jackknife, which fails for medians (chapter 11.6 there). Coverage, measured with normal,
 * log-normal and tied values: 95-99 % from 5 values each on, 90-94 % with fewer; of pairs, 91-95 %
 * from 5 on, and 74 % with 3, 87 % with 4, of which nothing is said but that they are too few.
 *
 * All return 0 or -ENOMEM. Without values all is NAN and nothing is shown.
 */
int compare_independent(struct comparison *out, const double *a, size_t a_count, const double *b,
			size_t b_count, const struct resampling *how);

/* Interleaved rounds: a[i] and b[i] were measured together, and share what disturbed them. */
int compare_paired(struct comparison *out, const double *a, const double *b, size_t count,
		   const struct resampling *how);

#endif
