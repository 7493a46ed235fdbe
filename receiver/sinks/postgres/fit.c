/* Parts that were made before their table was known, or when it was another. */
#include <string.h>

#include "receiver/sinks/postgres/columns.h"

bool pg_table_fits(const struct pg_table *table, const struct pg_part *part)
{
	if (!table->known)
		return false;
	for (uint16_t i = 0; i < part->column_count; i++)
		if (table->columns[part->columns[i].column].type != part->columns[i].type)
			return false;
	return true;
}

/* The column beside the heading's for values of its type; -1: it is not there. */
static int find_beside(const struct pg_table *table, struct pg_heading heading,
		       char name[static PG_BESIDE_MAX], size_t *length)
{
	const struct pg_column *column = &table->columns[heading.column];

	*length = pg_columns_beside(name, column, heading.type,
				    column->tag && heading.type == PG_TEXT);
	return pg_columns_find(table, name, *length, heading.column);
}

static void want_beside(struct pg_table *table, struct pg_heading heading)
{
	char name[PG_BESIDE_MAX];
	size_t length;

	if (find_beside(table, heading, name, &length) < 0)
		pg_table_column(table, name, length, heading.type);
}

static void want_wider(struct pg_table *table, struct pg_heading heading)
{
	struct pg_column *column = &table->columns[heading.column];
	enum pg_type wider = pg_type_wider(column->wanted, heading.type);

	if (wider == PG_OTHER || wider == column->wanted)
		return;
	column->wanted = (uint8_t)wider;
	table->epoch++;
}

static void want_heading(struct pg_table *table, struct pg_heading heading)
{
	struct pg_column *column = &table->columns[heading.column];

	if (column->off) {
		column->off = false;
		table->epoch++;
	}
	if (heading.column < table->fixed || column->type == heading.type)
		return;
	if (column->type == PG_MISSING && column->wanted == heading.type)
		return;
	if (column->wanted == PG_MISSING) {
		column->wanted = heading.type;
		table->epoch++;
	} else if (table->shape->conflict == PG_CONFLICT_WIDEN) {
		want_wider(table, heading);
	} else if (table->shape->conflict == PG_CONFLICT_NEW_COLUMN) {
		want_beside(table, heading);
	}
}

/* Lines of different types came before it was known that there is no table. */
static void decide(struct pg_table *table, struct pg_heading heading)
{
	struct pg_column *column = &table->columns[heading.column];

	if (heading.column < table->fixed || column->type != PG_MISSING ||
	    column->wanted == heading.type)
		return;
	column->wanted = heading.type;
	table->epoch++;
}

void pg_table_want(struct pg_table *table, const struct pg_part *part)
{
	for (uint16_t i = 0; table->undecided && i < part->column_count; i++)
		decide(table, part->columns[i]);
	table->undecided = false;
	for (uint16_t i = 0; i < part->column_count; i++)
		want_heading(table, part->columns[i]);
}

static struct pg_fit fit_wider(const struct pg_column *column, struct pg_heading heading)
{
	enum pg_type wider = pg_type_wider(column->type, heading.type);
	struct pg_fit fit = { PG_FIT_FAIL, { heading.column, column->type } };

	if (wider == PG_OTHER)
		fit.fate = PG_FIT_REJECT;
	else if (wider == column->type)
		fit.fate = PG_FIT_KEEP;
	/* Else it could be wider, but could not be made so. */
	return fit;
}

static struct pg_fit fit_beside(const struct pg_table *table, struct pg_heading heading)
{
	char name[PG_BESIDE_MAX];
	size_t length;
	int at = find_beside(table, heading, name, &length);
	struct pg_fit fit = { PG_FIT_REJECT, { (uint16_t)at, heading.type } };

	if (at < 0)
		return fit;
	if (table->columns[at].type == heading.type)
		fit.fate = PG_FIT_KEEP;
	else if (table->columns[at].type == PG_MISSING)
		fit.fate = PG_FIT_FAIL;
	return fit;
}

static struct pg_fit fit_heading(const struct pg_table *table, struct pg_heading heading)
{
	const struct pg_column *column = &table->columns[heading.column];

	if (column->type == PG_MISSING)
		return (struct pg_fit){ PG_FIT_FAIL, heading };
	if (column->type == heading.type)
		return (struct pg_fit){ PG_FIT_KEEP, heading };
	if (heading.column >= table->fixed) {
		if (table->shape->conflict == PG_CONFLICT_WIDEN)
			return fit_wider(column, heading);
		if (table->shape->conflict == PG_CONFLICT_NEW_COLUMN)
			return fit_beside(table, heading);
	}
	return (struct pg_fit){ PG_FIT_REJECT, heading };
}

bool pg_table_fit(struct pg_table *table, struct pg_part *part, struct pg_left_out *left_out)
{
	struct pg_fit fits[PG_COLUMNS_MAX];

	if (pg_table_fits(table, part))
		return true;
	for (uint16_t i = 0; i < part->column_count; i++)
		fits[i] = fit_heading(table, part->columns[i]);
	if (!pg_part_fit(part, fits, left_out))
		return false;
	/* It may lack columns now that further rows have. */
	if (table->part == part)
		table->part = NULL;
	return true;
}
