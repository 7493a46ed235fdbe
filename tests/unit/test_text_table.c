/* Tables of text: widths, alignment, what gives way. */
#include "tests/unit/helpers.h"

#include "common/text_table.h"

static const struct text_column columns[] = {
	{ .title = "PID" },
	{ .title = "COMMAND", .left = true, .gives_way = true },
	{ .title = "IDLE", .optional = true },
	{ .title = "N" },
	{ .title = NULL },
};

static void add(struct text_table *table, const char *pid, const char *command, const char *idle,
		const char *number)
{
	const char *cells[] = { pid, command, idle, number };
	struct text_row *row = text_table_add(table);

	assert_non_null(row);
	for (size_t i = 0; i < COUNT(cells); i++)
		snprintf(row->cells[i], TEXT_CELL, "%s", cells[i]);
}

static void assert_prints(const struct text_table *table, size_t width, const char *expected)
{
	char text[8192];
	struct capture capture;

	capture_begin(&capture, stdout);
	text_table_print(table, width);
	capture_end(&capture, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_columns(void **state)
{
	struct text_table table = { .columns = columns };

	(void)state;
	assert_prints(&table, 80, "PID COMMAND N\n");
	add(&table, "7", "nginx", "", "12345");
	add(&table, "12345", "a-long-command", "", "1");
	assert_prints(&table, 80,
		      "  PID COMMAND            N\n"
		      "    7 nginx          12345\n"
		      "12345 a-long-command     1\n");
	/* Exactly as wide as it may be, and one less. */
	assert_prints(&table, 26,
		      "  PID COMMAND            N\n"
		      "    7 nginx          12345\n"
		      "12345 a-long-command     1\n");
	assert_prints(&table, 25,
		      "  PID COMMAND           N\n"
		      "    7 nginx         12345\n"
		      "12345 a-long-comman     1\n");
	add(&table, "total", "", "4", "");
	assert_prints(&table, 80,
		      "  PID COMMAND        IDLE     N\n"
		      "    7 nginx               12345\n"
		      "12345 a-long-command          1\n"
		      "total                   4\n");
	text_table_free(&table);
	assert_int_equal(table.count, 0);
}

static void test_many_rows(void **state)
{
	struct text_table table = { .columns = columns };
	char number[16];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		add(&table, number, "", "", "");
	}
	assert_int_equal(table.count, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		assert_string_equal(table.rows[i].cells[0], number);
	}
	text_table_free(&table);
}

static void test_cells(void **state)
{
	char cell[TEXT_CELL];

	(void)state;
	text_number(cell, 0);
	assert_string_equal(cell, "0");
	text_number(cell, 999999999);
	assert_string_equal(cell, "999999999");
	text_number(cell, 12340000000);
	assert_string_equal(cell, "12.34G");
	text_share(cell, 1, 8);
	assert_string_equal(cell, "12.5%");
	text_share(cell, 5, 5);
	assert_string_equal(cell, "100.0%");
	text_share(cell, 5, 0);
	assert_string_equal(cell, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_many_rows),
		cmocka_unit_test(test_cells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
