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

#include "analysis/stats/mix.h"

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
	struct mix mix;              /* of the flows that were received */
	enum verdict verdict;
};

struct flow_test;

struct distribution_input {
	const uint64_t *counts;        /* packets or connections of each worker */
	size_t workers;                /* at least 1 */
	double flows, effective_flows; /* of the sender; NAN where unknown */
	double tolerance;              /* 0.1 lets the busiest have 1.1 times the mean */
	bool hashed;                   /* by the hash, and by the same all the time */
	/*
	 * The flows were seen, and it is not the hash: it assigned them evenly, and what is uneven
	 * happened between the arrival at a socket and the reception; or they were split.
	 */
	bool refuted;
	/* Where the flows of each worker were seen: their test, instead of the approximation. */
	const struct flow_test *tested;
	/* Of the flows that were received; count 0: unknown, and the approximation stands alone. */
	struct mix mix;
};

void distribution_describe(struct distribution *out, const struct distribution_input *input);

#endif
