/* What a comparison comes to, in words: the same in the terminal, in documents and in the picture.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/compare/family.h"
#include "analysis/history/quantity.h"

static void add(char text[static COMPARED_FINDING], const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, COMPARED_FINDING - used, "%s", more);
}

static void add_change(char text[static COMPARED_FINDING], const struct compared_key *result)
{
	const struct estimate *ratio = &result->result.ratio;
	char part[256], low[TEXT_CELL], high[TEXT_CELL];

	snprintf(part, sizeof(part), "%s is %s", result->key->name,
		 result->outcome == COMPARE_HIGHER ? "higher" : "lower");
	add(text, part);
	if (isnan(ratio->value))
		snprintf(part, sizeof(part), " by %.40s to %.40s",
			 quantity_text(low,
				       fmin(fabs(result->result.difference.interval.low),
					    fabs(result->result.difference.interval.high)),
				       result->key->unit),
			 quantity_text(high,
				       fmax(fabs(result->result.difference.interval.low),
					    fabs(result->result.difference.interval.high)),
				       result->key->unit));
	else
		snprintf(part, sizeof(part), " by x%#.3g (%#.3g to %#.3g)", ratio->value,
			 ratio->interval.low, ratio->interval.high);
	add(text, part);
}

static bool is_shown(const struct compared_key *result)
{
	return result->outcome == COMPARE_LOWER || result->outcome == COMPARE_HIGHER;
}

/* Whether some key says that B is faster, or slower. */
static bool says(const struct compared *compared, size_t group, const char *word)
{
	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];

		if (result->group == group && is_shown(result) &&
		    strcmp(compare_word(result->outcome, result->key->meaning), word) == 0)
			return true;
	}
	return false;
}

/*
 * Whether nothing could have been shown of any key. Of some alone that is so where most rounds are
 * equal.
 */
static bool all_too_few(const struct compared *compared, size_t group)
{
	bool few = false;

	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];

		if (result->group != group || !family_includes(result))
			continue;
		if (result->outcome != COMPARE_TOO_FEW)
			return false;
		few = true;
	}
	return few;
}

static void say_too_few(char text[static COMPARED_FINDING], const struct compared *compared,
			size_t group)
{
	size_t family = compared_family(compared, group);
	char part[256];

	snprintf(part, sizeof(part),
		 "too few repeats to show any difference: with %zu key%s it takes %zu of each",
		 family, family == 1 ? "" : "s", compared_repeats_needed(family, compared->paired));
	add(text, part);
	if (!compared->paired)
		return;
	snprintf(part, sizeof(part), ", with one (--key) %zu", compared_repeats_needed(1, true));
	add(text, family > 1 ? part : "");
}

const char *compared_finding(char text[static COMPARED_FINDING], const struct compared *compared,
			     size_t group)
{
	bool faster = says(compared, group, "faster"), slower = says(compared, group, "slower");
	bool any = false;

	text[0] = '\0';
	if (faster || slower)
		add(text, faster && slower ? "B is faster in one thing and slower in another: "
			  : faster         ? "B is faster: "
					   : "B is slower: ");
	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];

		if (result->group != group)
			continue;
		if (!is_shown(result))
			continue;
		add(text, any ? "; " : "");
		add_change(text, result);
		any = true;
	}
	if (!any && all_too_few(compared, group))
		say_too_few(text, compared, group);
	else if (!any)
		add(text, "no difference between A and B is shown");
	return text;
}

const char *compared_verdict(const struct compared *compared, size_t group)
{
	bool faster = says(compared, group, "faster"), slower = says(compared, group, "slower");
	bool any = false;

	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];

		any |= result->group == group && is_shown(result);
	}
	if (faster || slower)
		return faster && slower ? "faster and slower" : faster ? "faster" : "slower";
	if (any)
		return "different";
	return all_too_few(compared, group) ? "too few repeats" : "no difference shown";
}

void compared_describe(char text[static COMPARED_FINDING], const struct compared *compared,
		       size_t group)
{
	const struct compared_group *of = &compared->groups[group];
	const json_t *run = of->runs[0]->facts;
	const char *host = json_string_value(json_object_get(run, "host"));
	const char *kernel = json_string_value(json_object_get(run, "kernel"));

	snprintf(text, COMPARED_FINDING, "%s: %zu run%s, %.64s, Linux %.64s", of->label, of->count,
		 of->count == 1 ? "" : "s", host ? host : "host unknown",
		 kernel ? kernel : "unknown");
}

void compared_repeats(char text[static COMPARED_FINDING], const struct compared *compared,
		      size_t group)
{
	text[0] = '\0';
	if (compared->paired)
		snprintf(text, COMPARED_FINDING,
			 "%zu rounds, A and B in turns: compared round by round",
			 compared->groups[0].count);
	else if (compared->groups[0].count > 1 || compared->groups[group].count > 1)
		snprintf(text, COMPARED_FINDING,
			 "not in turns: if the host changed meanwhile, that may look like a "
			 "difference");
}

void compared_certainty(char text[static COMPARED_FINDING], const struct compared *compared,
			size_t group)
{
	size_t family = compared_family(compared, group);

	text[0] = '\0';
	if (family > 1)
		snprintf(text, COMPARED_FINDING,
			 "p is for %zu keys together (Holm): below 0.05 in any of them by chance "
			 "in at most 5 %% of comparisons",
			 family);
}
