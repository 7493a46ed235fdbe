/* --on-type-conflict widen and new-column: what becomes of values of other types, line by line. */
/* link: receiver/sinks/postgres/table.c receiver/sinks/postgres/columns.c */
/* link: receiver/sinks/postgres/layout.c receiver/sinks/postgres/claims.c */
/* link: receiver/sinks/postgres/row.c receiver/sinks/postgres/types.c */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/cells.c receiver/sinks/postgres/float_text.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/batch.c */
#include "tests/unit/helpers.h"

#include "tests/unit/pg_table_scene.h"

/* Every pair of types: what the column is in the end, and the second value in it. */
static void test_widen_pairs(void **state)
{
	static const struct {
		const char *first, *second;
		char type;
		const char *text;
	} cases[] = {
		{ "f", "x=2i", 'n', "2" },
		{ "f", "x=18446744073709551615u", 'n', "18446744073709551615" },
		{ "f", "x=\"a\"", 's', "a" },
		{ "f", "x=t", 's', "true" },
		{ "i", "x=-0.1", 'n', "-0.1" },
		{ "i", "x=2u", 'n', "2" },
		{ "i", "x=\"\"", 's', "" },
		{ "i", "x=f", 's', "false" },
		{ "n", "x=1e300", 'n', "1" },
		{ "n", "x=-9223372036854775808i", 'n', "-9223372036854775808" },
		{ "n", "x=\"a\"", 's', "a" },
		{ "n", "x=t", 's', "true" },
		{ "s", "x=1.5", 's', "1.5" },
		{ "s", "x=-7i", 's', "-7" },
		{ "s", "x=10000u", 's', "10000" },
		{ "s", "x=t", 's', "true" },
		{ "b", "x=1.5", 's', "1.5" },
		{ "b", "x=7i", 's', "7" },
		{ "b", "x=7u", 's', "7" },
		{ "b", "x=\"a\"", 's', "a" },
		{ "b", "x=f", 'b', "false" },
	};
	static const char *const lines[] = {
		['f'] = "cpu x=1",     ['i'] = "cpu x=1i", ['n'] = "cpu x=1u",
		['s'] = "cpu x=\"1\"", ['b'] = "cpu x=t",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[64], want[64], *rows;
		const char *row;

		reopen_table();
		assert_added(lines[(unsigned char)*cases[i].first]);
		snprintf(line, sizeof(line), "cpu %s", cases[i].second);
		assert_added(line);
		snprintf(want, sizeof(want), "time:t- x:%c-", cases[i].type);
		assert_columns(want);
		rows = show_part(batch.last);
		row = strrchr(rows, '|');
		assert_non_null(row);
		if (strncmp(row + 1, cases[i].text, strlen(cases[i].text)) != 0)
			fail_msg("%s: %s", line, rows);
		free(rows);
	}
}

static void test_widen(void **state)
{
	(void)state;
	assert_added("cpu,host=a x=1");
	assert_added("cpu,host=b x=2i");
	assert_added("cpu,host=c x=3");
	assert_added("cpu,x=d y=4");
	assert_added("cpu,host=e x=5i");
	/* Of a repeated field the last value counts, but each has its say about the type. */
	assert_added("cpu y=6,y=7i");
	assert_parts("0t 1s 2f\n1 " T0 "|a|1\n"
		     "0t 1s 2n\n1 " T0 "|b|2\n1 " T0 "|c|3\n"
		     "0t 1s 2s 3f\n1 " T0 "||d|4\n1 " T0 "|e|5|\n"
		     "0t 1s 2s 3n\n1 " T0 "|||7\n");
}

static void test_widen_refusals(void **state)
{
	static const struct refusal refusals[] = {
		{ "cpu,x=a x=1", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu,x=a x=\"b\"", 0, PG_ROW_CONFLICT, "a tag and a field" },
		{ "cpu x=\"a\",new=1,time=1", 0, PG_ROW_CONFLICT, "the name \"time\"" },
		{ "cpu x=1,x=\"a\",x=t,host=1,ctid=1", 0, PG_ROW_LIMIT, "PostgreSQL keeps" },
		{ "cpu x=1,o=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu x=1,j=1", 0, PG_ROW_CONFLICT, "a field's value" },
		{ "cpu,o=1 x=1", 0, PG_ROW_CONFLICT, "a tag's column" },
	};

	(void)state;
	assert_added("cpu,host=a x=1i,o=1,j=1");
	inspected("time:t host:s x:i o:o j:j");
	assert_refused(refusals, COUNT(refusals));
	assert_added("cpu x=2i");
	assert_columns("time:tt host:ss x:ii o:oo j:jj");
}

/* A column that the database has is to be altered, unless it would not. */
static void test_widen_known(void **state)
{
	uint32_t epoch;

	(void)state;
	assert_added("cpu x=1i,y=1u");
	inspected("time:t x:i y:n");
	assert_true(pg_table_complete(table));
	/* It is wide enough. */
	epoch = table->epoch;
	assert_added("cpu y=1i");
	assert_added("cpu y=0.5");
	assert_int_equal(table->epoch, epoch);
	assert_true(pg_table_complete(table));
	assert_added("cpu x=0.5");
	assert_columns("time:tt x:ni y:nn");
	assert_false(pg_table_complete(table));
	inspected("time:t x:n y:n");
	assert_true(pg_table_complete(table));
	assert_added("cpu x=2i");
	/* Refused: it stays what it is, for a while. */
	assert_added("cpu x=t");
	pg_table_refuse(table, 2000);
	assert_columns("time:tt x:nn y:nn");
	assert_int_equal(add("cpu x=t"), PG_ROW_REFUSED);
	assert_int_equal(add("cpu y=\"a\""), PG_ROW_REFUSED);
	assert_added("cpu x=3i");
	when.now = 2000;
	assert_added("cpu x=f");
	assert_columns("time:tt x:sn y:nn");
	assert_parts("0t 1i 2n\n1 " T0 "|1|1\n1 " T0 "||1\n1 " T0 "||0.5\n"
		     "0t 1n 2n\n1 " T0 "|0.5|\n1 " T0 "|2|\n"
		     "0t 1s 2n\n1 " T0 "|true|\n"
		     "0t 1n 2n\n1 " T0 "|3|\n"
		     "0t 1s 2n\n1 " T0 "|false|\n");
}

static void test_new_column(void **state)
{
	(void)state;
	assert_added("cpu x=1");
	assert_added("cpu x=2i");
	assert_added("cpu x=3u");
	assert_added("cpu x=\"4\"");
	assert_added("cpu x=t");
	assert_added("cpu,x=6 y=6");
	assert_columns("time:t- x:f- x_int:i- x_uint:n- x_string:s- x_bool:b- x_tag:s- y:f-");
	/* Nothing new. */
	pg_batch_clear(&batch);
	table->part = NULL;
	assert_added("cpu x=2i");
	assert_added("cpu x=3,x_int=3i");
	assert_added("cpu,x=4 x=4,y=4");
	assert_added("cpu,x=5 x=\"5\"");
	assert_added("cpu,x_tag=7 x=7i,x=8u,x=10u");
	assert_parts("0t 1f 2i 3n 4s 5b 6s 7f\n"
		     "1 " T0 "||2|||||\n"
		     "1 " T0 "|3|3|||||\n"
		     "1 " T0 "|4|||||4|4\n"
		     "1 " T0 "||||5||5|\n"
		     "1 " T0 "||7|10|||7|\n");
}

static void test_new_column_refusals(void **state)
{
	/* "_string" makes 64 bytes of it. */
	static const char name[] = "a123456789b123456789c123456789d123456789e123456789f123456";
	static const struct refusal refusals[] = {
		/* Two keys, one column. */
		{ "cpu x=1i,x_int=2i", 0, PG_ROW_CONFLICT, "two values of the line" },
		{ "cpu x_int=2i,new=1,x=1i", 0, PG_ROW_CONFLICT, "two values of the line" },
		{ "cpu,x_tag=1,x=2 y=1", 0, PG_ROW_CONFLICT, "two values of the line" },
		{ "cpu,x=2,x_tag=1 y=1", 0, PG_ROW_CONFLICT, "two values of the line" },
		/* What is beside it has another type, too. */
		{ "cpu new=1,y=t", 0, PG_ROW_CONFLICT, "a value is neither of its column's" },
		{ "cpu,time=1 x=1", 0, PG_ROW_CONFLICT, "the name \"time\"" },
	};
	char line[128];

	(void)state;
	assert_added("cpu x=1,y=1,y_bool=1");
	assert_added("cpu,x=1 x=1");
	assert_added("cpu x=1i");
	assert_refused(refusals, COUNT(refusals));
	snprintf(line, sizeof(line), "cpu %s=1", name);
	assert_added(line);
	snprintf(line, sizeof(line), "cpu new=1,%s=\"1\"", name);
	assert_int_equal(add(line), PG_ROW_CONFLICT);
	assert_string_equal(reason, "a value is not of its column's type, whose name is too long "
				    "for a column beside it");
	snprintf(line, sizeof(line), "cpu,%s=1 new=1", name);
	assert_added(line);
	snprintf(line, sizeof(line), "cpu %s=t", name);
	assert_added(line);
	assert_int_equal(table->columns[table->column_count - 1].length, PG_NAME_MAX - 1);
	shape.columns_max = table->column_count;
	assert_int_equal(add("cpu x=t"), PG_ROW_LIMIT);
}

/* What stands beside a column belongs to the receiver, or to nobody any more. */
static void test_new_column_others(void **state)
{
	(void)state;
	shape.ns = true;
	reopen_table();
	assert_int_equal(add("cpu time_ns=1"), PG_ROW_CONFLICT);
	assert_added("cpu x=1,x_int=2i");
	inspected("time:t time_ns:i x:o x_int:o");
	assert_added("cpu x=1");
	assert_columns("time:tt time_ns:ii x:oo x_int:oo x_float:f-");
	assert_int_equal(add("cpu x=2i"), PG_ROW_CONFLICT);
	inspected("time:t time_ns:i x:o");
	assert_added("cpu x=2i");
	assert_columns("time:tt time_ns:ii x:oo x_int:i- x_float:f-");
	inspected("time:t time_ns:i x_int:i x_float:f");
	assert_added("cpu x=t");
	assert_columns("time:tt time_ns:ii x:b- x_int:ii x_float:ff");
}

/* Where the database has them, and where it would not make them. */
static void test_new_column_known(void **state)
{
	(void)state;
	assert_added("cpu x=1");
	inspected("time:t x:i");
	assert_added("cpu x=2");
	assert_added("cpu x=3i");
	assert_columns("time:tt x:ii x_float:f-");
	pg_table_refuse(table, 2000);
	assert_int_equal(add("cpu x=2"), PG_ROW_REFUSED);
	assert_added("cpu x=4i");
	assert_added("cpu x=t");
	when.now = 2000;
	assert_added("cpu x=5");
	assert_columns("time:tt x:ii x_float:f- x_bool:b-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_widen_pairs, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_widen, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_widen_refusals, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_widen_known, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_new_column, open_new_column, close_table),
		cmocka_unit_test_setup_teardown(test_new_column_refusals, open_new_column,
						close_table),
		cmocka_unit_test_setup_teardown(test_new_column_others, open_new_column,
						close_table),
		cmocka_unit_test_setup_teardown(test_new_column_known, open_new_column,
						close_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
