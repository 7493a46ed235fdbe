/* link: probes/top/spark.c */
/* Numbers, bars and sparklines of fairport-top. */
#include "tests/unit/helpers.h"

#include <math.h>

#include "probes/top/spark.h"

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *number, *bytes;
	} rows[] = {
		{ 0, "0", "0B" },
		{ 0.5, "0.5", "0B" },
		{ 5, "5", "5B" },
		{ 9.94, "9.9", "10B" },
		{ 9.96, "10", "10B" },
		{ 17.4, "17", "17B" },
		{ 999.4, "999", "999B" },
		{ 999.6, "1.00k", "1.0kB" },
		{ 1234, "1.23k", "1.2kB" },
		{ 9996, "10.0k", "10kB" },
		{ 17949, "17.9k", "18kB" },
		{ 212992, "213k", "213kB" },
		{ 999600, "1.00M", "1.0MB" },
		{ 16777216, "16.8M", "17MB" },
		{ 1.5e9, "1.50G", "1.5GB" },
		{ 18446744073709551615.0, "9999T", "999TB" },
		{ NAN, "-", "-" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[SHORT_TEXT];

		assert_string_equal(short_number(text, rows[i].value), rows[i].number);
		assert_true(strlen(short_number(text, rows[i].value)) <= SHORT_WIDTH);
		assert_string_equal(short_bytes(text, rows[i].value), rows[i].bytes);
		assert_true(strlen(text) <= SHORT_WIDTH);
	}
}

static void test_bars(void **state)
{
	char text[DRAWN_BYTES(4)];

	(void)state;
	assert_string_equal(bar_text(text, 4, 0, true), "    ");
	assert_string_equal(bar_text(text, 4, 1, true), "████");
	assert_string_equal(bar_text(text, 4, 2, true), "████");
	assert_string_equal(bar_text(text, 4, 0.5, true), "██  ");
	assert_string_equal(bar_text(text, 4, 0.40625, true), "█▋  ");
	assert_string_equal(bar_text(text, 4, 1e-9, true), "▏   ");
	assert_string_equal(bar_text(text, 4, NAN, true), "    ");
	assert_string_equal(bar_text(text, 4, 0.5, false), "##  ");
	assert_string_equal(bar_text(text, 4, 1e-9, false), "#   ");
	assert_int_equal(text_width(bar_text(text, 4, 0.3, true)), 4);
}

static void test_sparks(void **state)
{
	static const double values[] = { NAN, 0, 1e-9, 50, 100 };
	static const double nothing[] = { 0, 0 };
	char text[DRAWN_BYTES(5)];

	(void)state;
	assert_string_equal(spark_text(text, values, 5, 100, true), " ▁▂▅█");
	assert_string_equal(spark_text(text, values, 5, 100, false), " _.=#");
	assert_string_equal(spark_text(text, nothing, 2, 0, true), "▁▁");
}

static void test_clip(void **state)
{
	char plain[] = "abcdef", drawn[] = "a▁▂▃", fits[] = "abc", all[] = "abc";

	(void)state;
	text_clip(plain, 3);
	assert_string_equal(plain, "abc");
	text_clip(drawn, 2);
	assert_string_equal(drawn, "a▁");
	text_clip(fits, 3);
	assert_string_equal(fits, "abc");
	text_clip(all, 0);
	assert_string_equal(all, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_sparks),
		cmocka_unit_test(test_clip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
