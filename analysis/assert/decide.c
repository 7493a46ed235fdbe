#include "analysis/assert/decide.h"

#include <math.h>
#include <stdbool.h>

#include "analysis/distribution.h"
#include "analysis/stats/flakes.h"

/* A share that is observed is itself among those at least as uneven, whatever is rounded. */
#define SAME 1e-9

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
	return (struct decision){ .outcome = outcome, .reason = reason, .p_value = NAN };
}

static struct decision by_what_is_seen(const struct distribution *d, const struct limits *limits,
				       bool within, enum decision_reason reason)
{
	if (!within && reason == DECISION_DESCRIBED &&
	    is_too_coarse(limits, (double)d->total, (double)d->workers))
		return because(OUTCOME_INCONCLUSIVE, DECISION_FEW_PACKETS);
	return because(within ? OUTCOME_OK : OUTCOME_NOT_OK, reason);
}

/*
 * How probable it is that a uniform hash goes as far beyond the limits as was seen. If there are
 * two, both have to be reckoned with, whichever it was.
 */
static double find_p_value(const struct question *question)
{
	const struct distribution *d = question->distribution;
	const struct limits *limits = &question->limits;
	struct flakes_check most = { d->workers, d->max_over_mean - SAME - 1, NAN };
	struct flakes_check least = { d->workers, NAN,
				      1 - d->min_share * (double)d->workers - SAME };
	double over = isnan(limits->over) ? 1 : flakes_false_alarm(&most, &d->mix);
	double under = isnan(limits->under) ? 1 : flakes_false_alarm(&least, &d->mix);
	bool both = !isnan(limits->over) && !isnan(limits->under);

	return fmin(1, fmin(over, under) * (both ? 2 : 1));
}

/* Beyond the limits, and no hash did it. */
static bool is_split(const struct question *question)
{
	const struct distribution *d = question->distribution;

	return question->split || (double)d->busy > d->flows;
}

static struct decision beyond(const struct question *question, bool enough)
{
	struct decision out = because(OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS);

	if (question->chooser == CHOOSER_REGROUPED)
		return because(OUTCOME_INCONCLUSIVE, DECISION_REGROUPED);
	if (is_split(question))
		return because(OUTCOME_NOT_OK, DECISION_SPLIT);
	/* NAN, also of what is not limited, is no arrival within limits. */
	if (question->arrived <= (1 + question->limits.over) * (1 + ROUNDING))
		return because(OUTCOME_NOT_OK, DECISION_AFTERWARDS);
	out.p_value = find_p_value(question);
	if (enough || out.p_value <= question->budget) {
		out.outcome = OUTCOME_NOT_OK;
		out.reason = enough ? DECISION_ENOUGH : DECISION_NOT_CHANCE;
	}
	return out;
}

static struct decision of_hash(const struct question *question, bool within, uint64_t needed)
{
	double flows = question->distribution->mix.count;
	bool enough = needed && flows >= (double)needed;
	struct decision out;

	if (!(flows > 0))
		out = because(OUTCOME_INCONCLUSIVE, DECISION_UNKNOWN_FLOWS);
	else if (!within)
		out = beyond(question, enough);
	else
		out = enough ? because(OUTCOME_OK, DECISION_ENOUGH)
			     : because(OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS);
	out.needed = needed;
	if (out.reason == DECISION_FEW_FLOWS && !needed)
		out.reason = DECISION_NEVER;
	if (out.reason == DECISION_FEW_FLOWS)
		out.more = (uint64_t)ceil((double)needed - flows);
	return out;
}

/* Each packet is a flow of its own, and the hash a dice. */
static struct decision of_packets(const struct question *question)
{
	struct distribution distribution = *question->distribution;
	double packets = (double)distribution.total;
	struct question other = { .distribution = &distribution,
				  .chooser = CHOOSER_HASH,
				  .limits = question->limits,
				  .budget = question->budget,
				  .arrived = NAN };

	distribution.flows = packets;
	distribution.mix = mix_of(packets, packets, 0);
	return decide(&other);
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
	uint64_t needed =
		hashed && !certain ? flakes_flows_like(&check, &d->mix, question->budget) : 0;
	bool within = is_within(limits, d->max_over_mean, d->min_share * (double)d->workers);
	struct decision idle = because(OUTCOME_INCONCLUSIVE, DECISION_IDLE);

	if (question->dealt)
		return of_packets(question);
	idle.needed = idle.more = needed;
	if (d->total == 0)
		return idle;
	if (certain)
		return by_what_is_seen(d, limits, within, DECISION_CERTAIN);
	if (!hashed)
		return by_what_is_seen(d, limits, within, DECISION_DESCRIBED);
	return of_hash(question, within, needed);
}
