/*
 * False alarms: how often a check of evenness fails although the hash is uniform, and how many
 * flows keep that below a budget.
 *
 * With F equal flows the flows of a member are binomial, Bin(F, 1/N). The check fails if any of N
 * members is beyond a limit; the sum of their tails is the bound used here (Boole's inequality).
 * It is a tight one: the counts are negatively associated (Joag-Dev and Proschan, Annals of
 * Statistics 11, 1983), so the truth lies between 1 - (1 - tail)^N and N tail - for a budget of
 * 1e-6, within one part in a million for each limit.
 *
 * With unequal flows their effective number does not do: it gives the variance, and the tail is
 * another with each distribution of weights. There the bound is one that holds for all
 * (theory_most_share()); of nearly equal flows it asks about a tenth more.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_FLAKES_H
#define FAIRPORT_ANALYSIS_STATS_FLAKES_H

#include <stddef.h>
#include <stdint.h>

struct mix;

/* NAN where that limit is not checked. 0.1: fails with more than 1.1 (less than 0.9) of the mean.
 */
struct flakes_check {
	size_t workers;
	double over, under;
};

/* More flows than this are not counted with. */
#define FLAKES_MOST ((uint64_t)1 << 31)

/* An upper bound of the probability, at most 1. Up to FLAKES_MOST flows. */
double flakes_false_alarm(const struct flakes_check *check, const struct mix *flows);

/*
 * The least number of equal flows from which on, for every higher number too, the probability of
 * a false alarm is at most BUDGET (counts are whole, so it does not fall steadily: 41 flows
 * can be worse than 40). 0: not with FLAKES_MOST flows.
 */
uint64_t flakes_flows_for(const struct flakes_check *check, double budget);

/*
 * The same for flows that are not equal: how many like FLOWS, of the same weights in the same
 * proportions. Where they are equal, it is flakes_flows_for().
 */
uint64_t flakes_flows_like(const struct flakes_check *check, const struct mix *flows,
			   double budget);

#endif
