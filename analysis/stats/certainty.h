/*
 * How sure the figures are: confidence intervals of what they would be in the long run, had ever
 * more such flows come.
 *
 * A count of packets is exact; what chance decides is which member a flow gets. So flows are
 * resampled, never packets, by Rubin's Bayesian bootstrap (Annals of Statistics 9, 1981): in each
 * resample every flow's weight is multiplied by an exponential variable of mean 1. To first order
 * that is Efron's bootstrap, but smooth, and the sum over equal flows of a member is a gamma
 * variable: a million of them cost one draw.
 *
 * The interval is neither the percentile nor a bias-corrected one of these resamples. Every figure
 * has its extreme value at "perfectly even", the usual truth; any noise makes every figure look
 * more uneven, resampling adds noise a second time, and both intervals then lie wholly on the
 * uneven side: they cover an even truth in 0 % of the cases (measured, for 4 and 8 workers, 16 to
 * 1024 flows; Andrews, Econometrica 68, 2000, has why). Instead the bootstrap test is inverted
 * along a line (DiCiccio and Romano, International Statistical Review 58, 1990): with the shares
 * 1/N + s (p - 1/N), s = 0 even and 1 as observed, and the noise of the resamples around them, the
 * interval holds the figures of those s at which the observed figure is in neither 2.5 % tail. So
 * it reaches "even" exactly if the figure is no worse than such flows make it by chance.
 * Coverage, measured: 95-99 % if the truth is even (with two flows a worker gini 90 %, entropy
 * 88 %); if not, 90-95 % from 256 flows on, but for min_share and gini down to 74 % where one hot
 * member hides that the others are equal.
 *
 * Everything is about one figure at a time.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_CERTAINTY_H
#define FAIRPORT_ANALYSIS_STATS_CERTAINTY_H

#include "analysis/stats/chance.h"
#include "analysis/stats/figures.h"

struct hashed_flow;

/* All NAN where nothing is known of flows, nothing came, or there is one worker. */
struct certainty {
	struct bounds of[FIGURES];
};

/*
 * For the sums of these flows by member. The 1,024 heaviest flows are resampled one by one, the
 * others of a member together by a gamma variable of the same mean and variance. Returns 0 or
 * -ENOMEM.
 */
int certainty_of_flows(struct certainty *out, const struct hashed_flow *flows, size_t count,
		       size_t workers, const struct resampling *how);

/*
 * For amounts of which only the number of effective flows is known, (sum w)^2 / sum w^2: as if
 * there were so many equal flows. NAN: unknown, and so is the result. Returns 0 or -ENOMEM.
 */
int certainty_of_amounts(struct certainty *out, const double *amounts, size_t workers,
			 double effective_flows, const struct resampling *how);

#endif
