/* Parts that were made before the database was asked: what is wanted for them, and what fits. */
/* link: receiver/sinks/postgres/table.c receiver/sinks/postgres/columns.c */
/* link: receiver/sinks/postgres/layout.c receiver/sinks/postgres/claims.c */
/* link: receiver/sinks/postgres/row.c receiver/sinks/postgres/types.c */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/json.c */
/* link: receiver/sinks/postgres/cells.c receiver/sinks/postgres/float_text.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/batch.c */
/* link: receiver/sinks/postgres/fit.c */
#include "tests/unit/helpers.h"

#include "tests/unit/pg_table_scene.h"

/* What the database says, and what is wanted then. */
static void look(const char *columns, const char *want)
{
	inspected(columns);
	for (const struct pg_part *part = batch.first; part; part = part->next)
		pg_table_want(table, part);
	assert_columns(want);
}

/* Makes all parts fit, which leaves out so many rows. */
static void fit(uint64_t rejected, uint64_t failed)
{
	struct pg_left_out left_out = { 1, 2 };

	for (struct pg_part *part = batch.first; part; part = part->next) {
		bool open = table->part == part, fits = pg_table_fits(table, part);

		assert_true(pg_table_fit(table, part, &left_out));
		assert_true(pg_table_fits(table, part));
		/* What was changed may lack columns of rows to come. */
		if (open && !fits)
			assert_null(table->part);
	}
	assert_int_equal(left_out.rejected - 1, rejected);
	assert_int_equal(left_out.failed - 2, failed);
}

static void test_fits(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1");
	assert_false(pg_table_fits(table, batch.first));
	inspected("");
	assert_false(pg_table_fits(table, batch.first));
	inspected("time:t host:s");
	assert_false(pg_table_fits(table, batch.first));
	inspected("time:t host:s f:i");
	assert_false(pg_table_fits(table, batch.first));
	/* Whatever else is there, or in other parts. */
	inspected("time:t more:i host:v f:f");
	assert_true(pg_table_fits(table, batch.first));
	assert_added("cpu,host=a g=1");
	assert_true(pg_table_fits(table, batch.first));
	assert_false(pg_table_fits(table, batch.last));
	/* It may be another database by now. */
	table->known = false;
	assert_false(pg_table_fits(table, batch.first));
}

/* The usual case: what was hoped for came true, and rows go on where they are. */
static void test_as_hoped(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1");
	look("", "time:t- host:s- f:f-");
	look("time:t host:s f:f", "time:tt host:ss f:ff");
	assert_true(pg_table_complete(table));
	fit(0, 0);
	assert_added("cpu,host=b f=2");
	assert_parts("0t 1s 2f\n1 " T0 "|a|1\n1 " T0 "|b|2\n");
}

static void test_reject(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1,g=2");
	assert_added("cpu,host=b g=3,s=\"x\"");
	assert_added("cpu,host=c h=4");
	look("time:t host:s f:i g:f s:n h:o", "time:tt host:ss f:ii g:ff s:nn h:oo");
	assert_true(pg_table_complete(table));
	fit(3, 0);
	assert_parts("0t 1s 3f\n"
		     "0t 1s 3f\n"
		     "0t 1s 3f\n");
	assert_added("cpu,host=d f=5i");
	assert_int_equal(batch.last->column_count, 5);
}

/* Rows that could not be sent then bring up anew what was refused: out of a spool, hours later. */
static void test_want_again(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1");
	look("", "time:t- host:s- f:f-");
	pg_table_refuse(table, 2000);
	assert_columns("time:!t- host:!s- f:!f-");
	look("", "time:t- host:s- f:f-");
	pg_table_refuse(table, 2000);
	look("time:t host:s", "time:tt host:ss f:f-");
	assert_false(pg_table_complete(table));
	assert_added("cpu f=2");
	assert_int_equal(batch.last->column_count, 3);
}

/* What could not be made. */
static void test_fail(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1");
	assert_added("cpu,host=b g=2");
	assert_added("cpu,host=c f=3");
	look("time:t host:s f:f", "time:tt host:ss f:ff g:f-");
	assert_false(pg_table_complete(table));
	pg_table_refuse(table, 2000);
	fit(0, 1);
	assert_parts("0t 1s 2f\n1 " T0 "|a|1\n"
		     "0t 1s 2f\n1 " T0 "|c|3\n");
}

static void test_no_table(void **state)
{
	(void)state;
	assert_added("cpu,host=a f=1");
	assert_added("cpu,host=b f=2");
	look("", "time:t- host:s- f:f-");
	pg_table_refuse(table, 2000);
	fit(0, 2);
	assert_parts("\n");
	pg_batch_clear(&batch);
	when.now = 2000;
	assert_added("cpu,host=a f=1");
	/* Another's: rows conflict, whatever the rest is. */
	look("time:s host:s", "time:ts host:ss f:f-");
	assert_true(pg_table_complete(table));
	fit(1, 0);
}

static void test_widen(void **state)
{
	uint32_t epoch;

	(void)state;
	assert_added("cpu,host=a f=1.5,i=1i,b=t,n=1u");
	assert_added("cpu f=2,n=2u");
	/* Wider already, to be widened, neither. */
	look("time:t host:s f:n i:f b:b n:j", "time:tt host:ss f:nn i:nf b:bb n:jj");
	/* Rows to come are wider, too. */
	inspected("time:t host:s f:n i:f b:b n:j");
	epoch = table->epoch;
	pg_table_want(table, batch.last);
	assert_int_not_equal(table->epoch, epoch);
	assert_false(pg_table_complete(table));
	look("time:t host:s f:n i:n b:b n:s", "time:tt host:ss f:nn i:nn b:bb n:ss");
	assert_true(pg_table_complete(table));
	fit(0, 0);
	assert_parts("0t 1s 2n 3n 4b 5s\n"
		     "1 " T0 "|a|1.5|1|true|1\n"
		     "1 " T0 "||2|||2\n");
	/* What cannot hold it. */
	pg_batch_clear(&batch);
	table->part = NULL;
	assert_added("cpu x=1");
	assert_added("cpu y=1");
	look("time:t host:s f:n i:n b:b n:s x:o y:t",
	     "time:tt host:ss f:nn i:nn b:bb n:ss x:oo y:tt");
	fit(2, 0);
}

/* What every row has is neither converted nor altered, and nothing is beside it. */
static void test_fixed(void **state)
{
	(void)state;
	shape.ns = true;
	reopen_table();
	assert_added("cpu f=1");
	look("time:t time_ns:n f:f", "time:tt time_ns:in f:ff");
	assert_true(pg_table_complete(table));
	fit(1, 0);
	assert_int_equal(add("cpu f=1"), PG_ROW_CONFLICT);
	assert_string_equal(reason, "the table's column \"time_ns\" is not of type bigint");
}

/* The rows could have been stored if the database had done as it was asked. */
static void test_widen_refused(void **state)
{
	(void)state;
	assert_added("cpu x=1");
	assert_added("cpu y=1");
	look("time:t x:i y:f", "time:tt x:ni y:ff");
	pg_table_refuse(table, 2000);
	assert_columns("time:tt x:ii y:ff");
	assert_true(pg_table_complete(table));
	fit(0, 1);
	assert_parts("0t\n"
		     "0t 2f\n1 " T0 "|1\n");
}

/* Parts of several times: each has its say. */
static void test_widen_parts(void **state)
{
	(void)state;
	assert_added("cpu x=1");
	assert_added("cpu x=1i");
	assert_added("cpu x=t");
	look("", "time:t- x:s-");
	/* Another worker was first. */
	look("time:t x:b", "time:tt x:sb");
	assert_false(pg_table_complete(table));
	look("time:t x:s", "time:tt x:ss");
	fit(0, 0);
	assert_parts("0t 1s\n1 " T0 "|1\n"
		     "0t 1s\n1 " T0 "|1\n"
		     "0t 1s\n1 " T0 "|true\n");
}

static void test_new_column(void **state)
{
	(void)state;
	assert_added("cpu,host=a x=1");
	assert_added("cpu,host=b x=2i");
	assert_added("cpu,x=3 host=\"c\"");
	assert_columns("time:t- host:s- x:f- x_int:i- x_tag:s-");
	look("", "time:t- host:s- x:f- x_int:i- x_tag:s-");
	/* Another worker was first: x is what it wanted. */
	look("time:t host:i x:b x_int:i x_tag:s",
	     "time:tt host:ii x:bb x_int:ii x_tag:ss host_tag:s- x_float:f-");
	assert_false(pg_table_complete(table));
	look("time:t host:i x:b x_int:i x_tag:s x_float:f host_tag:s",
	     "time:tt host:ii x:bb x_int:ii x_tag:ss host_tag:ss x_float:ff");
	fit(0, 0);
	assert_parts("0t 5s 6f\n1 " T0 "|a|1\n"
		     "0t 5s 6f 3i\n1 " T0 "|b||2\n"
		     "0t 5s 6f 3i 4s\n1 " T0 "|c|||3\n");
}

/* The column beside it is another's, cannot be made, or cannot be. */
static void test_new_column_not(void **state)
{
	static const char *const lines[] = { "cpu x=1", "cpu y=1", "cpu z=1", "cpu o=1",
					     "cpu f=1" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++)
		assert_added(lines[i]);
	shape.columns_max = 9;
	look("time:t x:i x_float:i y:i z:i o:o f:f",
	     "time:tt x:ii y:ii z:ii o:oo f:ff x_float:f- y_float:f- z_float:f-");
	look("time:t x:i x_float:i y:i z:i o:o f:f z_float:f",
	     "time:tt x:ii y:ii z:ii o:oo f:ff x_float:ii y_float:f- z_float:ff");
	pg_table_refuse(table, 2000);
	fit(2, 1);
	assert_parts("0t\n"
		     "0t\n"
		     "0t 8f\n1 " T0 "|1\n"
		     "0t 8f\n"
		     "0t 8f 5f\n1 " T0 "||1\n");
}

/* Two columns that become one: a row may have a value in one of them only. */
static void test_new_column_both(void **state)
{
	(void)state;
	assert_added("cpu x=1,x_float=2");
	assert_added("cpu x_float=3");
	assert_added("cpu x=4");
	look("time:t x:i x_float:f", "time:tt x:ii x_float:ff");
	fit(1, 0);
	assert_parts("0t 2f\n1 " T0 "|3\n1 " T0 "|4\n");
}

/* A column that vanished is wanted again for rows that have it. */
static void test_vanished(void **state)
{
	(void)state;
	assert_added("cpu x=1,y=1");
	inspected("time:t x:o y:i");
	assert_columns("time:tt x:oo y:ii");
	look("time:t", "time:tt x:f- y:i-");
	look("time:t x:f y:i", "time:tt x:ff y:ii");
	fit(1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fits, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_as_hoped, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_reject, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_want_again, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_fail, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_no_table, open_reject, close_table),
		cmocka_unit_test_setup_teardown(test_widen, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_fixed, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_fixed, open_new_column, close_table),
		cmocka_unit_test_setup_teardown(test_widen_refused, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_widen_parts, open_widen, close_table),
		cmocka_unit_test_setup_teardown(test_new_column, open_new_column, close_table),
		cmocka_unit_test_setup_teardown(test_new_column_not, open_new_column, close_table),
		cmocka_unit_test_setup_teardown(test_new_column_both, open_new_column, close_table),
		cmocka_unit_test_setup_teardown(test_vanished, open_reject, close_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
