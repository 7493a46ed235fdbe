/* How a point becomes a row: what its values have claimed is written, column by column. */
#include <string.h>

#include "receiver/sinks/postgres/cells.h"
#include "receiver/sinks/postgres/claims.h"

static bool begin_part(struct pg_table *table, struct pg_batch *batch)
{
	struct pg_heading headings[PG_COLUMNS_MAX];
	uint16_t count = 0;

	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];

		if (!column->off && column->wanted != PG_MISSING && column->wanted != PG_OTHER)
			headings[count++] = (struct pg_heading){ (uint16_t)i, column->wanted };
	}
	table->part = pg_batch_add_part(batch, table, headings, count);
	if (!table->part)
		return false;
	table->part->epoch = table->epoch;
	return true;
}

static bool write_field(struct pg_rows *rows, const struct lp_field *field)
{
	switch (field->type) {
	case LP_FLOAT:
		return pg_rows_float8(rows, field->value.number);
	case LP_INTEGER:
		return pg_rows_int8(rows, field->value.integer);
	case LP_UNSIGNED:
		return pg_rows_numeric(rows, field->value.natural);
	case LP_BOOLEAN:
		return pg_rows_bool(rows, field->value.boolean);
	case LP_STRING:
		return pg_rows_text(rows, field->value.string, true);
	}
	return false;
}

/* A value, no string, as a cell of a wider type: made as its own, taken off and converted. */
static bool write_wider(struct pg_rows *rows, const struct lp_field *field, enum pg_type type)
{
	size_t before = rows->length;
	char own[32];
	struct pg_cell cell = { .data = own };

	if (!write_field(rows, field))
		return false;
	cell.length = (uint32_t)(rows->length - before) - 4;
	memcpy(own, rows->data + before + 4, cell.length);
	rows->length = before;
	return pg_cell_convert(rows, pg_type_of_field[field->type], cell, type);
}

static bool write_value(struct pg_rows *rows, struct pg_value value, enum pg_type type)
{
	if (value.tag)
		return pg_rows_text(rows, value.tag->value, false);
	if (!value.field)
		return pg_rows_null(rows);
	if (pg_type_of_field[value.field->type] != type)
		return write_wider(rows, value.field, type);
	return write_field(rows, value.field);
}

static bool write_row(struct pg_part *part, const struct pg_value *cells,
		      const struct lp_point *point, const struct pg_when *when)
{
	struct pg_rows *rows = &part->rows;

	if (!pg_rows_start_row(rows, part->column_count) ||
	    !pg_layout_write(rows, part->table->shape, point, when))
		return false;
	for (uint32_t i = part->table->fixed; i < part->column_count; i++)
		if (!write_value(rows, cells[part->columns[i].column], part->columns[i].type))
			return false;
	return pg_part_end_row(part, when->stamp);
}

static bool add_row(struct pg_table *table, const struct pg_value *cells,
		    const struct lp_point *point, const struct pg_when *when,
		    struct pg_batch *batch)
{
	size_t before;

	if ((!table->part || table->part->epoch != table->epoch) && !begin_part(table, batch))
		return false;
	before = table->part->rows.length;
	if (write_row(table->part, cells, point, when))
		return true;
	table->part->rows.length = before;
	return false;
}

enum pg_row_result pg_table_add_row(struct pg_table *table, const struct lp_point *point,
				    const struct pg_when *when, struct pg_batch *batch,
				    const char **reason)
{
	struct pg_claims claims;
	enum pg_row_result result = pg_claims_make(&claims, table, point, when->now);

	*reason = result == PG_ROW_ADDED ? NULL : claims.reason;
	if (result != PG_ROW_ADDED || add_row(table, claims.cells, point, when, batch))
		return result;
	*reason = "out of memory";
	return PG_ROW_NO_MEMORY;
}
