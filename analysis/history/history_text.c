/* The history for a terminal. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/history/history.h"
#include "analysis/history/quantity.h"
#include "analysis/printable.h"
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
		printable_text(row->cells[0], TEXT_CELL, group->name);
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

static void print_title(const struct history_series *series)
{
	char scenario[TEXT_CELL];
	size_t length = strlen(printable_text(scenario, sizeof(scenario), series->scenario));
	bool fits = length + 2 + strlen(series->key->title) <= WIDTH;

	if (length)
		printf("%s:%c", scenario, fits ? ' ' : '\n');
	puts(series->key->title);
}

static void print_mixed(enum grouping_kind by)
{
	static const char *const texts[][2] = {
		[GROUPING_NAME] = { "hosts or kernels, or by several versions of fairport,",
				    "host" },
		[GROUPING_HOST] = { "versions or kernels", "version" },
		[GROUPING_KERNEL] = { "versions or hosts", "version" },
		[GROUPING_LABEL] = { "versions, hosts or kernels", "version" },
	};
	const char *const *text = texts[by == GROUPING_VERSION ? GROUPING_NAME : by];

	printf("\nRuns of several %s stand\ntogether here: see --by %s.\n", text[0], text[1]);
}

void history_text(const struct history *history, const struct history_options *options)
{
	const char *by = history_by(options);
	bool few = false, mixed = false;

	for (size_t i = 0; i < history->count; i++) {
		const struct history_series *series = &history->series[i];

		if (i)
			putchar('\n');
		print_title(series);
		few |= print_series(series, by);
		mixed |= series->mixed;
	}
	if (few)
		puts("\nWhere there is no interval: it takes 6 runs to be 95 % sure of a median.");
	if (mixed)
		print_mixed(options->by.kind);
}
