#include "analysis/assert/decide.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/distribution.h"
#include "analysis/stats/flakes.h"

/* Limits and shares are made of decimal numbers: what is equal but for rounding is equal. */
#define ROUNDING 1e-12

const char *const outcome_names[] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_NOT_OK] = "not ok",
	[OUTCOME_INCONCLUSIVE] = "inconclusive",
};

/* NAN is no limit. */
static bool is_within(const struct limits *limits, double most, double least)
{
	return !(most > (1 + limits->over) * (1 + ROUNDING)) &&
	       !(least < (1 - limits->under) * (1 - ROUNDING));
}

/* Whether all outcomes lie on the same side of the limits. */
static bool is_certain(const struct limits *limits, double workers)
{
	bool always = is_within(limits, workers, 0);
	bool never = !is_within(limits, 1, 1);

	return workers < 2 || always || never;
}

/* Whether so few cannot be dealt out better: one worker gets one more than another. */
static bool is_too_coarse(const struct limits *limits, double total, double workers)
{
	double mean = total / workers;

	return !is_within(limits, ceil(mean) / mean, floor(mean) / mean);
}

static struct decision because(enum outcome outcome, enum decision_reason reason)
{
	return (struct decision){ .outcome = outcome, .reason = reason };
}

static struct decision by_what_is_seen(const struct distribution *d, const struct limits *limits,
				       bool within, enum decision_reason reason)
{
	if (!within && reason == DECISION_DESCRIBED &&
	    is_too_coarse(limits, (double)d->total, (double)d->workers))
		return because(OUTCOME_INCONCLUSIVE, DECISION_FEW_PACKETS);
	return because(within ? OUTCOME_OK : OUTCOME_NOT_OK, reason);
}

/* Beyond the limits, by so few flows that chance can do much. */
static struct decision of_few(const struct question *question)
{
	if (question->distribution->p_value < question->budget)
		return because(OUTCOME_NOT_OK, DECISION_NOT_CHANCE);
	return because(OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS);
}

/* Beyond the limits, and no hash did it. */
static bool is_split(const struct question *question)
{
	const struct distribution *d = question->distribution;

	return question->split || (double)d->busy > d->flows;
}

static struct decision by_flows(const struct question *question, bool within, bool enough)
{
	if (!within && question->chooser == CHOOSER_REGROUPED)
		return because(OUTCOME_INCONCLUSIVE, DECISION_REGROUPED);
	if (!within && is_split(question))
		return because(OUTCOME_NOT_OK, DECISION_SPLIT);
	/* NAN, also of what is not limited, is no arrival within limits. */
	if (!within && question->arrived <= (1 + question->limits.over) * (1 + ROUNDING))
		return because(OUTCOME_NOT_OK, DECISION_AFTERWARDS);
	if (enough)
		return because(within ? OUTCOME_OK : OUTCOME_NOT_OK, DECISION_ENOUGH);
	return within ? because(OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS) : of_few(question);
}

static struct decision of_hash(const struct question *question, bool within, uint64_t needed)
{
	double flows = floor(question->distribution->effective_flows * (1 + ROUNDING));
	struct decision out;

	if (isnan(flows))
		return because(OUTCOME_INCONCLUSIVE, DECISION_UNKNOWN_FLOWS);
	out = by_flows(question, within, needed && flows >= (double)needed);
	out.needed = needed;
	if (out.reason == DECISION_FEW_FLOWS && !needed)
		out.reason = DECISION_NEVER;
	if (out.reason == DECISION_FEW_FLOWS)
		out.more = needed - (uint64_t)flows;
	return out;
}

struct decision decide(const struct question *question)
{
	const struct distribution *d = question->distribution;
	const struct limits *limits = &question->limits;
	struct flakes_check check = { .workers = d->workers,
				      .over = limits->over,
				      .under = limits->under };
	bool hashed = question->chooser == CHOOSER_HASH || question->chooser == CHOOSER_REGROUPED;
	bool certain = is_certain(limits, (double)d->workers);
	uint64_t needed = hashed && !certain ? flakes_flows_for(&check, question->budget) : 0;
	bool within = is_within(limits, d->max_over_mean, d->min_share * (double)d->workers);

	if (d->total == 0)
		return (struct decision){ OUTCOME_INCONCLUSIVE, DECISION_IDLE, needed, needed };
	if (certain)
		return by_what_is_seen(d, limits, within, DECISION_CERTAIN);
	if (!hashed)
		return by_what_is_seen(d, limits, within, DECISION_DESCRIBED);
	return of_hash(question, within, needed);
}
