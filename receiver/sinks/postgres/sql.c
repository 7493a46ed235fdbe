#include "receiver/sinks/postgres/sql.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/columns.h"
#include "receiver/sinks/postgres/template.h"

/* A text under construction. */
bool pg_sql_begin(struct pg_sql_text *text)
{
	*text = (struct pg_sql_text){ .out = NULL };
	text->out = open_memstream(&text->data, &text->size);
	return text->out;
}

char *pg_sql_end(struct pg_sql_text *text)
{
	bool failed = ferror(text->out) != 0;

	if (fclose(text->out) == 0 && !failed)
		return text->data;
	free(text->data);
	return NULL;
}

/* Writes TEXT with each QUOTE, and each backslash where ESCAPED, twice. */
static void put_doubled(FILE *out, const char *text, size_t length, char quote, bool escaped)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == quote || (escaped && text[i] == '\\'))
			fputc(text[i], out);
		fputc(text[i], out);
	}
}

void pg_sql_put_identifier(FILE *out, const char *name, size_t length)
{
	fputc('"', out);
	put_doubled(out, name, length, '"', false);
	fputc('"', out);
}

void pg_sql_put_literal(FILE *out, const char *text, size_t length)
{
	/* A word that stood right before the E would swallow it. */
	fputs(memchr(text, '\\', length) ? " E'" : "'", out);
	put_doubled(out, text, length, '\'', true);
	fputc('\'', out);
}

void pg_sql_put_table(FILE *out, const char *schema, const struct pg_table *table)
{
	fprintf(out, "%s.", schema);
	pg_sql_put_identifier(out, table->name, table->name_length);
}

static void put_column(FILE *out, const struct pg_column *column)
{
	pg_sql_put_identifier(out, column->name, column->length);
}

void pg_sql_put_columns(FILE *out, const struct pg_part *part)
{
	fputs(" (", out);
	for (uint16_t i = 0; i < part->column_count; i++) {
		fputs(i ? ", " : "", out);
		put_column(out, &part->table->columns[part->columns[i].column]);
	}
	fputc(')', out);
}

/* Schema and table as one literal, for functions that take a name. False: out of memory. */
bool pg_sql_put_table_literal(FILE *out, const char *schema, const struct pg_table *table)
{
	struct pg_sql_text name;
	char *text;

	if (!pg_sql_begin(&name))
		return false;
	pg_sql_put_table(name.out, schema, table);
	text = pg_sql_end(&name);
	if (!text)
		return false;
	pg_sql_put_literal(out, text, name.size);
	free(text);
	return true;
}

/* Operators are named in full too: search_path may hold others of the same name. */
#define IS_COLUMN_OF_C                                                                             \
	"a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 "           \
	"AND NOT a.attisdropped"

const char pg_sql_version[] =
	"(SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(pg_catalog.concat("
	"a.atttypid, pg_catalog.quote_ident(a.attname)), ' ' ORDER BY a.attnum), 0) "
	"FROM pg_catalog.pg_attribute AS a WHERE " IS_COLUMN_OF_C ")";

char *pg_sql_inspect(const char *schema, struct pg_table *const *tables, size_t count)
{
	struct pg_sql_text text;
	bool done = true;
	char *sql;

	if (!pg_sql_begin(&text))
		return NULL;
	fprintf(text.out, "SELECT t.number, c.oid, c.version, a.attname, "
			  "CASE a.attgenerated WHEN '' THEN a.atttypid ELSE 0 END FROM (VALUES ");
	for (size_t i = 0; i < count && done; i++) {
		fprintf(text.out, "%s(%zu, pg_catalog.to_regclass(", i ? ", " : "", i);
		done = pg_sql_put_table_literal(text.out, schema, tables[i]);
		fputs("))", text.out);
	}
	fprintf(text.out,
		") AS t (number, oid) JOIN (SELECT c.oid, %s AS version "
		"FROM pg_catalog.pg_class AS c) AS c ON c.oid OPERATOR(pg_catalog.=) t.oid "
		"LEFT JOIN pg_catalog.pg_attribute AS a ON " IS_COLUMN_OF_C
		" ORDER BY t.number, a.attnum",
		pg_sql_version);
	sql = pg_sql_end(&text);
	if (done)
		return sql;
	free(sql);
	return NULL;
}

/* Whether rows are to have it and the database has it not. */
static bool is_lacking(const struct pg_column *column)
{
	return column->type == PG_MISSING && !column->off && column->wanted != PG_MISSING;
}

/*
 * Writes the definitions of the columns that are lacking, each behind ACTION. NOT NULL is for a new
 * table: rows that are there already have nothing in a column that is added.
 */
static void put_lacking(FILE *out, const struct pg_table *table, const char *action, bool not_null)
{
	const struct pg_fixed *fixed = NULL;
	const char *comma = "";

	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];

		if (i < table->fixed)
			fixed = pg_layout_next(table->shape, fixed);
		if (!is_lacking(column))
			continue;
		fprintf(out, "%s%s", comma, action);
		put_column(out, column);
		fprintf(out, " %s", pg_type_sql(column->wanted));
		fputs(not_null && i < table->fixed && fixed->not_null ? " NOT NULL" : "", out);
		comma = ", ";
	}
}

static bool put_lock(FILE *out, const char *schema, const struct pg_table *table)
{
	fputs("SELECT pg_catalog.pg_advisory_xact_lock(8089, pg_catalog.hashtext(", out);
	if (!pg_sql_put_table_literal(out, schema, table))
		return false;
	fputs("));\n", out);
	return true;
}

static bool put_new_table(FILE *out, const char *schema, const struct pg_table *table,
			  const struct pg_template *template)
{
	struct pg_template_values values = { .schema = schema, .time = table->columns[0].name };
	struct pg_sql_text text;
	char *texts;

	if (!pg_sql_begin(&text))
		return false;
	pg_sql_put_identifier(text.out, table->name, table->name_length);
	fputc('\0', text.out);
	put_lacking(text.out, table, "", true);
	texts = pg_sql_end(&text);
	if (!texts)
		return false;
	values.table = texts;
	values.columns = texts + strlen(texts) + 1;
	pg_template_put(template, &values, out);
	free(texts);
	return true;
}

static void put_new_columns(FILE *out, const char *schema, const struct pg_table *table)
{
	bool any = false;

	for (uint32_t i = 0; i < table->column_count && !any; i++)
		any = is_lacking(&table->columns[i]);
	if (!any)
		return;
	fputs("ALTER TABLE ", out);
	pg_sql_put_table(out, schema, table);
	fputc(' ', out);
	put_lacking(out, table, "ADD COLUMN IF NOT EXISTS ", false);
	fputs(";\n", out);
}

/* The oids of the types that are narrower than TYPE. */
static void put_narrower(FILE *out, enum pg_type type)
{
	const char *comma = "";

	for (enum pg_type other = PG_FLOAT8; other < PG_OTHER; other++) {
		if (other == type || pg_type_wider(other, type) != type)
			continue;
		fprintf(out, "%s%u", comma, (unsigned int)pg_type_oid(other));
		comma = ",";
	}
}

/* Widens a column, unless another worker has made it as wide, or has dropped it. */
static bool put_wider(FILE *out, const char *schema, const struct pg_table *table,
		      const struct pg_column *column)
{
	fputs("IF EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE "
	      "a.attrelid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(",
	      out);
	if (!pg_sql_put_table_literal(out, schema, table))
		return false;
	fputs(") AND a.attname OPERATOR(pg_catalog.=) ", out);
	pg_sql_put_literal(out, column->name, column->length);
	fputs(" AND a.atttypid OPERATOR(pg_catalog.=) ANY ('{", out);
	put_narrower(out, column->wanted);
	fputs("}'::pg_catalog.oid[])) THEN\nALTER TABLE ", out);
	pg_sql_put_table(out, schema, table);
	fputs(" ALTER COLUMN ", out);
	put_column(out, column);
	fprintf(out, " TYPE %s USING ", pg_type_sql(column->wanted));
	put_column(out, column);
	/* By way of text a number keeps all digits: else float8 becomes numeric with 15 of them. */
	fprintf(out, "::pg_catalog.text%s;\nEND IF;\n",
		column->wanted == PG_NUMERIC ? "::pg_catalog.numeric" : "");
	return true;
}

/* Between dollar quotes, whose tag must not occur in the text, nothing is quoted. */
static void put_block(FILE *out, const char *body)
{
	char tag[16] = "$fairport$";

	for (unsigned int i = 0; strstr(body, tag); i++)
		snprintf(tag, sizeof(tag), "$f%u$", i);
	/* Digits of float8 are not to be rounded off: that depends on a setting. */
	fprintf(out,
		"DO %s BEGIN\nPERFORM pg_catalog.set_config('extra_float_digits', '1', true);\n"
		"%sEND %s;\n",
		tag, body, tag);
}

static bool put_widening(FILE *out, const char *schema, const struct pg_table *table)
{
	struct pg_sql_text text;
	bool done = true, any = false;
	char *body;

	if (!pg_sql_begin(&text))
		return false;
	for (uint32_t i = table->fixed; i < table->column_count && done; i++) {
		const struct pg_column *column = &table->columns[i];

		if (column->type == PG_MISSING || column->type == column->wanted)
			continue;
		done = put_wider(text.out, schema, table, column);
		any = true;
	}
	body = pg_sql_end(&text);
	if (body && any)
		put_block(out, body);
	free(body);
	return body && done;
}

char *pg_sql_create(const char *schema, const struct pg_table *table,
		    const struct pg_template *template)
{
	struct pg_sql_text text;
	bool done;
	char *sql;

	if (!pg_sql_begin(&text))
		return NULL;
	done = put_lock(text.out, schema, table) &&
	       (table->oid || put_new_table(text.out, schema, table, template));
	/* Even a new table may have been made by another worker, with other columns. */
	put_new_columns(text.out, schema, table);
	done = done && put_widening(text.out, schema, table);
	sql = pg_sql_end(&text);
	if (done)
		return sql;
	free(sql);
	return NULL;
}
