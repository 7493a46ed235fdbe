/* What a uniform hash does with flows, as far as formulas say it. */
#ifndef FAIRPORT_ANALYSIS_STATS_THEORY_H
#define FAIRPORT_ANALYSIS_STATS_THEORY_H

#include <stddef.h>

struct mix;

/*
 * The cv to expect, as a root mean square:
 *
 *   sqrt((WORKERS - 1) / EFFECTIVE_FLOWS),  EFFECTIVE_FLOWS = (sum w)^2 / sum w^2
 *
 * What a member gets is the sum over flows of w times a Bernoulli variable of probability 1/N:
 * variance sum w^2 (1/N)(1 - 1/N), mean sum w / N; their ratio is the square of this, exactly and
 * for any weights. The mean of the cv is lower (2 workers, many flows: sqrt(2 / pi) = 0.80 times).
 * NAN when there are no flows.
 */
double theory_cv(size_t workers, double effective_flows);

/* So many equal flows bring the expected cv of WORKERS members down to CV (> 0). */
double theory_flows_for(size_t workers, double cv);

/*
 * The probability that a uniform hash of these flows gives a cv of at least CV, where nothing is
 * known of flows but their numbers (else see flow_test.h): the upper tail of the chi-square
 * distribution with WORKERS - 1 degrees of freedom at EFFECTIVE_FLOWS * CV^2. For equally heavy
 * flows that is Pearson's statistic of the flows' counts (its distribution is the large-sample
 * one); for unequal ones an approximation that has the right mean (see Kish's effective sample
 * size).
 *
 * All flows on one member is the most uneven outcome there is, and it has the probability
 * WORKERS^(1 - FLOWS): the result is never below that. With one flow it is 1: one flow is
 * always on one member.
 */
double theory_p_value(size_t workers, double flows, double effective_flows, double cv);

/*
 * An upper bound of the probability that a uniform hash gives any of WORKERS members at least
 * SHARE of all, or with theory_least_share() at most SHARE; it holds however the weights are
 * distributed. The share of a member is a sum of independent terms, of which the largest and the
 * variance are known: Bentkus's inequality (Annals of Probability 32, 2004, with the constant
 * e^2 / 2), times the number of members. Where the square root law has it that such a share is
 * next to impossible, a single heavy flow can make it certain; this says so.
 */
double theory_most_share(size_t workers, const struct mix *mix, double share);
double theory_least_share(size_t workers, const struct mix *mix, double share);

/*
 * The inequality itself: an upper bound of the probability that COUNT independent variables of mean
 * 0, none above LARGEST, with variances that add up to VARIANCE, sum to X or more.
 */
double theory_sum_tail(double count, double largest, double variance, double x);

#endif
