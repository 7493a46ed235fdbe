#include "receiver/sinks/postgres/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/columns.h"

static bool add_fixed(struct pg_table *table)
{
	const struct pg_fixed *fixed = NULL;
	const char *reason;

	while ((fixed = pg_layout_next(table->shape, fixed))) {
		if (pg_columns_add(table, fixed->name, strlen(fixed->name), fixed->type, &reason))
			return false;
		table->fixed++;
	}
	return true;
}

struct pg_table *pg_table_new(struct pg_shape *shape, const char *name, size_t length)
{
	struct pg_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->shape = shape;
	memcpy(table->name, name, length);
	table->name_length = (uint8_t)length;
	if (!add_fixed(table)) {
		pg_table_free(table);
		return NULL;
	}
	return table;
}

void pg_table_free(struct pg_table *table)
{
	if (!table)
		return;
	free(table->columns);
	free(table);
}

int pg_table_column(struct pg_table *table, const char *name, size_t length, enum pg_type type)
{
	int found = pg_columns_find(table, name, length, 0);
	const char *reason;

	if (found >= 0)
		return found;
	if (length == 0 || pg_columns_add(table, name, length, type, &reason))
		return -1;
	table->epoch++;
	return (int)table->column_count - 1;
}

/* What rows are to have in COLUMN now. */
static uint8_t wanted_now(const struct pg_column *column)
{
	if (column->type != PG_MISSING)
		return column->type;
	return column->wanted == PG_OTHER ? PG_MISSING : column->wanted;
}

static void take_types(struct pg_table *table, const struct pg_seen_column *columns, size_t count)
{
	for (uint32_t i = 0; i < table->column_count; i++)
		table->columns[i].type = PG_MISSING;
	for (size_t i = 0; i < count; i++) {
		int at = pg_columns_find(table, columns[i].name, columns[i].length, (uint32_t)i);

		if (at >= 0)
			table->columns[at].type = (uint8_t)pg_type_of_oid(columns[i].oid);
	}
}

void pg_table_forget_missing(struct pg_table *table)
{
	for (uint32_t i = table->fixed; i < table->column_count; i++) {
		struct pg_column *column = &table->columns[i];

		table->epoch += column->type == PG_MISSING && column->wanted != PG_MISSING;
		if (column->type == PG_MISSING)
			column->wanted = PG_MISSING;
	}
}

void pg_table_inspected(struct pg_table *table, uint32_t oid, const char *version,
			const struct pg_seen_column *columns, size_t count)
{
	bool changed = false;

	table->undecided = !table->oid && !oid && table->shape->conflict == PG_CONFLICT_REJECT;
	table->known = true;
	table->oid = oid;
	snprintf(table->version, sizeof(table->version), "%s", version ? version : "");
	take_types(table, columns, oid ? count : 0);
	for (uint32_t i = 0; i < table->column_count; i++) {
		struct pg_column *column = &table->columns[i];
		/* What every row has is wanted as it is: see pg_table_add_row(). */
		uint8_t wanted = i < table->fixed ? column->wanted : wanted_now(column);
		bool off = column->off && column->type == PG_MISSING;

		changed |= column->wanted != wanted || column->off != off;
		column->wanted = wanted;
		column->off = off;
	}
	/* The next row must not go on in a part without being asked whether there can be rows. */
	table->epoch += changed || pg_columns_mistyped(table);
}

static bool is_complete(const struct pg_table *table, uint32_t at)
{
	const struct pg_column *column = &table->columns[at];

	if (column->type == PG_MISSING)
		return column->off || column->wanted == PG_MISSING;
	return at < table->fixed || column->type == column->wanted;
}

bool pg_table_complete(const struct pg_table *table)
{
	/* What no row can be put into is another's table: it is left as it is. */
	if (pg_columns_mistyped(table))
		return true;
	for (uint32_t i = 0; i < table->column_count; i++)
		if (!is_complete(table, i))
			return false;
	return true;
}

void pg_table_refuse(struct pg_table *table, uint64_t until)
{
	for (uint32_t i = 0; i < table->column_count; i++) {
		struct pg_column *column = &table->columns[i];

		if (is_complete(table, i))
			continue;
		if (column->type == PG_MISSING)
			column->off = true;
		else
			column->wanted = column->type;
		table->epoch++;
	}
	table->refused_until = until;
}
