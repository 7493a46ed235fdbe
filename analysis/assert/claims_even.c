/* Claims about how evenly workers share: even, single, max-share, min-share, max-over-mean. */
#include "analysis/assert/claim.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "common/units.h"

#define PART 400

/* Each packet goes where a dice says: fairport-receive's --steer random. */
static bool is_dealt(const struct subject *subject)
{
	return subject->analysis->chooser == CHOOSER_PROGRAM &&
	       strcmp(subject->run->steer, "random") == 0;
}

static bool is_equal(const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;

	return is_dealt(subject) || d->effective_flows > d->flows * 0.99;
}

/* "10,000 flows", "8 flows, which even out like 3 equal ones,", or how many of them came */
static const char *flows_text(char buffer[static PART], const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	char flows[UNITS_TEXT], equal[UNITS_TEXT], total[UNITS_TEXT];
	const char *unit = run_unit(subject->run, d->total != 1);

	units_grouped(flows, (uint64_t)d->flows);
	units_grouped(equal, (uint64_t)d->effective_flows);
	units_grouped(total, d->total);
	if (is_dealt(subject))
		snprintf(buffer, PART, "%s %s, each dealt out at random,", total, unit);
	else if (d->mix.count < d->flows)
		snprintf(buffer, PART, "%s flows, of which %s %s came,", flows, total, unit);
	else if (is_equal(subject))
		snprintf(buffer, PART, "%s flow%s", flows, d->flows > 1 ? "s" : "");
	else
		snprintf(buffer, PART, "%s flows, which even out like %s equal one%s,", flows,
			 equal, d->effective_flows < 2 ? "" : "s");
	return buffer;
}

static const char *enough_text(char buffer[static PART], const struct decision *decision,
			       const struct subject *subject)
{
	char flows[PART], needed[UNITS_TEXT];

	snprintf(buffer, PART, "%s are enough for a flake budget of %g (needed: %s%s)",
		 flows_text(flows, subject), subject->budget,
		 units_grouped(needed, decision->needed), is_equal(subject) ? "" : " like them");
	return buffer;
}

static const char *few_text(char buffer[static PART], const struct decision *decision,
			    const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	const struct flows_weight *weight = &subject->analysis->seen.weight;
	char flows[PART], more[UNITS_TEXT], heavy[64] = "";
	bool dealt = is_dealt(subject);

	if (subject->analysis->seen.seen && weight->heavy && !dealt)
		snprintf(heavy, sizeof(heavy), "; the heaviest alone has %.4g %%",
			 weight->heaviest_share * 100);
	snprintf(buffer, PART, "%s %s too few to tell: needs %s more %s%s%s%s",
		 flows_text(flows, subject), d->flows > 1 || dealt ? "are" : "is",
		 units_grouped(more, decision->more), dealt ? "packet" : "flow",
		 decision->more == 1 ? "" : "s", is_equal(subject) ? "" : " like them", heavy);
	return buffer;
}

static const char *reason_text(char buffer[static PART], const struct decision *decision,
			       const struct subject *subject)
{
	const struct analysis *analysis = subject->analysis;
	char text[CHOOSER_TEXT], flows[PART], needed[UNITS_TEXT];

	switch (decision->reason) {
	case DECISION_CERTAIN:
		return "chance has no part in it";
	case DECISION_DESCRIBED:
		snprintf(buffer, PART, "described only: %s",
			 chooser_text(text, analysis->chooser, subject->run));
		return buffer;
	case DECISION_ENOUGH:
		return enough_text(buffer, decision, subject);
	case DECISION_SPLIT:
		snprintf(buffer, PART,
			 "no hash does that: packets of one flow went to several "
			 "workers; there were %s",
			 flows_text(flows, subject));
		return buffer;
	case DECISION_AFTERWARDS:
		snprintf(buffer, PART,
			 "not the hash did that: by arrivals the busiest had %.4g "
			 "times the mean",
			 analysis->seen.max_over_mean);
		return buffer;
	case DECISION_NOT_CHANCE:
		snprintf(buffer, PART,
			 "of %s a uniform hash makes that with a probability of at most %.2g",
			 flows_text(flows, subject), decision->p_value);
		return buffer;
	case DECISION_FEW_FLOWS:
		return few_text(buffer, decision, subject);
	case DECISION_NEVER:
		snprintf(buffer, PART,
			 "no number of flows keeps chance within such a limit, at a flake budget "
			 "of %g",
			 subject->budget);
		return buffer;
	case DECISION_UNKNOWN_FLOWS:
		snprintf(buffer, PART,
			 "nobody counted the flows, so what chance does is not known");
		if (decision->needed)
			snprintf(buffer + strlen(buffer), PART - strlen(buffer),
				 "; it takes %s equal ones",
				 units_grouped(needed, decision->needed));
		return buffer;
	case DECISION_REGROUPED:
		return "the sockets of the group changed meanwhile, and what chance does then is "
		       "not known";
	case DECISION_FEW_PACKETS:
		return "so few cannot be dealt out any better";
	case DECISION_IDLE:
		break;
	}
	return "nothing came";
}

static bool idle(struct result *out, const struct decision *decision, const struct subject *subject)
{
	char needed[UNITS_TEXT];

	out->more_flows = decision->more;
	if (!decision->more)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "no %s came",
				    run_unit(subject->run, false));
	return claim_result(out, OUTCOME_INCONCLUSIVE, "no %s came: needs %s flows",
			    run_unit(subject->run, false), units_grouped(needed, decision->more));
}

/* MEASURED tells in words what is limited: "the busiest of 4 workers got 25.1 % of ...". */
static bool conclude(struct result *out, const struct limits *limits, const char *measured,
		     const struct subject *subject)
{
	const struct analysis *analysis = subject->analysis;
	const struct question question = { .distribution = &analysis->distribution,
					   .chooser = analysis->chooser,
					   .limits = *limits,
					   .budget = subject->budget,
					   .arrived = analysis->seen.max_over_mean,
					   .split = seen_flows_are_split(&analysis->seen),
					   .dealt = is_dealt(subject) };
	struct decision decision = decide(&question);
	char reason[PART];

	if (decision.reason == DECISION_IDLE)
		return idle(out, &decision, subject);
	out->more_flows = decision.more;
	return claim_result(out, decision.outcome, "%s; %s", measured,
			    reason_text(reason, &decision, subject));
}

static const char *workers_text(char buffer[static UNITS_TEXT], size_t workers)
{
	snprintf(buffer, UNITS_TEXT, "%zu worker%s", workers, workers == 1 ? "" : "s");
	return buffer;
}

/* "the busiest of 4 workers got 25.1 % of 200,000 packets, at most 27.5 % are allowed" */
static bool share_claim(struct result *out, const struct limits *limits, bool most, double allowed,
			const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	char measured[PART], total[UNITS_TEXT], workers[UNITS_TEXT];

	snprintf(measured, sizeof(measured),
		 "the %s of %s got %.4g %% of %s %s, at %s %.4g %% are allowed",
		 most ? "busiest" : "idlest", workers_text(workers, d->workers),
		 (most ? d->max_share : d->min_share) * 100, units_grouped(total, d->total),
		 run_unit(subject->run, d->total != 1), most ? "most" : "least", allowed * 100);
	return conclude(out, limits, measured, subject);
}

bool claim_even(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const struct limits limits = { .over = subject->tolerance, .under = NAN };
	size_t workers = subject->analysis->distribution.workers;
	double allowed = fmin((1 + subject->tolerance) / (double)workers, 1);

	(void)claim;
	if (workers == 1)
		return claim_result(out, OUTCOME_NOT_OK,
				    "there is one worker: nothing is shared out");
	return share_claim(out, &limits, true, allowed, subject);
}

bool claim_max_share(struct result *out, const struct claim *claim, const struct subject *subject)
{
	size_t workers = subject->analysis->distribution.workers;
	const struct limits limits = { .over = claim->limit * (double)workers - 1, .under = NAN };

	return share_claim(out, &limits, true, claim->limit, subject);
}

bool claim_min_share(struct result *out, const struct claim *claim, const struct subject *subject)
{
	size_t workers = subject->analysis->distribution.workers;
	const struct limits limits = { .over = NAN, .under = 1 - claim->limit * (double)workers };

	return share_claim(out, &limits, false, claim->limit, subject);
}

bool claim_max_over_mean(struct result *out, const struct claim *claim,
			 const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	const struct limits limits = { .over = claim->limit - 1, .under = NAN };
	char measured[PART], workers[UNITS_TEXT];

	snprintf(measured, sizeof(measured),
		 "the busiest of %s got %.4g times the mean, at most %.4g times is allowed",
		 workers_text(workers, d->workers), d->max_over_mean, claim->limit);
	return conclude(out, &limits, measured, subject);
}

bool claim_single(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	char total[UNITS_TEXT], workers[UNITS_TEXT];

	(void)claim;
	if (d->total == 0)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "no %s came",
				    run_unit(subject->run, false));
	return claim_result(out, d->busy == 1 ? OUTCOME_OK : OUTCOME_NOT_OK,
			    "%zu of %s got all %s %s", d->busy, workers_text(workers, d->workers),
			    units_grouped(total, d->total), run_unit(subject->run, d->total != 1));
}
