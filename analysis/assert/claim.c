#include "analysis/assert/claim.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/run.h"
#include "common/units.h"

static const char *const any_op[] = { "=", "!=", "<", "<=", ">", ">=", NULL };
static const char *const at_most[] = { "<=", NULL };
static const char *const at_least[] = { ">=", NULL };
static const char *const equal[] = { "=", "!=", NULL };

static const struct claim_row rows[] = {
	{ .name = "even", .form = "even, a word alone", .check = claim_even },
	{ .name = "single", .form = "single, a word alone", .check = claim_single },
	{ .name = "no-loss",
	  .form = "no-loss, a word alone",
	  .check = claim_no_loss,
	  .final = true },
	{ .name = "no-resets",
	  .form = "no-resets, a word alone",
	  .check = claim_no_resets,
	  .final = true },
	{ .name = "max-share",
	  .form = "max-share<=SHARE, e.g. max-share<=30%",
	  .op = at_most,
	  .read = claim_read_share,
	  .check = claim_max_share },
	{ .name = "min-share",
	  .form = "min-share>=SHARE, e.g. min-share>=20%",
	  .op = at_least,
	  .read = claim_read_share,
	  .check = claim_min_share },
	{ .name = "max-over-mean",
	  .form = "max-over-mean<=RATIO, e.g. max-over-mean<=1.2",
	  .op = at_most,
	  .read = claim_read_ratio,
	  .check = claim_max_over_mean },
	{ .name = "drops",
	  .form = "drops<=COUNT, e.g. drops<=10",
	  .op = at_most,
	  .read = claim_read_count,
	  .check = claim_drops,
	  .final = true },
	{ .name = "workers",
	  .form = "workers=COUNT, e.g. workers=4",
	  .op = any_op,
	  .read = claim_read_count,
	  .check = claim_workers },
	{ .name = "flows",
	  .form = "flows>=COUNT, e.g. flows>=10k",
	  .op = any_op,
	  .read = claim_read_count,
	  .check = claim_flows },
	{ .name = "verdict",
	  .form = "verdict=NAME, with even, few-flows, unexplained, uneven, single or idle",
	  .op = equal,
	  .read = claim_read_verdict,
	  .check = claim_verdict },
	/* The last one. */
	{ .form = "KEY of summary.json, =, !=, <, <=, > or >=, and a value",
	  .op = any_op,
	  .check = claim_key },
};

#define ROWS  (sizeof(rows) / sizeof(rows[0]))
#define WORDS "one that --help lists, e.g. even, no-loss, \"max-share<=30%\""

static const struct claim_row *find_row(const char *name)
{
	for (size_t i = 0; i + 1 < ROWS; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return &rows[ROWS - 1];
}

static bool takes(const struct claim_row *row, const char *op)
{
	for (const char *const *known = row->op; known && *known; known++)
		if (strcmp(*known, op) == 0)
			return true;
	return false;
}

bool claim_parse(struct claim *out, const char *text, const char **expected)
{
	/* What a key of summary.json is made of, and the names of claims. */
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-");

	*out = (struct claim){ .text = text };
	*expected = WORDS;
	if (length == 0 || length >= CLAIM_KEY)
		return false;
	memcpy(out->key, text, length);
	out->row = find_row(out->key);
	if (!text[length]) {
		if (out->row->name)
			*expected = out->row->form;
		return out->row->name && !out->row->op;
	}
	*expected = out->row->form;
	out->op = expect_operator(text + length);
	if (!out->op)
		return false;
	out->want = text + length + strlen(out->op);
	return takes(out->row, out->op) && *out->want && (!out->row->read || out->row->read(out));
}

bool claim_read_share(struct claim *claim)
{
	return units_share(claim->want, &claim->limit) == 0;
}

bool claim_read_ratio(struct claim *claim)
{
	char *end;

	claim->limit = strtod(claim->want, &end);
	return !claim->want[strspn(claim->want, "0123456789.")] && end != claim->want && !*end &&
	       claim->limit >= 1;
}

bool claim_read_count(struct claim *claim)
{
	return units_count(claim->want, &claim->count) == 0;
}

bool claim_read_verdict(struct claim *claim)
{
	for (size_t i = 0; i <= VERDICT_IDLE; i++)
		if (strcmp(verdict_names[i], claim->want) == 0)
			return true;
	return false;
}

bool claim_result(struct result *out, enum outcome outcome, const char *format, ...)
{
	va_list arguments;

	out->outcome = outcome;
	va_start(arguments, format);
	vsnprintf(out->evidence, sizeof(out->evidence), format, arguments);
	va_end(arguments);
	return true;
}

/* Why the records do not tell all; NULL: they do. */
static const char *shortcoming(const struct subject *subject)
{
	const struct agreement *agreement = &subject->analysis->agreement;

	if (subject->interrupted || subject->run->interrupted)
		return "it was interrupted";
	if (subject->run->incomplete)
		return "the records are incomplete";
	if (agreement->all == ANSWER_NO || agreement->workers.agree == ANSWER_NO)
		return "the counters disagree";
	return NULL;
}

static bool doubt(struct result *out, const char *why)
{
	char evidence[CLAIM_EVIDENCE];

	memcpy(evidence, out->evidence, sizeof(evidence));
	return claim_result(out, OUTCOME_INCONCLUSIVE, "%s; as far as is known, it is %s: %.400s",
			    why, outcome_names[out->outcome], evidence);
}

bool claim_check(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const char *why = shortcoming(subject);
	char elsewhere[ELSEWHERE_TEXT];

	*out = (struct result){ .claim = claim };
	if (!claim->row->check(out, claim, subject))
		return false;
	if (out->outcome == OUTCOME_INCONCLUSIVE)
		return true;
	if (why && (out->outcome == OUTCOME_OK || !claim->row->final))
		return doubt(out, why);
	/* What does not hold of a part does not hold. */
	if (out->outcome == OUTCOME_OK && subject->elsewhere.matters)
		return doubt(out, elsewhere_text(elsewhere, &subject->elsewhere));
	return true;
}
