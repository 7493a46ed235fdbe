/* A comparison for a terminal. */
#include <stdio.h>

#include "analysis/compare/compared.h"
#include "analysis/compare/compared_row.h"
#include "analysis/paragraph.h"
#include "common/text_table.h"

#define TEXT_LABEL 11

static void put_cells(struct text_row *row, const struct compared_key *result,
		      const struct compared_row *cells)
{
	const char *const all[] = { result->key->name, cells->a, cells->b,   cells->change,
				    cells->interval,   cells->p, cells->word };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		snprintf(row->cells[i], TEXT_CELL, "%s", all[i]);
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
		struct compared_row cells;
		struct text_row *row;

		if (result->group != group || !compared_row(&cells, result))
			continue;
		row = text_table_add(&table);
		if (!row)
			break;
		put_cells(row, result, &cells);
	}
	text_table_print(&table, PARAGRAPH_COLUMNS);
	text_table_free(&table);
}

static void print_line(const char *label, const char *text, const char *end)
{
	if (*text)
		paragraph(TEXT_LABEL, label, "%s%s", text, end);
}

void compared_text(const struct compared *compared)
{
	char text[COMPARED_FINDING];

	for (size_t group = 1; group < compared->group_count; group++) {
		if (group > 1)
			putchar('\n');
		compared_describe(text, compared, 0);
		print_line("A", text, "");
		compared_describe(text, compared, group);
		print_line("B", text, "");
		compared_repeats(text, compared, group);
		print_line("Repeats", text, "");
		putchar('\n');
		print_table(compared, group);
		putchar('\n');
		print_line("Finding", compared_finding(text, compared, group), ".");
		compared_certainty(text, compared, group);
		print_line("Certainty", text, ".");
	}
}
