/*
 * How sure the figures are: confidence intervals of what they would be in the long run, had ever
 * more such flows come.
 *
 * A count of packets is exact; what chance decides is which member a flow gets. So the flows are
 * assigned anew, at random, with their weights as they are; packets are not resampled.
 *
 * The interval is neither the percentile nor a bias-corrected one of a bootstrap. Every figure has
 * its extreme value at "perfectly even", the usual truth; any noise makes every figure look more
 * uneven, resampling adds noise a second time, and both intervals then lie wholly on the uneven
 * side: they cover an even truth in 0 % of the cases (measured, for 4 and 8 workers, 16 to 1024
 * flows; Andrews, Econometrica 68, 2000, has why). Instead a test is inverted (Neyman,
 * Philosophical Transactions A 236, 1937) along a line: let a flow get member i with probability
 * 1/N + s (p_i - 1/N), s = 0 even and 1 as observed. The interval holds the figures of those s at
 * which the observed figure is in neither 2.5 % tail of the simulated ones. So it reaches "even"
 * exactly if the figure is no worse than such flows make it by chance, and with one flow it holds
 * everything. Where the truth is not on the line it is an approximation, of one parameter.
 *
 * Coverage, measured with 2 to 64 workers, 3 to 2,000 flows, equal, log-normal and Pareto weights:
 * 95-100 % if the truth is even. If it is one hot member, 85-98 % mostly; of the largest share down
 * to 75 % with some flows a worker, and of gini, which the noise of all others makes, down to 62 %
 * with 16 workers and 30 % with 64.
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
 * For the sums of these flows by member. So many of the heaviest flows, at most 1,024, are assigned
 * one by one that the others together are nearly normal. Returns 0 or -ENOMEM.
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
