/* The history for a terminal. */
#include <math.h>
#include <stdio.h>

#include "analysis/history/history.h"
#include "analysis/history/quantity.h"
#include "common/text_table.h"

#define WIDTH 80

static void print_interval(char cell[static TEXT_CELL], const struct bounds *interval,
			   const char *unit)
{
	char low[TEXT_CELL], high[TEXT_CELL];

	if (isnan(interval->low))
		return;
	snprintf(cell, TEXT_CELL, "%.20s .. %.20s", quantity_text(low, interval->low, unit),
		 quantity_text(high, interval->high, unit));
}

static bool print_series(const struct history_series *series, const char *by)
{
	const struct text_column columns[] = {
		{ .title = by, .left = true, .gives_way = true },
		{ .title = "runs" },
		{ .title = "median" },
		{ .title = "95 % interval", .optional = true },
		{ .title = "least" },
		{ .title = "most" },
		{ .title = NULL },
	};
	struct text_table table = { .columns = columns };
	bool few = false;

	for (size_t i = 0; i < series->count; i++) {
		const struct history_group *group = &series->groups[i];
		struct text_row *row = text_table_add(&table);

		if (!row)
			break;
		snprintf(row->cells[0], TEXT_CELL, "%s", group->name);
		text_number(row->cells[1], group->count);
		quantity_text(row->cells[2], group->median, series->key->unit);
		print_interval(row->cells[3], &group->interval, series->key->unit);
		quantity_text(row->cells[4], group->least, series->key->unit);
		quantity_text(row->cells[5], group->most, series->key->unit);
		few |= isnan(group->interval.low);
	}
	text_table_print(&table, WIDTH);
	text_table_free(&table);
	return few;
}

void history_text(const struct history *history, const struct history_options *options)
{
	const char *by = history_by_names[options->by];
	bool few = false, mixed = false;

	for (size_t i = 0; i < history->count; i++) {
		const struct history_series *series = &history->series[i];

		printf("%s%s%s%s\n", i ? "\n" : "", series->scenario, *series->scenario ? ": " : "",
		       series->key->title);
		few |= print_series(series, by);
		mixed |= series->mixed;
	}
	if (few)
		puts("\nWithout interval: a median is that sure from 6 runs on.");
	if (mixed)
		printf("\n%s\n",
		       options->by == HISTORY_BY_VERSION
			       ? "Runs of several hosts or kernels stand together here: see --by "
				 "host."
			       : "Runs of several versions stand together here: see --by version.");
}
