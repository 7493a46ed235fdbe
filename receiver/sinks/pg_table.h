/*
 * One table: the columns that lines have named so far, their types in the database, and the rows
 * that wait to be copied. Knows SQL and rows, not connections; sink_postgres.c drives it.
 *
 * Layout: "time" timestamptz, a text column per tag, and per field a column of the type of the
 * line that named it first: float8, int8, numeric (unsigned), text or boolean.
 */
#ifndef FAIRPORT_RECEIVER_PG_TABLE_H
#define FAIRPORT_RECEIVER_PG_TABLE_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "common/lp.h"
#include "receiver/sinks/pg_rows.h"

/* PostgreSQL cuts names at 63 bytes, and tables at 1600 columns. */
#define PG_NAME_MAX    63
#define PG_COLUMNS_MAX 1000

enum pg_type { PG_MISSING, PG_FLOAT8, PG_INT8, PG_NUMERIC, PG_TEXT, PG_BOOLEAN, PG_TIME, PG_OTHER };

struct pg_column {
	char name[PG_NAME_MAX + 1];
	uint8_t length;
	enum pg_type wanted; /* what the first line that named it asked for */
	enum pg_type type;   /* in the database; PG_MISSING: not there yet */
};

struct pg_table {
	const char *schema; /* as SQL writes it, quoted where need be; not owned */
	char name[PG_NAME_MAX + 1];
	uint8_t name_length;
	bool exists;
	uint32_t column_count; /* column 0 is "time" */
	uint32_t column_room;
	struct pg_column *columns;
	struct pg_rows rows;
};

/* Why a point cannot become a row. */
enum pg_row_result {
	PG_ROW_ADDED,
	PG_ROW_NEW_COLUMNS, /* it names columns that the table does not have yet */
	PG_ROW_CONFLICT,    /* a value does not fit its column's type, or two claim one column */
	PG_ROW_LIMIT,       /* a name is too long, or there are too many columns */
	PG_ROW_ENCODING,    /* a text holds a NUL byte */
	PG_ROW_NO_MEMORY,
};

/*
 * NAME is a measurement, unescaped, of at most PG_NAME_MAX bytes. SCHEMA is kept, not copied.
 * NULL: out of memory.
 */
struct pg_table *pg_table_new(const char *schema, const char *name, size_t length);
void pg_table_free(struct pg_table *table);

/*
 * Adds the columns that POINT names and the table has not. Returns PG_ROW_ADDED, or why the point
 * must be rejected, with *REASON a constant phrase.
 */
enum pg_row_result pg_table_learn(struct pg_table *table, const struct lp_point *point,
				  const char **reason);

/* Adds POINT as a row stamped TIME. Where the result is not PG_ROW_ADDED, nothing was added. */
enum pg_row_result pg_table_add_row(struct pg_table *table, const struct lp_point *point,
				    int64_t time, const char **reason);

/*
 * SQL texts, from malloc, NULL when out of memory: which columns the table has; make it, or the
 * columns it lacks (safe when several do it at once: it takes a transaction-level advisory
 * lock); COPY of the waiting rows.
 */
char *pg_table_sql_inspect(const struct pg_table *table, PGconn *connection);
char *pg_table_sql_create(const struct pg_table *table, PGconn *connection);
char *pg_table_sql_copy(const struct pg_table *table, PGconn *connection);

/*
 * Forgets the columns that are not in the database, while no rows wait. False where the table
 * itself is not there.
 */
bool pg_table_forget_missing(struct pg_table *table);

/* Takes over the answer to pg_table_sql_inspect(). True when no column is missing. */
bool pg_table_inspected(struct pg_table *table, const PGresult *result);

#endif
