/* The SQL texts about tables, letter by letter, above all what becomes of names from lines. */
/* link: receiver/sinks/postgres/table.c receiver/sinks/postgres/columns.c */
/* link: receiver/sinks/postgres/layout.c receiver/sinks/postgres/types.c */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/cells.c */
/* link: receiver/sinks/postgres/float_text.c receiver/sinks/postgres/sql.c */
/* link: receiver/sinks/postgres/fit.c */
/* link: receiver/sinks/postgres/template.c receiver/sinks/postgres/template_read.c */
#include "tests/unit/helpers.h"

#include "receiver/sinks/postgres/sql.h"
#include "receiver/sinks/postgres/table.h"
#include "receiver/sinks/postgres/template.h"

static struct pg_shape shape;
static struct pg_table *table;
static struct pg_template *template;

static void open_table(const char *name, enum pg_conflict conflict)
{
	shape = (struct pg_shape){ .layout = pg_layout_by_index(0),
				   .conflict = conflict,
				   .columns_max = 100,
				   .columns_left = 1000 };
	table = pg_table_new(&shape, name, strlen(name));
	assert_non_null(table);
}

static int open_template(void **state)
{
	(void)state;
	template = pg_template_open(NULL);
	return template ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	pg_table_free(table);
	table = NULL;
	pg_template_free(template);
	return 0;
}

static void column(const char *name, enum pg_type type)
{
	assert_true(pg_table_column(table, name, strlen(name), type) > 0);
}

static void assert_text(char *text, const char *want)
{
	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

static char *quoted(void (*put)(FILE *, const char *, size_t), const char *name, size_t length)
{
	char *text = NULL, *copy = exact_copy(name, length);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	put(out, copy, length);
	fclose(out);
	free(copy);
	return text;
}

static void test_quoting(void **state)
{
	static const struct {
		const char *text, *identifier, *literal;
	} cases[] = {
		{ "", "\"\"", "''" },
		{ "a b", "\"a b\"", "'a b'" },
		{ "a\"b'c", "\"a\"\"b'c\"", "'a\"b''c'" },
		{ "\"\"''", "\"\"\"\"\"''\"", "'\"\"'''''" },
		{ "a\\'b", "\"a\\'b\"", " E'a\\\\''b'" },
		{ "\\", "\"\\\"", " E'\\\\'" },
		{ "$x$ \303\244;--", "\"$x$ \303\244;--\"", "'$x$ \303\244;--'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);

		assert_text(quoted(pg_sql_put_identifier, cases[i].text, length),
			    cases[i].identifier);
		assert_text(quoted(pg_sql_put_literal, cases[i].text, length), cases[i].literal);
	}
}

static void test_part(void **state)
{
	static const struct pg_heading headings[] = { { 0, PG_TIME }, { 2, PG_TEXT } };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct pg_part *part;

	(void)state;
	open_table("a\"b", PG_CONFLICT_REJECT);
	column("off", PG_TEXT);
	column("c\"d", PG_TEXT);
	part = pg_part_new(table, headings, COUNT(headings));
	pg_sql_put_table(out, "\"S\"", table);
	pg_sql_put_columns(out, part);
	fclose(out);
	assert_text(text, "\"S\".\"a\"\"b\" (\"time\", \"c\"\"d\")");
	pg_part_free(part);
}

/* What is asked is tried on a server elsewhere; here, that names stay names. */
static void test_inspect(void **state)
{
	struct pg_table *tables[2];
	char *text;

	(void)state;
	open_table("x', 1), (1, 'y", PG_CONFLICT_REJECT);
	tables[0] = table;
	tables[1] = pg_table_new(&shape, "\\", 1);
	text = pg_sql_inspect("public", tables, 2);
	assert_non_null(text);
	assert_non_null(
		strstr(text,
		       " FROM (VALUES "
		       "(0, pg_catalog.to_regclass('public.\"x'', 1), (1, ''y\"')), "
		       "(1, pg_catalog.to_regclass( E'public.\"\\\\\"'))) AS t (number, oid) "));
	assert_non_null(strstr(text, pg_sql_version));
	free(text);
	pg_table_free(tables[1]);
}

#define LOCK "SELECT pg_catalog.pg_advisory_xact_lock(8089, pg_catalog.hashtext("

static void test_new_table(void **state)
{
	(void)state;
	open_table("cpu", PG_CONFLICT_REJECT);
	column("host", PG_TEXT);
	column("f", PG_FLOAT8);
	column("i", PG_INT8);
	column("u", PG_NUMERIC);
	column("b", PG_BOOLEAN);
	assert_text(pg_sql_create("s", table, template),
		    LOCK "'s.\"cpu\"'));\n"
			 "CREATE TABLE IF NOT EXISTS s.\"cpu\" (\"time\" timestamptz NOT NULL, "
			 "\"host\" text, \"f\" double precision, \"i\" bigint, \"u\" numeric, "
			 "\"b\" boolean);\n\n;\n"
			 "ALTER TABLE s.\"cpu\" ADD COLUMN IF NOT EXISTS \"time\" timestamptz, "
			 "ADD COLUMN IF NOT EXISTS \"host\" text, "
			 "ADD COLUMN IF NOT EXISTS \"f\" double precision, "
			 "ADD COLUMN IF NOT EXISTS \"i\" bigint, "
			 "ADD COLUMN IF NOT EXISTS \"u\" numeric, "
			 "ADD COLUMN IF NOT EXISTS \"b\" boolean;\n");
}

static void test_new_jsonb_table(void **state)
{
	char *text;

	(void)state;
	open_table("cpu", PG_CONFLICT_REJECT);
	pg_table_free(table);
	shape.layout = pg_layout_by_index(1);
	shape.ns = shape.provenance = true;
	table = pg_table_new(&shape, "cpu", 3);
	text = pg_sql_create("s", table, template);
	assert_non_null(text);
	assert_non_null(
		strstr(text,
		       " (\"_time\" timestamptz NOT NULL, \"_time_ns\" bigint, \"_worker\" bigint, "
		       "\"_cookie\" bigint, \"_received\" timestamptz, \"_tags\" jsonb, "
		       "\"_fields\" jsonb);\n"));
	free(text);
}

static void test_new_columns(void **state)
{
	static const struct pg_seen_column seen[] = { { "time", 4, 1184 },
						      { "f", 1, 701 },
						      { "other", 5, 700 } };

	(void)state;
	open_table("a\\b", PG_CONFLICT_REJECT);
	column("f", PG_FLOAT8);
	column("no", PG_TEXT);
	pg_table_inspected(table, 4711, "1", seen, COUNT(seen));
	pg_table_refuse(table, 1);
	column("c\"; DROP TABLE x; --", PG_INT8);
	/* One of another's, and then it is gone: no line wants it as yet. */
	column("other", PG_INT8);
	pg_table_inspected(table, 4711, "1", seen, COUNT(seen));
	pg_table_inspected(table, 4711, "2", seen, COUNT(seen) - 1);
	assert_text(pg_sql_create("s", table, template),
		    LOCK " E's.\"a\\\\b\"'));\n"
			 "ALTER TABLE s.\"a\\b\" ADD COLUMN IF NOT EXISTS "
			 "\"c\"\"; DROP TABLE x; --\" bigint;\n");
}

#define BLOCK(tag, table, body)                                                                    \
	"DO " tag " BEGIN\nPERFORM pg_catalog.set_config('extra_float_digits', '1', true);\n"      \
	"IF EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid "                    \
	"OPERATOR(pg_catalog.=) pg_catalog.to_regclass(" table ") AND a.attname "                  \
	"OPERATOR(pg_catalog.=) " body "END " tag ";\n"
#define AND_TYPE(oids) " AND a.atttypid OPERATOR(pg_catalog.=) ANY ('{" oids "}'::pg_catalog.oid[])"

static void test_widen(void **state)
{
	static const struct pg_seen_column seen[] = { { "time", 4, 1184 },
						      { "a'b\\\"", 5, 701 },
						      { "same", 4, 20 } };
	static const struct pg_heading to_numeric = { 1, PG_INT8 }, to_text = { 1, PG_BOOLEAN };
	struct pg_part *part;

	(void)state;
	open_table("$fairport$", PG_CONFLICT_WIDEN);
	column("a'b\\\"", PG_FLOAT8);
	column("same", PG_INT8);
	pg_table_inspected(table, 4711, "1", seen, COUNT(seen));
	part = pg_part_new(table, &to_numeric, 1);
	pg_table_want(table, part);
	pg_part_free(part);
	assert_text(
		pg_sql_create("s", table, template),
		LOCK "'s.\"$fairport$\"'));\n" BLOCK(
			"$f0$", "'s.\"$fairport$\"'",
			" E'a''b\\\\\"'" AND_TYPE(
				"701,20") ") THEN\n"
					  "ALTER TABLE s.\"$fairport$\" ALTER COLUMN \"a'b\\\"\"\" "
					  "TYPE numeric "
					  "USING "
					  "\"a'b\\\"\"\"::pg_catalog.text::pg_catalog.numeric;\n"
					  "END IF;\n"));
	part = pg_part_new(table, &to_text, 1);
	pg_table_want(table, part);
	pg_part_free(part);
	assert_text(pg_sql_create("s", table, template),
		    LOCK "'s.\"$fairport$\"'));\n" BLOCK(
			    "$f0$", "'s.\"$fairport$\"'",
			    " E'a''b\\\\\"'" AND_TYPE(
				    "701,20,1700,16") ") THEN\n"
						      "ALTER TABLE s.\"$fairport$\" ALTER COLUMN "
						      "\"a'b\\\"\"\" TYPE text "
						      "USING \"a'b\\\"\"\"::pg_catalog.text;\nEND "
						      "IF;\n"));
}

/* The tag of the dollar quotes stands nowhere else. */
static void test_dollar_quotes(void **state)
{
	static const struct pg_seen_column seen[] = { { "time", 4, 1184 }, { "$f0$", 4, 16 } };
	static const struct pg_heading heading = { 1, PG_TEXT };
	struct pg_part *part;
	char *text;

	(void)state;
	open_table("$fairport$$f2$", PG_CONFLICT_WIDEN);
	column("$f0$", PG_BOOLEAN);
	pg_table_inspected(table, 4711, "1", seen, COUNT(seen));
	part = pg_part_new(table, &heading, 1);
	pg_table_want(table, part);
	text = pg_sql_create("$f1$", table, template);
	assert_non_null(text);
	assert_non_null(strstr(text, "\nDO $f3$ BEGIN\n"));
	assert_non_null(strstr(text, "END $f3$;\n"));
	free(text);
	pg_part_free(part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoting),
		cmocka_unit_test_setup_teardown(test_part, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_inspect, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_new_table, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_new_jsonb_table, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_new_columns, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_widen, open_template, close_all),
		cmocka_unit_test_setup_teardown(test_dollar_quotes, open_template, close_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
