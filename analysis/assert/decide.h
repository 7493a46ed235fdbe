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
	/* Flows like these that it takes for the budget to be kept; 0: not known, or no number. */
	uint64_t needed;
	uint64_t more; /* of these, how many are missing */
	/* Beyond the limits: at most so probable is it that a uniform hash does that; else NAN. */
	double p_value;
};

struct question {
	const struct distribution *distribution;
	enum chooser chooser;
	struct limits limits;
	double budget;  /* the probability of a false alarm */
	double arrived; /* by arrivals, the busiest over the mean; NAN where they were not seen */
	bool split;     /* packets of one flow were seen at several workers */
	bool dealt;     /* not flows, but each packet was given to a worker at random */
};

/*
 * Where the hash chooses, a distribution beyond the limits is not the server's fault as long as
 * chance can do it. So that a uniform hash is called uneven with a probability of at most BUDGET:
 *
 *  - Beyond is NOT_OK if a uniform hash gives, with these flows, any worker as much (or as little)
 *    with a probability of at most BUDGET, else INCONCLUSIVE. With as many flows as
 *    flakes_flows_like() asks for, that is so of all that is beyond.
 *  - Within is OK if there are so many; with fewer it is luck, and INCONCLUSIVE.
 *
 * The probability is that of the busiest (or idlest), exact but for Boole's inequality if flows are
 * equal, else a bound that holds for all weights. What was seen not to be the hash needs no budget.
 * Packets that were dealt out at random are decided about like so many flows. Where another
 * steering program or a process chooses, chance is not reckoned with, and what is seen counts.
 */
struct decision decide(const struct question *question);

#endif
