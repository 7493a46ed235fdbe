/* A table: what it learns from lines, which points become rows, and that others leave no trace. */
/* link: receiver/sinks/postgres/table.c receiver/sinks/postgres/columns.c */
/* link: receiver/sinks/postgres/layout.c receiver/sinks/postgres/claims.c */
/* link: receiver/sinks/postgres/row.c receiver/sinks/postgres/types.c */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/cells.c receiver/sinks/postgres/float_text.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/batch.c */
#include "tests/unit/helpers.h"

#include "tests/unit/pg_table_scene.h"

#define LONG_NAME "a123456789b123456789c123456789d123456789e123456789f123456789g12" /* 63 */

static void test_learn(void **state)
{
	(void)state;
	assert_string_equal(table->name, "cpu");
	assert_int_equal(table->name_length, 3);
	assert_false(table->known);
	assert_false(pg_table_complete(table));
	assert_columns("time:t-");
	assert_added("cpu,host=a,cpu=b f=1,i=2i,u=3u,s=\"x\",b=t");
	assert_columns("time:t- host:s- cpu:s- f:f- i:i- u:n- s:s- b:b-");
	/* Nothing new, in any order: the same part. */
	assert_added("cpu,cpu=c b=f,u=4u,f=-2.5");
	assert_ptr_equal(batch.first, batch.last);
	/* New columns begin a new part. */
	assert_added("cpu,a\\ b\\,\\=c=x \\x=1,f=1,g=1");
	assert_added("cpu,host=z f=3");
	assert_columns("time:t- host:s- cpu:s- f:f- i:i- u:n- s:s- b:b- a b,=c:s- \\x:f- g:f-");
	assert_parts("0t 1s 2s 3f 4i 5n 6s 7b\n"
		     "1 " T0 "|a|b|1|2|3|x|true\n"
		     "1 " T0 "||c|-2.5||4||false\n"
		     "0t 1s 2s 3f 4i 5n 6s 7b 8s 9f 10f\n"
		     "1 " T0 "|||1|||||x|1|1\n"
		     "1 " T0 "|z||3|||||||\n");
	assert_int_equal(shape.columns_left, 1000 - 11);
}

static void test_stamps_and_batches(void **state)
{
	struct pg_batch other = { .first = NULL };
	const char *why;

	(void)state;
	when.time = 1767225600123456789;
	when.stamp = 7;
	assert_added("cpu f=1");
	when.stamp = 0;
	assert_added("cpu f=2");
	assert_parts(
		"0t 1f\n7 2026-01-01 00:00:00.123456+00|1\n0 2026-01-01 00:00:00.123456+00|2\n");
	/* When the batch was taken away, the next row goes to another. */
	table->part = NULL;
	assert_int_equal(pg_table_add_row(table, decode("cpu f=3", 7), &when, &other, &why),
			 PG_ROW_ADDED);
	assert_int_equal(pg_batch_rows(&other), 1);
	pg_batch_clear(&other);
}

static void test_limits(void **state)
{
	static const struct refusal refusals[] = {
		{ "cpu new=1," LONG_NAME "x=1", 0, PG_ROW_LIMIT, "a tag or field key is longer" },
		{ "cpu,new=1," LONG_NAME "x=1 f=1", 0, PG_ROW_LIMIT, "a tag or field key" },
		{ "cpu new=1," LONG_NAME "\\ =1", 0, PG_ROW_LIMIT, "a tag or field key" },
		{ "cpu new=1," LONG_NAME LONG_NAME LONG_NAME "\\ =1", 0, PG_ROW_LIMIT, "a tag or" },
		{ "cpu ctid=1", 0, PG_ROW_LIMIT, "PostgreSQL keeps this name" },
		{ "cpu,tableoid=1 new=1", 0, PG_ROW_LIMIT, "PostgreSQL keeps this name" },
		{ "cpu new=1,xmin=1,xmax=1,cmin=1,cmax=1", 0, PG_ROW_LIMIT, "PostgreSQL keeps" },
		{ "cpu a=1,b=1,c=1,d=1,e=1", 0, PG_ROW_LIMIT, "the table has as many columns" },
	};
	char line[8 * PG_NAME_MAX], *at = line;

	(void)state;
	shape.columns_max = 6;
	assert_added("cpu " LONG_NAME "=1");
	assert_refused(refusals, COUNT(refusals));
	/* 63 bytes once it is read as it is meant, all of them escaped. */
	for (int i = 0; i < PG_NAME_MAX; i++)
		at += sprintf(at, "%s\\,", i ? "" : "cpu ");
	strcpy(at, "=1");
	assert_added(line);
	assert_int_equal(table->column_count, 3);
	assert_int_equal(table->columns[2].length, PG_NAME_MAX);
	/* As many as there may be, and rows of those that are there. */
	assert_added("cpu a=1,b=1,c=1");
	assert_int_equal(add("cpu a=2,d=1"), PG_ROW_LIMIT);
	assert_added("cpu b=2");
	assert_int_equal(table->column_count, 6);
}

static void test_limit_of_all(void **state)
{
	struct pg_table *other = pg_table_new(&shape, "mem", 3);

	(void)state;
	assert_int_equal(shape.columns_left, 998);
	shape.columns_left = 3;
	assert_added("cpu a=1,b=1");
	assert_int_equal(pg_table_column(other, "x", 1, PG_INT8), 1);
	assert_int_equal(pg_table_column(other, "y", 1, PG_INT8), -1);
	assert_int_equal(add("cpu c=1"), PG_ROW_LIMIT);
	assert_string_equal(reason, "the tables have as many columns as they may have together");
	pg_table_free(other);
	/* Not even the first column. */
	assert_null(pg_table_new(&shape, "net", 3));
}

static void test_widest_line(void **state)
{
	static char line[16 * PG_COLUMNS_MAX];

	(void)state;
	shape.columns_max = PG_COLUMNS_MAX;
	shape.columns_left = UINT32_MAX;
	for (int round = 0; round < 2; round++) {
		char *at = line + sprintf(line, "cpu");

		for (int i = 0; i < LP_MAX_TAGS; i++)
			at += sprintf(at, ",t%d_%d=v", i, round);
		for (int i = 0; i < LP_MAX_FIELDS; i++)
			at += sprintf(at, "%cf%d=1", i ? ',' : ' ', i);
		assert_added(line);
	}
	assert_int_equal(table->column_count, 1 + 2 * LP_MAX_TAGS + LP_MAX_FIELDS);
	assert_int_equal(batch.last->column_count, table->column_count);
	for (int i = (int)table->column_count; i < PG_COLUMNS_MAX; i++) {
		sprintf(line, "cpu x%d=1", i);
		assert_added(line);
	}
	assert_int_equal(add("cpu one=1"), PG_ROW_LIMIT);
}

static void test_refusals(void **state)
{
	static const struct refusal refusals[] = {
		{ "cpu f=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu f=\"1\"", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu f=t", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu i=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu i=1u", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu u=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu s=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu b=1i,g=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,new=a g=1,f=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu g=1,g=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,host=a f=1,f=1i", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,f=a i=1i", 0, PG_ROW_CONFLICT, "a tag's column" },
		{ "cpu,s=a f=1,s=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,host=a host=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,t=a b=t,t=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,new=a new=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,new=a new=1", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu time=1i", 0, PG_ROW_CONFLICT, "the name \"time\" belongs to the time" },
		{ "cpu,new=a,time=x f=1", 0, PG_ROW_CONFLICT, "the name \"time\"" },
		{ "cpu,host=a f=1,s=\"a\0b\"", 22, PG_ROW_ENCODING, "PostgreSQL's text" },
		{ "cpu,host=a g=1,s=\"\\\"\0\"", 22, PG_ROW_ENCODING, "PostgreSQL's text" },
		{ "cpu new=\"a\",g=\"\0\"", 17, PG_ROW_ENCODING, "PostgreSQL's text" },
	};

	(void)state;
	assert_added("cpu,host=a f=1,i=2i,u=3u,s=\"x\",b=t");
	assert_added("cpu,t=a b=t");
	inspected("time:t host:s f:f i:i u:n s:v b:b t:s");
	assert_refused(refusals, COUNT(refusals));
	assert_added("cpu,host=a f=1");
	assert_ptr_equal(batch.first->next, batch.last);
	assert_int_equal(batch.last->rows.count, 2);
}

/* Before the database was asked, lines that came first decide nothing. */
static void test_unknown(void **state)
{
	static const struct refusal refusal = { "cpu f=2", 0, PG_ROW_CONFLICT, "a field's value" };

	(void)state;
	assert_added("cpu f=1");
	assert_added("cpu f=1i");
	assert_ptr_equal(batch.first->next, batch.last);
	assert_int_equal(batch.last->rows.count, 1);
	inspected("time:t f:i");
	assert_refused(&refusal, 1);
	assert_added("cpu f=2i");
	assert_int_equal(batch.last->rows.count, 2);
}

/* Of a repeated field the last one counts. */
static void test_repeated(void **state)
{
	(void)state;
	assert_added("cpu f=1,f=2");
	assert_added("cpu f=1,g=1,f=2,g=3,g=4");
	assert_parts("0t 1f\n1 " T0 "|2\n0t 1f 2f\n1 " T0 "|2|4\n");
}

/* The hint finds what stands where it did; all else is searched for. */
static void test_any_order(void **state)
{
	(void)state;
	assert_added("cpu a=1,ab=2,b=3,ba=4");
	assert_added("cpu ba=5,b=6,ab=7,a=8");
	assert_added("cpu ab=9");
	assert_added("cpu ba=10,a=11");
	assert_parts("0t 1f 2f 3f 4f\n"
		     "1 " T0 "|1|2|3|4\n"
		     "1 " T0 "|8|7|6|5\n"
		     "1 " T0 "||9||\n"
		     "1 " T0 "|11|||10\n");
}

/* "a\ b" as it is written is not what it means, even where there is a column of such a name. */
static void test_escaped(void **state)
{
	(void)state;
	assert_added("cpu a\\\\ b=1");
	assert_columns("time:t- a\\ b:f-");
	assert_added("cpu a\\ b=2");
	assert_columns("time:t- a\\ b:f- a b:f-");
	assert_added("cpu a\\\\ b=1,a\\ b=2");
	assert_int_equal(table->column_count, 3);
}

static void test_fixed(void **state)
{
	static const struct refusal refusals[] = {
		{ "cpu,time=1 f=1", 0, PG_ROW_CONFLICT, "the name \"time\" belongs to the time" },
		{ "cpu time_ns=1i", 0, PG_ROW_CONFLICT,
		  "the name \"time_ns\" belongs to the time" },
		{ "cpu _worker=1i", 0, PG_ROW_CONFLICT, "the name \"_worker\" belongs to the rec" },
		{ "cpu _cookie=1i", 0, PG_ROW_CONFLICT, "the name \"_cookie\" belongs to the rec" },
		{ "cpu _received=1i", 0, PG_ROW_CONFLICT, "the name \"_received\" belongs" },
	};

	(void)state;
	/* Names that are not taken are as good as any. */
	assert_added("cpu time_ns=1,_worker=2,_cookie=3,_received=4");
	shape.ns = shape.provenance = true;
	shape.worker = 3;
	shape.cookie = -4;
	reopen_table();
	assert_int_equal(table->fixed, 5);
	when.time = -1;
	when.received = 1767225600000000001;
	assert_added("cpu,host=a f=1");
	assert_refused(refusals, COUNT(refusals));
	assert_columns("time:t- time_ns:i- _worker:i- _cookie:i- _received:t- host:s- f:f-");
	assert_parts("0t 1i 2i 3i 4t 5s 6f\n"
		     "1 1969-12-31 23:59:59.999999+00|-1|3|-4|2026-01-01 00:00:00+00|a|1\n");
}

static void test_jsonb(void **state)
{
	(void)state;
	shape.layout = pg_layout_by_index(1);
	shape.provenance = true;
	reopen_table();
	/* Keys are no columns: none is too long, kept or taken. */
	assert_added("cpu,host=a\\ b,_tags=c f=1.5,i=-2i,u=18446744073709551615u,s=\"\\\"x\",b=t");
	assert_added("cpu ctid=1,time=2i,f=t");
	assert_added("cpu " LONG_NAME LONG_NAME "=1i");
	assert_int_equal(add_bytes("cpu f=\"a\0\"", 10), PG_ROW_ENCODING);
	assert_columns("_time:t- _worker:i- _cookie:i- _received:t- _tags:j- _fields:j-");
	assert_parts("0t 1i 2i 3t 4j 5j\n"
		     "1 " T0 "|0|0|" T0 "|{\"host\":\"a b\",\"_tags\":\"c\"}|"
		     "{\"f\":1.5,\"i\":-2,\"u\":18446744073709551615,\"s\":\"\\\"x\",\"b\":true}\n"
		     "1 " T0 "|0|0|" T0 "|{}|{\"ctid\":1,\"time\":2,\"f\":true}\n"
		     "1 " T0 "|0|0|" T0 "|{}|{\"" LONG_NAME LONG_NAME "\":1}\n");
	inspected("_time:t _worker:i _cookie:i _received:t _tags:j _fields:o");
	assert_int_equal(add("cpu f=1"), PG_ROW_CONFLICT);
	assert_string_equal(reason, "the table's column \"_fields\" is not of type jsonb");
}

static void test_layouts(void **state)
{
	(void)state;
	assert_string_equal(pg_layout_by_index(0)->name, "typed");
	assert_string_equal(pg_layout_by_index(1)->name, "jsonb");
	for (size_t i = 0; pg_layout_names[i]; i++)
		assert_string_equal(pg_layout_by_index(i)->name, pg_layout_names[i]);
	shape.layout = pg_layout_by_index(1);
	shape.ns = true;
	reopen_table();
	assert_columns("_time:t- _time_ns:i- _tags:j- _fields:j-");
}

/* A column by its name, as a spool has it. */
static void test_column(void **state)
{
	uint32_t epoch;

	(void)state;
	assert_added("cpu,host=a f=1");
	epoch = table->epoch;
	assert_int_equal(pg_table_column(table, "time", 4, PG_TIME), 0);
	assert_int_equal(pg_table_column(table, "f", 1, PG_INT8), 2);
	assert_int_equal(table->epoch, epoch);
	assert_int_equal(pg_table_column(table, "j", 1, PG_JSONB), 3);
	assert_int_not_equal(table->epoch, epoch);
	assert_int_equal(pg_table_column(table, "ctid", 4, PG_TEXT), -1);
	assert_int_equal(pg_table_column(table, "", 0, PG_TEXT), -1);
	assert_int_equal(pg_table_column(table, LONG_NAME "x", 64, PG_TEXT), -1);
	assert_columns("time:t- host:s- f:f- j:j-");
	assert_added("cpu,host=b f=2");
	assert_int_equal(batch.last->column_count, 4);
}

static void test_inspected(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1,i=2i,u=3u,b=t,s=\"\"");
	inspected("");
	assert_false(pg_table_complete(table));
	assert_columns("time:t- host:s- f:f- i:i- u:n- b:b- s:s-");
	inspected("time:t f:f host:v");
	assert_false(pg_table_complete(table));
	assert_columns("time:tt host:ss f:ff i:i- u:n- b:b- s:s-");
	/* As was hoped for: rows go on where they are. */
	assert_added("cpu f=1");
	assert_ptr_equal(batch.first, batch.last);
	/* Others' columns are none of ours; types are what they are there, and that is wanted. */
	inspected("time:t theirs:s s:s b:b u:n i:i f:o host:i");
	assert_true(pg_table_complete(table));
	assert_columns("time:tt host:ii f:oo i:ii u:nn b:bb s:ss");
	assert_int_equal(add("cpu,host=a i=1i"), PG_ROW_CONFLICT);
	assert_int_equal(add("cpu f=1"), PG_ROW_CONFLICT);
	/* No rows have a column of a type that is none of ours. */
	assert_added("cpu host=2i,i=1i");
	assert_int_equal(batch.last->column_count, 6);
	/* Dropped since: the next line that names it decides what it becomes. */
	inspected("time:t host:i i:i u:n b:b s:s");
	assert_true(pg_table_complete(table));
	assert_columns("time:tt host:ii f:-- i:ii u:nn b:bb s:ss");
	assert_added("cpu host=2i,i=1i");
	assert_int_equal(batch.last->column_count, 6);
	inspected("");
	assert_false(pg_table_complete(table));
	assert_columns("time:t- host:i- f:-- i:i- u:n- b:b- s:s-");
	/* Refused is what was asked for before. */
	table->refused_until = when.now + 1;
	assert_int_equal(add("cpu f=\"x\",i=1"), PG_ROW_CONFLICT);
	assert_added("cpu f=\"x\"");
	assert_columns("time:t- host:i- f:s- i:i- u:n- b:b- s:s-");
}

/* Another's table, whose column is not what it must be: it is left alone. */
static void test_mistyped(void **state)
{
	(void)state;
	assert_added("cpu f=1");
	inspected("time:i g:f");
	assert_true(pg_table_complete(table));
	assert_int_equal(add("cpu f=1"), PG_ROW_CONFLICT);
	assert_string_equal(reason, "the table's column \"time\" is not of type timestamptz");
	assert_int_equal(add("cpu h=1"), PG_ROW_CONFLICT);
	inspected("time:t");
	assert_false(pg_table_complete(table));
	assert_added("cpu f=1");
}

static void test_refused(void **state)
{
	(void)state;
	assert_added("cpu f=1,g=2");
	inspected("time:t f:f");
	pg_table_refuse(table, 2000);
	assert_columns("time:tt f:ff g:!f-");
	assert_true(pg_table_complete(table));
	/* Rows without the column go on. */
	assert_int_equal(add("cpu f=1,g=2"), PG_ROW_REFUSED);
	assert_string_equal(reason, "what it needs could not be made in the database");
	assert_added("cpu f=2");
	assert_int_equal(batch.last->column_count, 2);
	/* Another column was not refused. */
	assert_added("cpu h=2");
	assert_false(pg_table_complete(table));
	when.now = 2000;
	assert_int_equal(add("cpu g=2,time=2"), PG_ROW_CONFLICT);
	assert_added("cpu g=2");
	assert_columns("time:tt f:ff g:f- h:f-");
	assert_int_equal(batch.last->column_count, 4);
	/* Another has made it. */
	pg_table_refuse(table, 3000);
	assert_int_equal(add("cpu g=2"), PG_ROW_REFUSED);
	inspected("time:t f:f g:i");
	assert_columns("time:tt f:ff g:ii h:!f-");
	assert_added("cpu g=2i");
}

static void test_refused_table(void **state)
{
	(void)state;
	assert_added("cpu f=1");
	inspected("");
	pg_table_refuse(table, 2000);
	assert_columns("time:!t- f:!f-");
	assert_int_equal(add("cpu g=1"), PG_ROW_REFUSED);
	when.now = 2001;
	assert_added("cpu g=1");
	assert_columns("time:t- f:!f- g:f-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_learn, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_stamps_and_batches, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_limits, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_limit_of_all, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_widest_line, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_refusals, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_unknown, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_repeated, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_any_order, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_escaped, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_fixed, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_jsonb, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_layouts, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_column, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_inspected, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_mistyped, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_refused, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_refused_table, open_reject, close_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
