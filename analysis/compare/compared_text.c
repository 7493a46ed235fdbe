/* A comparison for a terminal. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/history/quantity.h"
#include "analysis/paragraph.h"
#include "common/text_table.h"

#define TEXT_LABEL 11

/* In a column of a table; compared_finding() has the phrases. */
static const char *short_word(const struct compared_key *result)
{
	switch (result->outcome) {
	case COMPARE_TOO_FEW:
		return "too few";
	case COMPARE_NOT_SHOWN:
		return result->constant ? "same" : "not shown";
	default:
		return compare_word(result->outcome, result->key->meaning);
	}
}

static void put_p(char cell[static TEXT_CELL], double p)
{
	if (isnan(p))
		return;
	snprintf(cell, TEXT_CELL, p < 0.001 ? "<.001" : "%.3f", p);
}

/* The ratio and its interval; where a value is 0 or below, the difference. */
static void put_change(struct text_row *row, const struct compared_key *result)
{
	const struct estimate *ratio = &result->result.ratio;
	const struct estimate *difference = &result->result.difference;
	char low[TEXT_CELL], high[TEXT_CELL];

	if (!isnan(ratio->value)) {
		snprintf(row->cells[3], TEXT_CELL, "x%#.3g", ratio->value);
		snprintf(row->cells[4], TEXT_CELL, "%#.3g .. %#.3g", ratio->interval.low,
			 ratio->interval.high);
	} else if (!isnan(difference->value)) {
		snprintf(row->cells[3], TEXT_CELL, "%s%.16s", difference->value > 0 ? "+" : "",
			 quantity_text(low, difference->value, NULL));
		snprintf(row->cells[4], TEXT_CELL, "%.16s .. %.16s",
			 quantity_text(low, difference->interval.low, NULL),
			 quantity_text(high, difference->interval.high, NULL));
	}
	/* Of one value there is an interval of no width, which says nothing. */
	if (result->count_a < 2 || result->count_b < 2)
		row->cells[4][0] = '\0';
}

static void print_table(const struct compared *compared, size_t group)
{
	static const struct text_column columns[] = {
		{ .title = "median of", .left = true, .gives_way = true },
		{ .title = "A" },
		{ .title = "B" },
		{ .title = "B / A" },
		{ .title = "95 % interval" },
		{ .title = "p" },
		{ .title = "B is", .left = true },
		{ .title = NULL },
	};
	struct text_table table = { .columns = columns };

	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];
		const char *unit = result->key->unit;
		struct text_row *row;

		/* What no run knows is no row. */
		if (result->group != group || (result->count_a == 0 && result->count_b == 0))
			continue;
		row = text_table_add(&table);
		if (!row)
			break;
		snprintf(row->cells[0], TEXT_CELL, "%s", result->key->name);
		if (result->count_a && result->count_b) {
			quantity_text(row->cells[1], result->result.median_a, unit);
			quantity_text(row->cells[2], result->result.median_b, unit);
			put_change(row, result);
			put_p(row->cells[5], result->p_value);
			snprintf(row->cells[6], TEXT_CELL, "%s", short_word(result));
		} else {
			snprintf(row->cells[6], TEXT_CELL, "only %s", result->count_a ? "A" : "B");
		}
	}
	text_table_print(&table, PARAGRAPH_COLUMNS);
	text_table_free(&table);
}

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
	bool any = false, few = false;

	text[0] = '\0';
	if (faster || slower)
		add(text, faster && slower ? "B is faster in one thing and slower in another: "
			  : faster         ? "B is faster: "
					   : "B is slower: ");
	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];

		if (result->group != group)
			continue;
		few |= result->outcome == COMPARE_TOO_FEW;
		if (!is_shown(result))
			continue;
		add(text, any ? "; " : "");
		add_change(text, result);
		any = true;
	}
	if (!any && few)
		say_too_few(text, compared, group);
	else if (!any)
		add(text, "no difference between A and B is shown");
	return text;
}

static void print_group(const struct compared *compared, const char *name, size_t group)
{
	const struct compared_group *of = &compared->groups[group];
	char host[64], kernel[64];
	const json_t *run = json_object_get(of->runs[0]->summary, "run");
	const char *text = json_string_value(json_object_get(run, "host"));

	snprintf(host, sizeof(host), "%s", text ? text : "host unknown");
	text = json_string_value(json_object_get(run, "kernel"));
	snprintf(kernel, sizeof(kernel), "%s", text ? text : "unknown");
	paragraph(TEXT_LABEL, name, "%s: %zu run%s, %s, Linux %s", of->label, of->count,
		  of->count == 1 ? "" : "s", host, kernel);
}

void compared_text(const struct compared *compared)
{
	char text[COMPARED_FINDING];

	for (size_t group = 1; group < compared->group_count; group++) {
		size_t family = compared_family(compared, group);

		if (group > 1)
			putchar('\n');
		print_group(compared, "A", 0);
		print_group(compared, "B", group);
		if (compared->paired)
			paragraph(TEXT_LABEL, "Repeats",
				  "%zu rounds, A and B in turns: compared round by "
				  "round",
				  compared->groups[0].count);
		else if (compared->groups[0].count > 1 || compared->groups[group].count > 1)
			paragraph(TEXT_LABEL, "Repeats",
				  "not in turns: if the host changed meanwhile, "
				  "that may look like a difference");
		putchar('\n');
		print_table(compared, group);
		putchar('\n');
		paragraph(TEXT_LABEL, "Finding", "%s.", compared_finding(text, compared, group));
		if (family > 1)
			paragraph(TEXT_LABEL, "Certainty",
				  "p is for %zu keys together (Holm): below 0.05 in any of "
				  "them by chance in at most 5 %% of comparisons.",
				  family);
	}
}
