/*
 * How packets (with TCP: connections, each a flow) are distributed over workers, and how they
 * would be if the kernel's hash assigned the flows that were sent to members uniformly.
 *
 * The hash assigns flows, not packets: a test on packets would be invalid as soon as a flow has
 * sent twice. So packets are described (shares, cv, Jain's index) and flows are tested; where the
 * hash does not assign, they are described only.
 */
#ifndef FAIRPORT_ANALYSIS_DISTRIBUTION_H
#define FAIRPORT_ANALYSIS_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum verdict {
	VERDICT_EVEN,        /* the busiest is within the tolerance */
	VERDICT_FEW_FLOWS,   /* uneven, as a uniform hash can be with these flows */
	VERDICT_UNEXPLAINED, /* uneven, and that is not the reason; or flows unknown */
	VERDICT_UNEVEN,      /* uneven, and not by one assignment of the hash */
	VERDICT_SINGLE,      /* one worker */
	VERDICT_IDLE,        /* nothing came */
};

extern const char *const verdict_names[];

/* Below this probability an uneven distribution is not put down to chance. */
#define P_UNEXPLAINED 1e-6

/* NAN stands for unknown or undefined. Shares are of 1. */
struct distribution {
	size_t workers, busy;   /* BUSY: those that got something */
	size_t busiest, idlest; /* indexes */
	uint64_t total;
	double max_share, min_share;
	double max_over_mean;     /* 1 is perfectly even, WORKERS is all on one */
	double cv;                /* population standard deviation / mean */
	double jain;              /* 1 is perfectly even, 1 / WORKERS is all on one */
	double effective_workers; /* so many equally busy ones would be as even */
	double flows, effective_flows;
	double expected_cv, p_value; /* NAN also where the hash did not assign */
	enum verdict verdict;
};

struct distribution_input {
	const uint64_t *counts;        /* packets or connections of each worker */
	size_t workers;                /* at least 1 */
	double flows, effective_flows; /* of the sender; NAN where unknown */
	double tolerance;              /* 0.1 lets the busiest have 1.1 times the mean */
	bool hashed;                   /* by the hash, and by the same all the time */
};

/* Returns 0 or -ENOMEM. */
int distribution_describe(struct distribution *out, const struct distribution_input *input);

/*
 * The cv to expect when a uniform hash assigns flows to WORKERS members:
 *
 *   sqrt((WORKERS - 1) / EFFECTIVE_FLOWS),  EFFECTIVE_FLOWS = (sum w)^2 / sum w^2
 *
 * The packets of a member are the sum over flows of w times a Bernoulli variable of probability
 * 1/N: variance sum w^2 (1/N)(1 - 1/N), mean sum w / N; their ratio is the square of this.
 */
double distribution_expected_cv(size_t workers, double effective_flows);

/*
 * The probability that a uniform hash of these flows gives a cv of at least CV: the upper tail of
 * the chi-square distribution with WORKERS - 1 degrees of freedom at EFFECTIVE_FLOWS * CV^2. For
 * equally heavy flows that is Pearson's statistic of the flows' counts (its distribution is the
 * large-sample one); for unequal ones an approximation that has the right mean (see Kish's
 * effective sample size).
 *
 * All flows on one member is the most uneven outcome there is, and it has the probability
 * WORKERS^(1 - FLOWS): the result is never below that. With one flow it is 1: one flow is
 * always on one member.
 */
double distribution_p_value(size_t workers, double flows, double effective_flows, double cv);

/* So many equal flows bring the expected cv of WORKERS members down to CV (> 0). */
double distribution_flows_for(size_t workers, double cv);

#endif
