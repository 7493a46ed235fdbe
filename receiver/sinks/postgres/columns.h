/* The columns of a table by their names; for table.c, row.c and fit.c. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_COLUMNS_H
#define FAIRPORT_RECEIVER_POSTGRES_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "receiver/sinks/postgres/table.h"

static inline bool pg_column_is(const struct pg_column *column, const char *name, size_t length)
{
	return column->length == length && memcmp(column->name, name, length) == 0;
}

/*
 * The column of that name, or -1. Lines of a measurement tend to name their keys in the same
 * order, so the search starts at HINT, behind the column found last.
 */
int pg_columns_find(const struct pg_table *table, const char *name, size_t length, uint32_t hint);

/*
 * Adds a column, which is not there, wanted as TYPE. Where the result is not PG_ROW_ADDED, there
 * can be none, and *REASON is a constant phrase.
 */
enum pg_row_result pg_columns_add(struct pg_table *table, const char *name, size_t length,
				  enum pg_type type, const char **reason);

/* Why no row can be put into the table, a constant phrase: a fixed column has another type. */
const char *pg_columns_mistyped(const struct pg_table *table);

/* Takes back those that were added last: COUNT are left. */
void pg_columns_cut(struct pg_table *table, uint32_t count);

/*
 * The name of the column beside COLUMN for values of another TYPE, or for tags
 * (PG_CONFLICT_NEW_COLUMN); no fixed column is named so. Returns its length, which may be more than
 * PG_NAME_MAX: then there can be none.
 */
#define PG_BESIDE_MAX (PG_NAME_MAX + sizeof("_string"))
size_t pg_columns_beside(char name[static PG_BESIDE_MAX], const struct pg_column *column,
			 enum pg_type type, bool tag);

#endif
