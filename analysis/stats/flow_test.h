/*
 * Whether a uniform hash can have assigned the flows as they lie. It is a test of flows, not of
 * packets: packets of a flow go together, so a test on packets finds "proof" in every flow that
 * has sent twice.
 */
#ifndef FAIRPORT_ANALYSIS_STATS_FLOW_TEST_H
#define FAIRPORT_ANALYSIS_STATS_FLOW_TEST_H

#include <stddef.h>
#include <stdint.h>

struct hashed_flow;
struct resampling;

enum flow_test_method {
	FLOW_TEST_NONE,       /* no flows, or one worker: nothing to test */
	FLOW_TEST_EXACT,      /* all outcomes counted */
	FLOW_TEST_CHI_SQUARE, /* the large-sample distribution */
	FLOW_TEST_MIXED,      /* heavy flows simulated, the others by the chi-square distribution */
	FLOW_TEST_SIMULATED,  /* all flows simulated */
};

extern const char *const flow_test_method_names[];

struct flow_test {
	/*
	 * Pearson's chi-square, sum (n_i - F/N)^2 / (F/N); of weighted flows
	 * effective_flows * cv^2, which is the same if they are equal. Its mean is DEGREES.
	 */
	double statistic, degrees;
	/* The probability of a statistic at least as high, given the hash is uniform. */
	double p_value;
	double least_p_value; /* what the method cannot go below: then P_VALUE means "at most" */
	size_t runs;          /* of the simulation */
	enum flow_test_method method;
};

/*
 * The number of flows of each worker, whatever they weigh: the purest test of the hash.
 *
 * Exact where that is affordable: the distribution of the number of pairs of flows that share
 * a worker, sum n_i (n_i - 1) / 2, which the statistic is a linear function of, is built worker by
 * worker; p-values are then right to 1e-13. Otherwise there are many flows or many workers, and
 * the chi-square distribution with N - 1 degrees of freedom serves (Pearson 1900; for many
 * cells with few each see Koehler and Larntz, JASA 75, 1980). It makes rare outcomes look rarer
 * than they are: where it is used, what it calls 1e-6 has a probability of up to 3e-6 (measured).
 *
 * Returns 0 or -ENOMEM.
 */
int flow_test_counts(struct flow_test *out, const uint64_t *counts, size_t workers);

/*
 * The weights of flows: whether the skew of packets is what a uniform hash does with these flows.
 *
 * The least number of heaviest flows is set aside that leaves a rest that no few flows dominate:
 * (sum w^2)^2 / sum w^4 of it is at least 10 for each worker. The rest adds, to each worker, a
 * nearly normal amount: given where the heavy flows are, the statistic has a noncentral chi-square
 * distribution. Its tail is averaged over simulated places of the heavy flows; that all simulated
 * places may miss the worst one is added as (tail with all heavy flows on one worker) / (runs + 1).
 * Without heavy flows this is the chi-square test, and with equal flows flow_test_counts().
 *
 * Where no such rest is left there are few flows, and all are simulated: until 100 runs were at
 * least as uneven (Besag and Clifford, Biometrika 78, 1991), at most so many that some 2e8 flows
 * were assigned. p = (1 + hits) / (1 + runs), never 0 (Davison and Hinkley, "Bootstrap Methods",
 * 1997, section 4.2).
 *
 * Of HOW only the seed is taken. Returns 0 or -ENOMEM.
 */
int flow_test_weights(struct flow_test *out, const struct hashed_flow *flows, size_t count,
		      size_t workers, const struct resampling *how);

/*
 * The upper tail at X of the noncentral chi-square distribution with DEGREES of freedom: the
 * Poisson mixture of central ones (Johnson, Kotz and Balakrishnan, "Continuous Univariate
 * Distributions" 2, chapter 29).
 */
double flow_test_noncentral(double x, double degrees, double noncentrality);

#endif
