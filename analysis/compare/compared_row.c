#include "analysis/compare/compared_row.h"

#include <math.h>
#include <stdio.h>

#include "analysis/compare/compared.h"
#include "analysis/history/quantity.h"

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

/* The ratio and its interval; where a value is 0 or below, the difference. */
static void put_change(struct compared_row *out, const struct compared_key *result)
{
	const struct estimate *ratio = &result->result.ratio;
	const struct estimate *difference = &result->result.difference;
	char low[TEXT_CELL], high[TEXT_CELL];

	if (!isnan(ratio->value)) {
		snprintf(out->change, TEXT_CELL, "x%#.3g", ratio->value);
		snprintf(out->interval, TEXT_CELL, "%#.3g .. %#.3g", ratio->interval.low,
			 ratio->interval.high);
	} else if (!isnan(difference->value)) {
		snprintf(out->change, TEXT_CELL, "%s%.16s", difference->value > 0 ? "+" : "",
			 quantity_text(low, difference->value, NULL));
		snprintf(out->interval, TEXT_CELL, "%.16s .. %.16s",
			 quantity_text(low, difference->interval.low, NULL),
			 quantity_text(high, difference->interval.high, NULL));
	}
	/* Of one value there is an interval of no width, which says nothing. */
	if (result->count_a < 2 || result->count_b < 2)
		out->interval[0] = '\0';
}

bool compared_row(struct compared_row *out, const struct compared_key *result)
{
	const char *unit = result->key->unit;

	*out = (struct compared_row){ .a = "" };
	if (result->count_a == 0 && result->count_b == 0)
		return false;
	if (result->count_a == 0 || result->count_b == 0) {
		snprintf(out->word, TEXT_CELL, "only %s", result->count_a ? "A" : "B");
		return true;
	}
	quantity_text(out->a, result->result.median_a, unit);
	quantity_text(out->b, result->result.median_b, unit);
	put_change(out, result);
	if (!isnan(result->p_value))
		snprintf(out->p, TEXT_CELL, result->p_value < 0.001 ? "<.001" : "%.3f",
			 result->p_value);
	snprintf(out->word, TEXT_CELL, "%s", short_word(result));
	return true;
}
