#include "common/text_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text_row *text_table_add(struct text_table *table)
{
	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 16;
		struct text_row *rows = realloc(table->rows, room * sizeof(*rows));

		if (!rows)
			return NULL;
		table->rows = rows;
		table->room = room;
	}
	return memset(&table->rows[table->count++], 0, sizeof(struct text_row));
}

void text_number(char cell[static TEXT_CELL], uint64_t value)
{
	if (value < 1000000000)
		snprintf(cell, TEXT_CELL, "%" PRIu64, value);
	else
		snprintf(cell, TEXT_CELL, "%.2fG", (double)value / 1e9);
}

void text_share(char cell[static TEXT_CELL], uint64_t part, uint64_t whole)
{
	cell[0] = '\0';
	if (whole)
		snprintf(cell, TEXT_CELL, "%.1f%%", 100.0 * (double)part / (double)whole);
}

/* Width 0 leaves a column out. */
static void measure(const struct text_table *table, size_t widths[static TEXT_TABLE_COLUMNS],
		    size_t width)
{
	size_t all = 0, giving = TEXT_TABLE_COLUMNS;

	for (size_t i = 0; i < TEXT_TABLE_COLUMNS && table->columns[i].title; i++) {
		for (size_t row = 0; row < table->count; row++) {
			size_t length = strlen(table->rows[row].cells[i]);

			if (length > widths[i])
				widths[i] = length;
		}
		if (widths[i] == 0 && table->columns[i].optional)
			continue;
		if (strlen(table->columns[i].title) > widths[i])
			widths[i] = strlen(table->columns[i].title);
		if (table->columns[i].gives_way)
			giving = i;
		all += widths[i] + (all > 0);
	}
	if (all > width && giving < TEXT_TABLE_COLUMNS)
		widths[giving] = widths[giving] > all - width ? widths[giving] - (all - width) : 1;
}

/* Appends a cell to the line that is LENGTH long; what does not fit is cut. */
static size_t append_cell(char *line, size_t room, size_t length, const struct text_column *column,
			  const char *text, size_t width)
{
	int written = snprintf(line + length, room - length, column->left ? "%s%-*.*s" : "%s%*.*s",
			       length ? " " : "", (int)width, (int)width, text);

	length += written > 0 ? (size_t)written : 0;
	return length < room ? length : room - 1;
}

static void print_row(const struct text_table *table, const struct text_row *row,
		      const size_t widths[static TEXT_TABLE_COLUMNS])
{
	char line[TEXT_TABLE_COLUMNS * (TEXT_CELL + 1)] = "";
	size_t length = 0;

	for (size_t i = 0; i < TEXT_TABLE_COLUMNS && table->columns[i].title; i++)
		if (widths[i])
			length = append_cell(line, sizeof(line), length, &table->columns[i],
					     row ? row->cells[i] : table->columns[i].title,
					     widths[i]);
	while (length > 0 && line[length - 1] == ' ')
		length--;
	printf("%.*s\n", (int)length, line);
}

void text_table_print(const struct text_table *table, size_t width)
{
	size_t widths[TEXT_TABLE_COLUMNS] = { 0 };

	measure(table, widths, width);
	print_row(table, NULL, widths);
	for (size_t i = 0; i < table->count; i++)
		print_row(table, &table->rows[i], widths);
}

void text_table_free(struct text_table *table)
{
	free(table->rows);
	table->rows = NULL;
	table->count = table->room = 0;
}
