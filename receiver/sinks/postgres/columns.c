#include "receiver/sinks/postgres/columns.h"

#include <stdio.h>
#include <stdlib.h>

int pg_columns_find(const struct pg_table *table, const char *name, size_t length, uint32_t hint)
{
	uint32_t count = table->column_count;

	for (uint32_t i = 0, at = hint < count ? hint : 0; i < count; i++) {
		if (pg_column_is(&table->columns[at], name, length))
			return (int)at;
		at = at + 1 < count ? at + 1 : 0;
	}
	return -1;
}

static bool grow(struct pg_table *table)
{
	uint32_t room = table->room ? table->room * 2 : 16;
	struct pg_column *columns = realloc(table->columns, room * sizeof(*columns));

	if (!columns)
		return false;
	table->columns = columns;
	table->room = room;
	return true;
}

/* Every table has them (src/backend/catalog/heap.c), and none may be added. */
static bool is_system_column(const char *name, size_t length)
{
	static const char *const names[] = { "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
			return true;
	return false;
}

enum pg_row_result pg_columns_add(struct pg_table *table, const char *name, size_t length,
				  enum pg_type type, const char **reason)
{
	struct pg_column *column;

	*reason = NULL;
	if (length > PG_NAME_MAX)
		*reason = "a tag or field key is longer than 63 bytes";
	else if (is_system_column(name, length))
		*reason = "PostgreSQL keeps this name for a system column";
	else if (table->column_count >= table->shape->columns_max)
		*reason = "the table has as many columns as it may have (--max-columns)";
	else if (table->shape->columns_left == 0)
		*reason = "the tables have as many columns as they may have together";
	if (*reason)
		return PG_ROW_LIMIT;
	if (table->column_count == table->room && !grow(table)) {
		*reason = "out of memory";
		return PG_ROW_NO_MEMORY;
	}
	column = &table->columns[table->column_count++];
	*column = (struct pg_column){ .length = (uint8_t)length, .wanted = (uint8_t)type };
	memcpy(column->name, name, length);
	table->shape->columns_left--;
	return PG_ROW_ADDED;
}

const char *pg_columns_mistyped(const struct pg_table *table)
{
	const struct pg_fixed *fixed = NULL;

	for (uint32_t i = 0; i < table->fixed; i++) {
		fixed = pg_layout_next(table->shape, fixed);
		if (table->columns[i].type != PG_MISSING && table->columns[i].type != fixed->type)
			return fixed->mistyped;
	}
	return NULL;
}

void pg_columns_cut(struct pg_table *table, uint32_t count)
{
	table->shape->columns_left += table->column_count - count;
	table->column_count = count;
}

size_t pg_columns_beside(char name[static PG_BESIDE_MAX], const struct pg_column *column,
			 enum pg_type type, bool tag)
{
	static const char *const suffixes[] = {
		[PG_FLOAT8] = "_float", [PG_INT8] = "_int",     [PG_NUMERIC] = "_uint",
		[PG_TEXT] = "_string",  [PG_BOOLEAN] = "_bool",
	};

	return (size_t)snprintf(name, PG_BESIDE_MAX, "%s%s", column->name,
				tag ? "_tag" : suffixes[type]);
}
