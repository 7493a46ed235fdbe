/* The tables by name: found again, up to as many as there may be; marks of writers. */
/* link: receiver/sinks/postgres/catalog.c receiver/sinks/postgres/mark.c */
/* link: receiver/sinks/postgres/table.c receiver/sinks/postgres/columns.c */
/* link: receiver/sinks/postgres/layout.c receiver/sinks/postgres/fit.c */
/* link: receiver/sinks/postgres/claims.c receiver/sinks/postgres/row.c */
/* link: receiver/sinks/postgres/rows.c */
/* link: receiver/sinks/postgres/types.c receiver/sinks/postgres/cells.c */
/* link: receiver/sinks/postgres/part.c receiver/sinks/postgres/batch.c */
/* link: receiver/sinks/postgres/json.c receiver/sinks/postgres/float_text.c */
#include "tests/unit/helpers.h"

#include <stdio.h>
#include <string.h>

#include "receiver/sinks/postgres/catalog.h"
#include "receiver/sinks/postgres/mark.h"
#include "receiver/sinks/postgres/table.h"

static struct pg_shape shape;
static struct pg_tables tables;

static void open_tables(size_t most)
{
	shape = (struct pg_shape){ .layout = pg_layout_by_index(0),
				   .columns_max = 1000,
				   .columns_left = 65536 };
	assert_true(pg_tables_open(&tables, &shape, most));
}

static struct pg_table *find(const char *name, const char **reason)
{
	*reason = NULL;
	return pg_tables_find(&tables, name, strlen(name), reason);
}

static void test_many(void **state)
{
	static struct pg_table *found[1000];
	const char *reason;
	char name[16];

	(void)state;
	open_tables(1000);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			struct pg_table *table;

			snprintf(name, sizeof(name), "m%d", i);
			table = find(name, &reason);
			assert_non_null(table);
			assert_string_equal(table->name, name);
			if (round)
				assert_ptr_equal(table, found[i]);
			found[i] = table;
		}
	assert_int_equal(tables.count, 1000);
	assert_null(find("one more", &reason));
	assert_string_equal(reason,
			    "there are as many measurements as there may be (--max-tables)");
	/* Those that are there are found still. */
	assert_ptr_equal(find("m7", &reason), found[7]);
	pg_tables_close(&tables);
}

static void test_names(void **state)
{
	const char *reason;

	(void)state;
	open_tables(4);
	assert_ptr_not_equal(find("cpu", &reason), find("CPU", &reason));
	assert_ptr_not_equal(find("cpu", &reason), find("cpu0", &reason));
	assert_int_equal(tables.count, 3);
	assert_null(find("fairport_batches", &reason));
	assert_string_equal(reason, "the name is that of the receiver's own table");
	assert_int_equal(tables.count, 3);
	pg_tables_close(&tables);
}

static void test_doubt(void **state)
{
	const char *reason;
	struct pg_table *table;

	(void)state;
	open_tables(4);
	table = find("cpu", &reason);
	table->known = true;
	pg_tables_doubt(&tables);
	assert_false(table->known);
	pg_tables_close(&tables);
}

/* Spools are named by them, and the oldest is sent on first. */
static void test_writers_sort_by_age(void **state)
{
	struct pg_mark older, newer;

	(void)state;
	pg_mark_new(&older, "t");
	pg_mark_new(&newer, "t");
	assert_int_equal(strlen(older.writer), 33);
	assert_int_equal(strspn(older.writer, "0123456789abcdef"), 32);
	assert_true(strcmp(older.writer, newer.writer) < 0);
	assert_false(older.known);
	assert_int_equal(older.batch, 0);
	assert_int_equal(older.row, -1);
}

/* A mark is moved only from where it is believed to be. */
static void test_move(void **state)
{
	struct pg_mark mark = { .writer = "w", .batch = 7, .row = 20 };
	char *sql = pg_mark_sql_move("public", &mark, 8, -1);

	(void)state;
	assert_non_null(strstr(sql, "SET batch = 8, \"row\" = -1,"));
	assert_non_null(strstr(sql, "WHERE writer = 'w' AND batch = 7 AND \"row\" = 20 "));
	free(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_doubt),
		cmocka_unit_test(test_move),
		cmocka_unit_test(test_writers_sort_by_age),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
