/* The SQL texts of a table. Names are quoted by libpq; nothing of a line enters unquoted. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/pg_table.h"

static const char *const type_names[] = {
	[PG_FLOAT8] = "double precision", [PG_INT8] = "bigint",
	[PG_NUMERIC] = "numeric",         [PG_TEXT] = "text",
	[PG_BOOLEAN] = "boolean",         [PG_TIME] = "timestamptz",
};

/* Writes NAME as an identifier. */
static void put_identifier(FILE *out, PGconn *connection, const char *name, size_t length)
{
	char *quoted = PQescapeIdentifier(connection, name, length);

	fputs(quoted ? quoted : "\"\"", out);
	PQfreemem(quoted);
}

static void put_literal(FILE *out, PGconn *connection, const char *text, size_t length)
{
	char *quoted = PQescapeLiteral(connection, text, length);

	fputs(quoted ? quoted : "NULL", out);
	PQfreemem(quoted);
}

static void put_table(FILE *out, PGconn *connection, const struct pg_table *table)
{
	fprintf(out, "%s.", table->schema);
	put_identifier(out, connection, table->name, table->name_length);
}

static void put_column(FILE *out, PGconn *connection, const struct pg_column *column)
{
	put_identifier(out, connection, column->name, column->length);
}

static char *finish(FILE *out, char **text)
{
	bool failed = ferror(out) != 0;

	if (fclose(out) != 0 || failed) {
		free(*text);
		return NULL;
	}
	return *text;
}

/* "schema"."table" as one literal, for functions that take a name. */
static void put_table_literal(FILE *out, PGconn *connection, const struct pg_table *table)
{
	char *name = NULL;
	size_t size;
	FILE *inner = open_memstream(&name, &size);

	if (!inner)
		return;
	put_table(inner, connection, table);
	if (fclose(inner) == 0)
		put_literal(out, connection, name, size);
	free(name);
}

char *pg_table_sql_inspect(const struct pg_table *table, PGconn *connection)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("SELECT attname, atttypid FROM pg_catalog.pg_attribute "
	      "WHERE attnum > 0 AND NOT attisdropped AND attrelid = pg_catalog.to_regclass(",
	      out);
	put_table_literal(out, connection, table);
	fputs(") ORDER BY attnum", out);
	return finish(out, &text);
}

static void put_new_table(FILE *out, PGconn *connection, const struct pg_table *table)
{
	fputs("CREATE TABLE IF NOT EXISTS ", out);
	put_table(out, connection, table);
	fputs(" (", out);
	for (uint32_t i = 0; i < table->column_count; i++) {
		fputs(i ? ", " : "", out);
		put_column(out, connection, &table->columns[i]);
		fprintf(out, " %s%s", type_names[table->columns[i].wanted], i ? "" : " NOT NULL");
	}
	fputs("); ", out);
}

char *pg_table_sql_create(const struct pg_table *table, PGconn *connection)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool first = true;

	if (!out)
		return NULL;
	/* One text of several statements is one transaction: the lock is held to its end. */
	fputs("SELECT pg_catalog.pg_advisory_xact_lock(8089, pg_catalog.hashtext(", out);
	put_table_literal(out, connection, table);
	fputs(")); ", out);
	if (!table->exists)
		put_new_table(out, connection, table);
	/* Even a new table may have been made by another worker, with other columns. */
	for (uint32_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].type != PG_MISSING)
			continue;
		if (first) {
			fputs("ALTER TABLE ", out);
			put_table(out, connection, table);
		}
		fputs(first ? " ADD COLUMN IF NOT EXISTS " : ", ADD COLUMN IF NOT EXISTS ", out);
		put_column(out, connection, &table->columns[i]);
		fprintf(out, " %s", type_names[table->columns[i].wanted]);
		first = false;
	}
	return finish(out, &text);
}

char *pg_table_sql_copy(const struct pg_table *table, PGconn *connection)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("COPY ", out);
	put_table(out, connection, table);
	fputs(" (", out);
	for (uint32_t i = 0; i < table->column_count; i++) {
		fputs(i ? ", " : "", out);
		put_column(out, connection, &table->columns[i]);
	}
	fputs(") FROM STDIN (FORMAT binary)", out);
	return finish(out, &text);
}
