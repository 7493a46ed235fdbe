/* COPY BINARY, byte by byte: every value against what PostgreSQL's documentation says. */
/* link: receiver/sinks/postgres/rows.c */
#include "tests/unit/helpers.h"

#include "common/rng.h"
#include "receiver/sinks/postgres/rows.h"
#include "tests/unit/pg_scene.h"

static struct pg_rows rows;

static int free_rows(void **state)
{
	(void)state;
	pg_rows_free(&rows);
	assert_null(rows.data);
	assert_int_equal(rows.length + rows.room, 0);
	return 0;
}

/* What was written since the last call. */
static void assert_bytes(const char *what, const char *want)
{
	assert_hex(what, rows.data, rows.length, want);
	assert_true(rows.room >= rows.length);
	rows.length = 0;
}

static void test_frame(void **state)
{
	(void)state;
	assert_hex("header", pg_copy_header, sizeof(pg_copy_header),
		   "5047434f 50590aff 0d0a0000 00000000 000000");
	assert_hex("trailer", pg_copy_trailer, sizeof(pg_copy_trailer), "ffff");
	assert_true(pg_rows_start_row(&rows, 0x0102));
	assert_bytes("row", "0102");
	assert_true(pg_rows_null(&rows));
	assert_bytes("NULL", "ffffffff");
	assert_true(pg_rows_bool(&rows, true));
	assert_bytes("true", "00000001 01");
	assert_true(pg_rows_bool(&rows, false));
	assert_bytes("false", "00000001 00");
	assert_int_equal(rows.count, 0);
}

static void test_integers(void **state)
{
	static const struct {
		int64_t value;
		const char *want;
	} cases[] = {
		{ 0, "00000008 00000000 00000000" },
		{ 1, "00000008 00000000 00000001" },
		{ -1, "00000008 ffffffff ffffffff" },
		{ 0x0123456789abcdef, "00000008 01234567 89abcdef" },
		{ INT64_MAX, "00000008 7fffffff ffffffff" },
		{ INT64_MIN, "00000008 80000000 00000000" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(pg_rows_int8(&rows, cases[i].value));
		assert_bytes("int8", cases[i].want);
	}
}

static void test_floats(void **state)
{
	static const struct {
		double value;
		const char *want;
	} cases[] = {
		{ 0, "00000008 00000000 00000000" },
		{ -0.0, "00000008 80000000 00000000" },
		{ 1, "00000008 3ff00000 00000000" },
		{ -2.5, "00000008 c0040000 00000000" },
		{ 0.1, "00000008 3fb99999 9999999a" },
		{ 0x1.fffffffffffffp1023, "00000008 7fefffff ffffffff" },
		{ 0x1p-1074, "00000008 00000000 00000001" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(pg_rows_float8(&rows, cases[i].value));
		assert_bytes("float8", cases[i].want);
	}
}

/* Length; digits, weight, sign, scale as 16 bits each; then the digits. */
static void test_numerics(void **state)
{
	static const struct {
		uint64_t value;
		const char *want;
	} cases[] = {
		{ 0, "00000008 00000000 00000000" },
		{ 1, "0000000a 00010000 00000000 0001" },
		{ 9999, "0000000a 00010000 00000000 270f" },
		{ 10000, "0000000a 00010001 00000000 0001" },
		{ 10001, "0000000c 00020001 00000000 00010001" },
		{ 99990000, "0000000a 00010001 00000000 270f" },
		{ 100000000, "0000000a 00010002 00000000 0001" },
		{ 100000001, "0000000e 00030002 00000000 00010000 0001" },
		{ 12345678, "0000000c 00020001 00000000 04d2162e" },
		{ 10000000000000000, "0000000a 00010004 00000000 0001" },
		{ 9223372036854775808u, "00000012 00050004 00000000 039a0d2c 01701565 16b0" },
		{ UINT64_MAX, "00000012 00050004 00000000 07341a58 02e103bb 064f" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(pg_rows_numeric(&rows, cases[i].value));
		assert_bytes("numeric", cases[i].want);
	}
}

/* Every one is what PostgreSQL 15 makes of the text (numeric_send(TEXT::numeric)). */
static void test_numeric_texts(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "0", "00000008 00000000 00000000" },
		{ "-0", "00000008 00000000 00000000" },
		{ "0.00", "00000008 00000000 00000002" },
		{ "0e-5", "00000008 00000000 00000005" },
		{ "0e5", "00000008 00000000 00000000" },
		{ "1", "0000000a 00010000 00000000 0001" },
		{ "-1", "0000000a 00010000 40000000 0001" },
		{ "0001", "0000000a 00010000 00000000 0001" },
		{ "1.50", "0000000c 00020000 00000002 00011388" },
		{ "1.50e1", "0000000a 00010000 00000001 000f" },
		{ "1.50E+1", "0000000a 00010000 00000001 000f" },
		{ "1e3", "0000000a 00010000 00000000 03e8" },
		{ "1e+4", "0000000a 00010001 00000000 0001" },
		{ "10000.0001", "0000000e 00030001 00000004 00010000 0001" },
		{ "0.1", "0000000a 0001ffff 00000001 03e8" },
		{ "0.0001", "0000000a 0001ffff 00000004 0001" },
		{ "0.00001", "0000000a 0001fffe 00000005 03e8" },
		{ "1e-05", "0000000a 0001fffe 00000005 03e8" },
		{ "-12345.678", "0000000e 00030001 40000003 00010929 1a7c" },
		{ "1.7976931348623157e+308", "00000012 0005004d 00000000 00011f28 246112fe 0c55" },
		{ "5e-324", "0000000a 0001ffaf 00000144 0005" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		char *copy = exact_copy(cases[i].text, length);

		assert_true(pg_rows_numeric_text(&rows, copy, length));
		assert_bytes(cases[i].text, cases[i].want);
		free(copy);
	}
}

/* Both ways to a whole number lead to the same bytes. */
static void test_numerics_agree(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);
		char text[32];
		size_t one;

		if (i % 4 == 0)
			value -= value % 10000000;
		rows.length = 0;
		assert_true(pg_rows_numeric(&rows, value));
		one = rows.length;
		snprintf(text, sizeof(text), "%ju", (uintmax_t)value);
		assert_true(pg_rows_numeric_text(&rows, text, strlen(text)));
		assert_int_equal(rows.length, 2 * one);
		assert_memory_equal(rows.data, rows.data + one, one);
	}
}

static void test_times(void **state)
{
	const int64_t y2000 = 946684800000000000;
	const struct {
		int64_t ns, us;
	} cases[] = {
		{ y2000, 0 },
		{ y2000 + 1, 0 },
		{ y2000 + 999, 0 },
		{ y2000 + 1000, 1 },
		{ y2000 - 1, -1 },
		{ y2000 - 1000, -1 },
		{ y2000 - 1001, -2 },
		{ 0, -946684800000000 },
		{ 1, -946684800000000 },
		{ -1, -946684800000001 },
		{ -999, -946684800000001 },
		{ -1000, -946684800000001 },
		{ -1001, -946684800000002 },
		{ 1767225600123456789, 820540800123456 },
		{ INT64_MAX, 9223372036854775 - 946684800000000 },
		{ INT64_MIN, -9223372036854776 - 946684800000000 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t us = (uint64_t)cases[i].us;
		char want[32];

		snprintf(want, sizeof(want), "00000008 %08x %08x", (unsigned int)(us >> 32),
			 (unsigned int)us);
		assert_true(pg_rows_timestamptz(&rows, cases[i].ns));
		assert_bytes("timestamptz", want);
	}
}

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		bool escaped, string;
		const char *want;
	} cases[] = {
		{ "", false, true, "00000000" },
		{ "", false, false, "00000000" },
		{ "abc", false, true, "00000003 616263" },
		{ "\342\202\254", false, false, "00000003 e282ac" },
		/* A backslash is itself where nothing is escaped. */
		{ "a\\\"", false, true, "00000003 615c22" },
		{ "a\\ b\\,\\=", true, false, "00000005 6120622c 3d" },
		{ "a\\ b", true, true, "00000004 615c2062" },
		{ "\\\"\\\\\\n", true, true, "00000003 225c0a" },
		{ "\\\"", true, false, "00000002 5c22" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		char *copy = exact_copy(cases[i].text, length);
		struct lp_text text = { copy, (uint32_t)length, cases[i].escaped };

		assert_true(pg_rows_text(&rows, text, cases[i].string));
		assert_bytes(cases[i].text, cases[i].want);
		free(copy);
	}
}

static void test_bytes(void **state)
{
	char *copy = exact_copy("\0\1\2", 3);

	(void)state;
	assert_true(pg_rows_bytes(&rows, copy, 3));
	assert_bytes("bytes", "00000003 000102");
	assert_true(pg_rows_bytes(&rows, copy, 0));
	assert_bytes("no bytes", "00000000");
	free(copy);
}

static void test_shrinking(void **state)
{
	(void)state;
	assert_true(pg_rows_bool(&rows, true));
	pg_rows_shrink(&rows);
	assert_int_equal(rows.room, 5);
	assert_true(pg_rows_bool(&rows, false));
	assert_bytes("both", "00000001 01000000 0100");
	pg_rows_shrink(&rows);
	assert_null(rows.data);
	assert_int_equal(rows.room, 0);
	assert_true(pg_rows_null(&rows));
	assert_bytes("NULL", "ffffffff");
}

/* Values at every place of a buffer that grows: none is cut, none is lost. */
static void test_growth(void **state)
{
	static const char digits[] = "\000\000\000\022\000\005\000\004\000\000\000\000"
				     "\007\064\032\130\002\341\003\273\006\117";
	const size_t size = sizeof(digits) - 1;
	char *large = malloc(100000);
	struct lp_text text = { large, 100000, false };

	(void)state;
	for (size_t offset = 0; offset < size; offset++) {
		free_rows(NULL);
		for (size_t i = 0; i < offset; i++)
			assert_true(pg_rows_bool(&rows, true));
		for (size_t i = 0; i < 500; i++)
			assert_true(pg_rows_numeric(&rows, UINT64_MAX));
		assert_int_equal(rows.length, 5 * offset + 500 * size);
		for (size_t i = 0; i < 500; i++)
			assert_memory_equal(rows.data + 5 * offset + i * size, digits, size);
	}
	memset(large, 'x', 100000);
	rows.length = 0;
	assert_true(pg_rows_text(&rows, text, true));
	assert_true(pg_rows_text(&rows, text, false));
	assert_int_equal(rows.length, 2 * 100004);
	assert_memory_equal(rows.data, "\000\001\206\240", 4);
	assert_memory_equal(rows.data + 4, large, 100000);
	assert_memory_equal(rows.data + 100008, large, 100000);
	free(large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_frame, free_rows),
		cmocka_unit_test_teardown(test_integers, free_rows),
		cmocka_unit_test_teardown(test_floats, free_rows),
		cmocka_unit_test_teardown(test_numerics, free_rows),
		cmocka_unit_test_teardown(test_numeric_texts, free_rows),
		cmocka_unit_test_teardown(test_numerics_agree, free_rows),
		cmocka_unit_test_teardown(test_times, free_rows),
		cmocka_unit_test_teardown(test_texts, free_rows),
		cmocka_unit_test_teardown(test_bytes, free_rows),
		cmocka_unit_test_teardown(test_shrinking, free_rows),
		cmocka_unit_test_teardown(test_growth, free_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
