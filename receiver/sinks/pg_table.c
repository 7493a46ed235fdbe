#include "receiver/sinks/pg_table.h"

#include <stdlib.h>
#include <string.h>

static const enum pg_type type_of_field[] = {
	[LP_FLOAT] = PG_FLOAT8, [LP_INTEGER] = PG_INT8,    [LP_UNSIGNED] = PG_NUMERIC,
	[LP_STRING] = PG_TEXT,  [LP_BOOLEAN] = PG_BOOLEAN,
};

/* A value on its way into a row. */
struct cell {
	const struct lp_field *field; /* NULL for a tag */
	const struct lp_text *tag;    /* NULL for a field */
};

static bool grow_columns(struct pg_table *table)
{
	uint32_t room = table->column_room ? table->column_room * 2 : 16;
	struct pg_column *columns = realloc(table->columns, room * sizeof(*columns));

	if (!columns)
		return false;
	table->columns = columns;
	table->column_room = room;
	return true;
}

static bool add_column(struct pg_table *table, const char *name, size_t length, enum pg_type type)
{
	struct pg_column *column;

	if (table->column_count == table->column_room && !grow_columns(table))
		return false;
	column = &table->columns[table->column_count++];
	*column = (struct pg_column){ .length = (uint8_t)length, .wanted = type };
	memcpy(column->name, name, length);
	return true;
}

struct pg_table *pg_table_new(const char *schema, const char *name, size_t length)
{
	struct pg_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->schema = schema;
	memcpy(table->name, name, length);
	table->name_length = (uint8_t)length;
	if (!add_column(table, "time", 4, PG_TIME)) {
		pg_table_free(table);
		return NULL;
	}
	return table;
}

void pg_table_free(struct pg_table *table)
{
	if (!table)
		return;
	pg_rows_free(&table->rows);
	free(table->columns);
	free(table);
}

/*
 * The column that KEY names, or -1. Lines of a measurement tend to name their keys in the same
 * order, so the search starts behind the column found last.
 */
static int find_column(const struct pg_table *table, const char *key, size_t length, uint32_t hint)
{
	uint32_t count = table->column_count;

	for (uint32_t i = 0, at = hint < count ? hint : 0; i < count; i++) {
		const struct pg_column *column = &table->columns[at];

		if (column->length == length && memcmp(column->name, key, length) == 0)
			return (int)at;
		at = at + 1 < count ? at + 1 : 0;
	}
	return -1;
}

/* Reads a key as it is meant. NULL when it is longer than a name may be. */
static const char *plain_key(const struct lp_text *key, char buffer[static 2 * PG_NAME_MAX],
			     size_t *length)
{
	*length = key->length;
	if (!key->escaped)
		return *length <= PG_NAME_MAX ? key->at : NULL;
	if (*length > 2 * PG_NAME_MAX)
		return NULL;
	*length = lp_unescape_key(buffer, *key);
	return *length <= PG_NAME_MAX ? buffer : NULL;
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

static enum pg_row_result learn_key(struct pg_table *table, const struct lp_text *key,
				    enum pg_type type, uint32_t *hint, const char **reason)
{
	char buffer[2 * PG_NAME_MAX];
	size_t length;
	const char *name = plain_key(key, buffer, &length);
	int found;

	if (!name) {
		*reason = "a tag or field key is longer than 63 bytes";
		return PG_ROW_LIMIT;
	}
	found = find_column(table, name, length, *hint);
	if (found >= 0) {
		*hint = (uint32_t)found + 1;
		return PG_ROW_ADDED;
	}
	if (is_system_column(name, length)) {
		*reason = "PostgreSQL keeps this name for a system column";
		return PG_ROW_LIMIT;
	}
	if (table->column_count == PG_COLUMNS_MAX) {
		*reason = "the table has as many columns as it may have";
		return PG_ROW_LIMIT;
	}
	return add_column(table, name, length, type) ? PG_ROW_ADDED : PG_ROW_NO_MEMORY;
}

enum pg_row_result pg_table_learn(struct pg_table *table, const struct lp_point *point,
				  const char **reason)
{
	enum pg_row_result result = PG_ROW_ADDED;
	uint32_t before = table->column_count, hint = 1;

	for (uint32_t i = 0; i < point->tag_count && result == PG_ROW_ADDED; i++)
		result = learn_key(table, &point->tags[i].key, PG_TEXT, &hint, reason);
	for (uint32_t i = 0; i < point->field_count && result == PG_ROW_ADDED; i++)
		result = learn_key(table, &point->fields[i].key,
				   type_of_field[point->fields[i].type], &hint, reason);
	if (result != PG_ROW_ADDED)
		table->column_count = before;
	return result;
}

/* Finds the cell of KEY, which must be free unless a field repeats a field. */
static enum pg_row_result claim_cell(const struct pg_table *table, struct cell *cells,
				     const struct lp_text *key, bool tag, uint32_t *hint,
				     uint32_t *at, const char **reason)
{
	char buffer[2 * PG_NAME_MAX];
	size_t length;
	const char *name = plain_key(key, buffer, &length);
	int found = name ? find_column(table, name, length, *hint) : -1;

	if (!name || found < 0 || table->columns[found].type == PG_MISSING)
		return PG_ROW_NEW_COLUMNS;
	if (found == 0) {
		*reason = "the name \"time\" belongs to the time stamp";
		return PG_ROW_CONFLICT;
	}
	if (cells[found].tag || (tag && cells[found].field)) {
		*reason = "a tag and a field have the same name";
		return PG_ROW_CONFLICT;
	}
	*at = (uint32_t)found;
	*hint = *at + 1;
	return PG_ROW_ADDED;
}

static enum pg_row_result claim_cells(const struct pg_table *table, const struct lp_point *point,
				      struct cell *cells, const char **reason)
{
	enum pg_row_result result;
	uint32_t hint = 1, at;

	if (table->columns[0].type != PG_TIME) {
		*reason = "the table's column \"time\" is not of type timestamptz";
		return PG_ROW_CONFLICT;
	}
	for (uint32_t i = 0; i < point->tag_count; i++) {
		const struct lp_tag *tag = &point->tags[i];

		result = claim_cell(table, cells, &tag->key, true, &hint, &at, reason);
		if (result != PG_ROW_ADDED)
			return result;
		if (table->columns[at].type != PG_TEXT) {
			*reason = "a tag's column is not of type text";
			return PG_ROW_CONFLICT;
		}
		cells[at].tag = &tag->value;
	}
	for (uint32_t i = 0; i < point->field_count; i++) {
		const struct lp_field *field = &point->fields[i];

		result = claim_cell(table, cells, &field->key, false, &hint, &at, reason);
		if (result != PG_ROW_ADDED)
			return result;
		if (table->columns[at].type != type_of_field[field->type]) {
			*reason = "a field's value is not of its column's type";
			return PG_ROW_CONFLICT;
		}
		cells[at].field = field;
	}
	return PG_ROW_ADDED;
}

static enum pg_row_result add_text(struct pg_rows *rows, const struct lp_text *text, bool string,
				   const char **reason)
{
	/* The decoder lets UTF-8 pass only, but a string may hold a NUL. */
	if (memchr(text->at, '\0', text->length)) {
		*reason = "PostgreSQL's text cannot hold a NUL byte";
		return PG_ROW_ENCODING;
	}
	return pg_rows_text(rows, *text, string) ? PG_ROW_ADDED : PG_ROW_NO_MEMORY;
}

static enum pg_row_result add_cell(struct pg_rows *rows, const struct cell *cell,
				   const char **reason)
{
	const struct lp_field *field = cell->field;
	bool done = false;

	if (cell->tag)
		return add_text(rows, cell->tag, false, reason);
	if (!field)
		return pg_rows_null(rows) ? PG_ROW_ADDED : PG_ROW_NO_MEMORY;
	switch (field->type) {
	case LP_FLOAT:
		done = pg_rows_float8(rows, field->value.number);
		break;
	case LP_INTEGER:
		done = pg_rows_int8(rows, field->value.integer);
		break;
	case LP_UNSIGNED:
		done = pg_rows_numeric(rows, field->value.natural);
		break;
	case LP_BOOLEAN:
		done = pg_rows_bool(rows, field->value.boolean);
		break;
	case LP_STRING:
		return add_text(rows, &field->value.string, true, reason);
	}
	return done ? PG_ROW_ADDED : PG_ROW_NO_MEMORY;
}

static enum pg_row_result write_row(struct pg_table *table, const struct cell *cells, int64_t time,
				    const char **reason)
{
	struct pg_rows *rows = &table->rows;
	enum pg_row_result result = PG_ROW_ADDED;

	if ((rows->length == 0 && !pg_rows_begin(rows)) ||
	    !pg_rows_start_row(rows, (uint16_t)table->column_count) ||
	    !pg_rows_timestamptz(rows, time))
		return PG_ROW_NO_MEMORY;
	for (uint32_t i = 1; i < table->column_count && result == PG_ROW_ADDED; i++)
		result = add_cell(rows, &cells[i], reason);
	return result;
}

enum pg_row_result pg_table_add_row(struct pg_table *table, const struct lp_point *point,
				    int64_t time, const char **reason)
{
	struct cell cells[PG_COLUMNS_MAX];
	size_t before = table->rows.length;
	enum pg_row_result result;

	memset(cells, 0, table->column_count * sizeof(cells[0]));
	result = claim_cells(table, point, cells, reason);
	if (result != PG_ROW_ADDED)
		return result;
	result = write_row(table, cells, time, reason);
	if (result == PG_ROW_ADDED)
		table->rows.count++;
	else
		table->rows.length = table->rows.count ? before : 0;
	return result;
}

static enum pg_type type_of_oid(unsigned long oid)
{
	/* Fixed since ever: src/include/catalog/pg_type.dat. */
	switch (oid) {
	case 16:
		return PG_BOOLEAN;
	case 20:
		return PG_INT8;
	case 25:
	case 1043: /* varchar is sent like text */
		return PG_TEXT;
	case 701:
		return PG_FLOAT8;
	case 1184:
		return PG_TIME;
	case 1700:
		return PG_NUMERIC;
	default:
		return PG_OTHER;
	}
}

bool pg_table_forget_missing(struct pg_table *table)
{
	uint32_t kept = 1;

	for (uint32_t i = 1; i < table->column_count; i++)
		if (table->columns[i].type != PG_MISSING)
			table->columns[kept++] = table->columns[i];
	table->column_count = kept;
	return table->columns[0].type != PG_MISSING;
}

bool pg_table_inspected(struct pg_table *table, const PGresult *result)
{
	bool complete = true;
	int rows = PQntuples(result);

	table->exists = rows > 0;
	for (uint32_t i = 0; i < table->column_count; i++)
		table->columns[i].type = PG_MISSING;
	for (int row = 0; row < rows; row++) {
		const char *name = PQgetvalue(result, row, 0);
		int at = find_column(table, name, strlen(name), (uint32_t)row);

		if (at >= 0)
			table->columns[at].type =
				type_of_oid(strtoul(PQgetvalue(result, row, 1), NULL, 10));
	}
	for (uint32_t i = 0; i < table->column_count; i++)
		complete &= table->columns[i].type != PG_MISSING;
	return complete;
}
