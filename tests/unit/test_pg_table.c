/* A table: what it learns from lines, which points become rows, and that others leave no trace. */
/* link: receiver/sinks/pg_table.c receiver/sinks/pg_rows.c */
#include "tests/unit/helpers.h"

#include "common/lp.h"
#include "receiver/sinks/pg_table.h"

#define LONG_NAME "a123456789b123456789c123456789d123456789e123456789f123456789g12" /* 63 */

static struct pg_table *table;
static const char *reason; /* of the last failure to add a row */

static int new_table(void **state)
{
	(void)state;
	table = pg_table_new("public", "cpu", 3);
	return table ? 0 : -1;
}

static int free_table(void **state)
{
	(void)state;
	pg_table_free(table);
	return 0;
}

/* The point of LINE, whose text must live as long. */
static const struct lp_point *decode(const char *line, size_t length)
{
	static struct lp_point point;
	struct lp_cursor cursor;
	struct lp_error error;

	lp_cursor_init(&cursor, line, length);
	if (lp_next(&cursor, &point, &error) != LP_POINT)
		fail_msg("%s: %s", line, error.reason);
	return &point;
}

static enum pg_row_result learn(const char *line)
{
	const char *why = NULL;
	enum pg_row_result result = pg_table_learn(table, decode(line, strlen(line)), &why);

	assert_int_equal(why != NULL, result == PG_ROW_LIMIT);
	return result;
}

/*
 * The answer that PostgreSQL would give for the columns "NAME:TYPE ...": float8, int8, numeric
 * (u), text (s), varchar, boolean, timestamptz by their letters, or float4 (o), which is none of
 * ours. The numbers are those of pg_type.
 */
static bool inspected(const char *columns)
{
	static const char letters[] = "fiusvbto";
	static const char *const oids[] = {
		"701", "20", "1700", "25", "1043", "16", "1184", "700"
	};
	char names[2][10] = { "attname", "atttypid" }, text[256], *rest = NULL, *word;
	PGresAttDesc heads[] = { { .name = names[0] }, { .name = names[1] } };
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	bool complete;

	assert_non_null(result);
	assert_true(PQsetResultAttrs(result, 2, heads));
	snprintf(text, sizeof(text), "%s", columns);
	word = strtok_r(text, " ", &rest);
	for (int i = 0; word; i++, word = strtok_r(NULL, " ", &rest)) {
		const char *oid = oids[strchr(letters, word[strlen(word) - 1]) - letters];

		assert_true(PQsetvalue(result, i, 0, word, (int)strlen(word) - 2));
		assert_true(PQsetvalue(result, i, 1, (char *)oid, (int)strlen(oid)));
	}
	complete = pg_table_inspected(table, result);
	PQclear(result);
	return complete;
}

/* Adds the point as a row. A failure must leave the buffer as it was and, mostly, tell why. */
static enum pg_row_result add_bytes(const char *line, size_t length)
{
	size_t before = table->rows.length, count = table->rows.count;
	char *copy = exact_copy(table->rows.data ? table->rows.data : "", before);
	enum pg_row_result result;

	reason = NULL;
	result = pg_table_add_row(table, decode(line, length), 0, &reason);
	if (result != PG_ROW_ADDED)
		assert_int_equal(table->rows.length, before);
	assert_int_equal(table->rows.count, count + (result == PG_ROW_ADDED));
	assert_memory_equal(table->rows.data ? table->rows.data : "", copy, before);
	assert_int_equal(reason != NULL, result != PG_ROW_ADDED && result != PG_ROW_NEW_COLUMNS);
	free(copy);
	return result;
}

static enum pg_row_result add(const char *line)
{
	return add_bytes(line, strlen(line));
}

static void assert_columns(const char *want)
{
	static const char letters[] = {
		[PG_MISSING] = '?', [PG_FLOAT8] = 'f',  [PG_INT8] = 'i', [PG_NUMERIC] = 'u',
		[PG_TEXT] = 's',    [PG_BOOLEAN] = 'b', [PG_TIME] = 't', [PG_OTHER] = 'o'
	};
	char text[512], *at = text;

	for (uint32_t i = 0; i < table->column_count; i++) {
		const struct pg_column *column = &table->columns[i];

		assert_int_equal(strlen(column->name), column->length);
		at += sprintf(at, "%s%s:%c%c", i ? " " : "", column->name, letters[column->wanted],
			      letters[column->type]);
	}
	assert_string_equal(text, want);
}

static void test_learn(void **state)
{
	(void)state;
	assert_string_equal(table->schema, "public");
	assert_string_equal(table->name, "cpu");
	assert_int_equal(table->name_length, 3);
	assert_false(table->exists);
	assert_columns("time:t?");
	assert_int_equal(learn("cpu,host=a,cpu=b f=1,i=2i,u=3u,s=\"x\",b=t"), PG_ROW_ADDED);
	assert_columns("time:t? host:s? cpu:s? f:f? i:i? u:u? s:s? b:b?");
	/* Nothing new, in any order, nor of another type: who named it first decides. */
	assert_int_equal(learn("cpu,cpu=b,host=a b=1,f=t,s=2,u=2i"), PG_ROW_ADDED);
	assert_int_equal(table->column_count, 8);
	assert_int_equal(learn("cpu,a\\ b\\,\\=c=x \\x=1,f=1,g=1,g=2i,time=1"), PG_ROW_ADDED);
	assert_columns("time:t? host:s? cpu:s? f:f? i:i? u:u? s:s? b:b? a b,=c:s? \\x:f? g:f?");
	assert_int_equal(table->rows.length, 0);
}

static void test_learn_limits(void **state)
{
	static const char *const too_long[] = {
		"cpu new=1," LONG_NAME "x=1",
		"cpu,new=1," LONG_NAME "x=1 f=1",
		"cpu new=1," LONG_NAME "\\ =1",
		"cpu new=1," LONG_NAME LONG_NAME LONG_NAME "\\ =1",
	};
	char line[16 * PG_COLUMNS_MAX], *at = line;

	(void)state;
	for (size_t i = 0; i < COUNT(too_long); i++) {
		assert_int_equal(learn(too_long[i]), PG_ROW_LIMIT);
		assert_int_equal(table->column_count, 1);
	}
	assert_int_equal(learn("cpu " LONG_NAME "=1"), PG_ROW_ADDED);
	/* 63 bytes once it is read as it is meant, all of them escaped. */
	for (int i = 0; i < PG_NAME_MAX; i++)
		at += sprintf(at, "%s\\,", i ? "" : "cpu ");
	strcpy(at, "=1");
	assert_int_equal(learn(line), PG_ROW_ADDED);
	assert_int_equal(table->column_count, 3);
	assert_int_equal(table->columns[2].length, PG_NAME_MAX);
	/* As many columns as there may be, and one more. */
	at = line + sprintf(line, "cpu a=1");
	for (int i = 3; i < PG_COLUMNS_MAX; i++)
		at += sprintf(at, ",f%d=1", i);
	assert_int_equal(learn(line), PG_ROW_LIMIT);
	assert_int_equal(table->column_count, 3);
	memcpy(line + strlen("a=1,"), "cpu ", 4);
	assert_int_equal(learn(line + strlen("a=1,")), PG_ROW_ADDED);
	assert_int_equal(table->column_count, PG_COLUMNS_MAX);
	assert_int_equal(learn("cpu f999=1,f3=1"), PG_ROW_ADDED);
	assert_int_equal(learn("cpu f3=1,f1000=1"), PG_ROW_LIMIT);
	assert_int_equal(table->column_count, PG_COLUMNS_MAX);
}

static void test_inspected(void **state)
{
	(void)state;
	assert_int_equal(learn("cpu,host=a f=1,i=2i,u=3u,b=t,s=\"\""), PG_ROW_ADDED);
	assert_false(inspected(""));
	assert_false(table->exists);
	assert_false(inspected("time:t f:f host:v"));
	assert_true(table->exists);
	assert_columns("time:tt host:ss f:ff i:i? u:u? b:b? s:s?");
	/* Others' columns are none of ours; types are what they are there. */
	assert_true(inspected("time:t theirs:s s:s b:b u:u i:i f:o host:i"));
	assert_columns("time:tt host:si f:fo i:ii u:uu b:bb s:ss");
	/* Dropped since. */
	assert_false(inspected(""));
	assert_columns("time:t? host:s? f:f? i:i? u:u? b:b? s:s?");
	assert_false(table->exists);
}

/* The usual table: tag, and a field of each type. */
static void make_usual(void)
{
	assert_int_equal(learn("cpu,host=a f=1,i=2i,u=3u,s=\"x\",b=t"), PG_ROW_ADDED);
	assert_true(inspected("time:t host:s f:f i:i u:u s:s b:b"));
}

#define HEADER "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"
#define EPOCH  "\0\0\0\010\377\374\242\376\304\310\040\000"
#define NONE   "\377\377\377\377"

static void test_rows(void **state)
{
	static const char want[] =
		HEADER "\0\007" EPOCH "\0\0\0\003a b"
		       "\0\0\0\010\300\004\0\0\0\0\0\0"
		       "\0\0\0\010\377\377\377\377\377\377\377\376"
		       "\0\0\0\012\0\001\0\001\0\0\0\0\0\001"
		       "\0\0\0\003\"\n\\"
		       "\0\0\0\001\001"
		       "\0\007" EPOCH NONE NONE NONE NONE NONE "\0\0\0\001\000"
		       /* Of a repeated field the last one counts. */
		       "\0\007" EPOCH NONE "\0\0\0\010\100\0\0\0\0\0\0\0" NONE NONE NONE NONE;

	(void)state;
	make_usual();
	assert_int_equal(add("cpu,host=a\\ b i=-2i,f=-2.5,u=10000u,s=\"\\\"\\n\\\\\",b=t"),
			 PG_ROW_ADDED);
	assert_int_equal(add("cpu b=F"), PG_ROW_ADDED);
	assert_int_equal(add("cpu f=1,f=2"), PG_ROW_ADDED);
	assert_int_equal(table->rows.length, sizeof(want) - 1);
	assert_memory_equal(table->rows.data, want, sizeof(want) - 1);
}

static void test_not_added(void **state)
{
	static const struct {
		const char *line;
		size_t length; /* 0: up to the NUL */
		enum pg_row_result want;
		const char *reason; /* its first words */
	} cases[] = {
		{ "cpu,host=a f=1,g=2", 0, PG_ROW_NEW_COLUMNS, "" },
		{ "cpu,dc=x f=1", 0, PG_ROW_NEW_COLUMNS, "" },
		{ "cpu " LONG_NAME "x=1", 0, PG_ROW_NEW_COLUMNS, "" },
		{ "cpu f=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu f=\"1\"", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu f=t", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu i=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu i=1u", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu u=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu s=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu b=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,host=a f=1,f=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,f=a i=1i", 0, PG_ROW_CONFLICT, "a tag's column" },
		{ "cpu,s=a f=1,s=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,host=a host=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu time=1i", 0, PG_ROW_CONFLICT, "the name \"time\"" },
		{ "cpu,time=x f=1", 0, PG_ROW_CONFLICT, "the name \"time\"" },
		{ "cpu,host=a f=1,s=\"a\0b\"", 22, PG_ROW_ENCODING, "PostgreSQL's text" },
		{ "cpu,host=a f=1,s=\"\\\"\0\"", 22, PG_ROW_ENCODING, "PostgreSQL's text" },
	};

	(void)state;
	make_usual();
	/* Before the first row, which brings the header with it, and behind one. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < COUNT(cases); i++) {
			size_t length = cases[i].length ? cases[i].length : strlen(cases[i].line);
			enum pg_row_result result = add_bytes(cases[i].line, length);

			if (result != cases[i].want ||
			    strncmp(reason ? reason : "", cases[i].reason, strlen(cases[i].reason)))
				fail_msg("%s: result %d, %s", cases[i].line, (int)result, reason);
		}
		assert_int_equal(add("cpu,host=a f=1"), PG_ROW_ADDED);
		assert_memory_equal(table->rows.data, HEADER, sizeof(HEADER) - 1);
	}
	assert_int_equal(table->rows.count, 2);
	assert_int_equal(table->column_count, 7);
}

static void test_not_inspected(void **state)
{
	(void)state;
	assert_int_equal(learn("cpu f=1"), PG_ROW_ADDED);
	assert_int_not_equal(add("cpu f=1"), PG_ROW_ADDED);
	assert_false(inspected("time:t"));
	assert_int_equal(add("cpu f=1"), PG_ROW_NEW_COLUMNS);
	/* Another's table, whose time is no time stamp. */
	assert_true(inspected("time:i f:f"));
	assert_int_equal(add("cpu f=1"), PG_ROW_CONFLICT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learn, new_table, free_table),
		cmocka_unit_test_setup_teardown(test_learn_limits, new_table, free_table),
		cmocka_unit_test_setup_teardown(test_inspected, new_table, free_table),
		cmocka_unit_test_setup_teardown(test_rows, new_table, free_table),
		cmocka_unit_test_setup_teardown(test_not_added, new_table, free_table),
		cmocka_unit_test_setup_teardown(test_not_inspected, new_table, free_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
