/* How unevenly amounts lie on workers, in every figure that is in use for it. */
#ifndef FAIRPORT_ANALYSIS_STATS_FIGURES_H
#define FAIRPORT_ANALYSIS_STATS_FIGURES_H

#include <stddef.h>

/*
 * With N workers, amounts n_i, shares p_i = n_i / sum n:
 *
 *   max_share          largest p_i
 *   min_share          smallest p_i
 *   max_over_mean      N max_share: 1 is perfectly even, N all on one
 *   cv                 population standard deviation / mean: 0 even, sqrt(N - 1) all on one
 *   jain               (sum n)^2 / (N sum n^2) = 1 / (1 + cv^2): 1 even, 1 / N all on one
 *                      (Jain, Chiu and Hawe, DEC research report TR-301, 1984)
 *   effective_workers  N jain = 1 / sum p^2: so many equally busy ones would be as even
 *                      (Hill's number of order 2; Ecology 54, 1973)
 *   gini               sum_i (2 i - N - 1) n_(i) / (N sum n), n_(i) ascending: 0 even,
 *                      1 - 1 / N all on one; twice the area between the Lorenz curve and the
 *                      diagonal (Gini 1914)
 *   entropy            - sum p ln p / ln N: 1 even, 0 all on one (Pielou's evenness, Journal of
 *                      Theoretical Biology 13, 1966); 1 for one worker
 */
enum figure {
	FIGURE_MAX_SHARE,
	FIGURE_MIN_SHARE,
	FIGURE_MAX_OVER_MEAN,
	FIGURE_CV,
	FIGURE_JAIN,
	FIGURE_EFFECTIVE_WORKERS,
	FIGURE_GINI,
	FIGURE_ENTROPY,
	FIGURES,
};

/* As in records: "max_share" ... */
extern const char *const figure_names[FIGURES];

/* All NAN where there is nothing to share, or nobody: that is neither even nor uneven. */
struct figures {
	double of[FIGURES];
};

/* Returns 0 or -ENOMEM. No amount is negative. */
int figures_of(struct figures *out, const double *amounts, size_t workers);

double figures_sum(const double *amounts, size_t workers);

/* What the others of struct figures follow from. */
enum basic_figure {
	BASIC_MAX_SHARE,
	BASIC_MIN_SHARE,
	BASIC_CV,
	BASIC_GINI,
	BASIC_ENTROPY,
	BASIC_FIGURES,
};

/* One of them, of amounts with a sum > 0. SCRATCH has room for as many; AMOUNTS are not changed. */
double figures_basic(enum basic_figure figure, const double *amounts, size_t workers,
		     double *scratch);

/* All of them from the basic ones. */
void figures_derive(double out[static FIGURES], const double basic[static BASIC_FIGURES],
		    size_t workers);

#endif
