/* Whether workers share within a limit, and whether what was seen is enough to say so. */
#ifndef FAIRPORT_ANALYSIS_ASSERT_DECIDE_H
#define FAIRPORT_ANALYSIS_ASSERT_DECIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/chooser.h"

struct distribution;

enum outcome { OUTCOME_OK, OUTCOME_NOT_OK, OUTCOME_INCONCLUSIVE };

/* "ok", "not ok", "inconclusive" */
extern const char *const outcome_names[];

enum decision_reason {
	DECISION_CERTAIN,       /* chance has no part in it */
	DECISION_DESCRIBED,     /* something else than the hash chose: what is seen counts */
	DECISION_ENOUGH,        /* there were enough flows: what is seen counts */
	DECISION_SPLIT,         /* beyond the limit: flows went to several workers */
	DECISION_AFTERWARDS,    /* beyond it, and the flows had arrived within it */
	DECISION_NOT_CHANCE,    /* beyond it, and improbable for ever so few flows */
	DECISION_FEW_FLOWS,     /* inconclusive, as are all below */
	DECISION_NEVER,         /* no number of flows keeps chance within the limit */
	DECISION_UNKNOWN_FLOWS, /* nobody counted flows */
	DECISION_REGROUPED,     /* beyond it, and flows were assigned more than once */
	DECISION_FEW_PACKETS,   /* beyond it, but so few cannot lie within it */
	DECISION_IDLE,          /* nothing came */
};

/* As parts of the mean; NAN where that is not limited. */
struct limits {
	double over;  /* 0.1: nobody has more than 1.1 times the mean */
	double under; /* 0.1: nobody has less than 0.9 times the mean */
};

struct decision {
	enum outcome outcome;
	enum decision_reason reason;
	/* Equal flows that it takes, with which the budget is kept; 0: not known, or no number. */
	uint64_t needed;
	uint64_t more; /* of these, how many are missing */
};

struct question {
	const struct distribution *distribution;
	enum chooser chooser;
	struct limits limits;
	double budget;  /* the probability of a false alarm */
	double arrived; /* by arrivals, the busiest over the mean; NAN where they were not seen */
	bool split;     /* packets of one flow were seen at several workers */
};

/*
 * Where the hash chooses, a distribution beyond the limits is not the server's fault as long as
 * chance can do it. So that a uniform hash is called uneven with a probability of at most BUDGET:
 *
 *  - With as many effective flows as flakes_flows_for() asks for, what is seen counts: within is
 *    OK, beyond NOT_OK.
 *  - With fewer, within is luck: INCONCLUSIVE. Beyond is NOT_OK if the flows' p-value is below
 *    BUDGET, else INCONCLUSIVE.
 *
 * Exactly one of the two is in force, so that the budget is not spent twice. What was seen not to
 * be the hash needs no budget. Where a steering program or a process chooses, chance is
 * not reckoned with, and what is seen counts.
 */
struct decision decide(const struct question *question);

#endif
