/* Claims about one value: workers, flows, verdict, any key of summary.json. */
#include "analysis/assert/claim.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/summary.h"
#include "common/message.h"
#include "common/units.h"

static bool compare(struct result *out, const struct claim *claim, uint64_t got, const char *what)
{
	bool met = expect_satisfied(claim->op, (got > claim->count) - (got < claim->count));
	char number[UNITS_TEXT];

	return claim_result(out, met ? OUTCOME_OK : OUTCOME_NOT_OK, "%s %s%s",
			    units_grouped(number, got), what, got == 1 ? "" : "s");
}

bool claim_workers(struct result *out, const struct claim *claim, const struct subject *subject)
{
	return compare(out, claim, subject->analysis->distribution.workers, "worker");
}

bool claim_flows(struct result *out, const struct claim *claim, const struct subject *subject)
{
	double flows = subject->analysis->distribution.flows;

	if (isnan(flows))
		return claim_result(out, OUTCOME_INCONCLUSIVE, "nobody counted flows");
	return compare(out, claim, (uint64_t)flows, "flow");
}

bool claim_verdict(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const struct distribution *d = &subject->analysis->distribution;
	const char *verdict = verdict_names[d->verdict];
	bool same = strcmp(verdict, claim->want) == 0;

	/* Then it would be "unexplained" whatever the flows are. */
	if (d->verdict == VERDICT_UNEXPLAINED && isnan(d->flows))
		return claim_result(out, OUTCOME_INCONCLUSIVE,
				    "the distribution is uneven, and nobody counted flows");
	return claim_result(out, expect_satisfied(claim->op, !same) ? OUTCOME_OK : OUTCOME_NOT_OK,
			    "the verdict is %s", verdict);
}

bool claim_key(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const json_t *got = summary_find(subject->summary, claim->key);
	char text[EXPECT_TEXT];

	if (!got) {
		message_error("could not check \"%s\": summary.json has no key \"%s\"", claim->text,
			      claim->key);
		message_hint("'fairport-report DIR' writes it: 'jq . DIR/summary.json' shows its "
			     "keys");
		return false;
	}
	switch (expect_compare(got, claim->op, claim->want)) {
	case EXPECT_MET:
		return claim_result(out, OUTCOME_OK, "it is %s", expect_text(text, got));
	case EXPECT_UNMET:
		return claim_result(out, OUTCOME_NOT_OK, "it is %s", expect_text(text, got));
	case EXPECT_UNKNOWN:
		return claim_result(out, OUTCOME_INCONCLUSIVE, "it is not known");
	case EXPECT_UNFIT:
		break;
	}
	message_error("could not check \"%s\": the value is %s", claim->text,
		      json_is_string(got) || json_is_boolean(got) ? "no number"
		      : json_is_number(got) ? "a number, and must be compared with one"
					    : "an object or array");
	return false;
}
