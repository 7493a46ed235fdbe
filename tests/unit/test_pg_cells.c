/* Cells of binary COPY: found in rows, as the text that PostgreSQL has for them, converted. */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/cells.c */
/* link: receiver/sinks/postgres/json.c receiver/sinks/postgres/float_text.c */
/* link: receiver/sinks/postgres/types.c */
#include "tests/unit/helpers.h"

#include <math.h>

#include "common/rng.h"
#include "tests/unit/pg_scene.h"

static struct pg_rows rows, text;

static int free_rows(void **state)
{
	(void)state;
	pg_rows_free(&rows);
	pg_rows_free(&text);
	return 0;
}

/* The text of the cell at the start of ROWS. */
static const char *text_of(enum pg_type type)
{
	text.length = 0;
	assert_true(pg_cell_valid(type, first_cell(&rows)));
	assert_true(pg_cell_text(&text, type, first_cell(&rows)));
	*pg_rows_reserve(&text, 1) = '\0';
	assert_int_equal(text.count, 0);
	return text.data;
}

static void test_types(void **state)
{
	(void)state;
	assert_string_equal(pg_type_sql(PG_FLOAT8), "double precision");
	assert_string_equal(pg_type_sql(PG_TIME), "timestamptz");
	for (enum pg_type type = PG_FLOAT8; type < PG_OTHER; type++) {
		assert_non_null(pg_type_sql(type));
		assert_int_equal(pg_type_of_oid(pg_type_oid(type)), type);
	}
	assert_int_equal(pg_type_oid(PG_JSONB), 3802);
	assert_int_equal(pg_type_of_oid(1043), PG_TEXT);
	assert_int_equal(pg_type_of_oid(0), PG_OTHER);
	assert_int_equal(pg_type_of_oid(23), PG_OTHER);
	assert_int_equal(pg_type_oid(PG_MISSING) + pg_type_oid(PG_OTHER), 0);
}

/* One line for each type, with a letter for what holds both; "o" where nothing does. */
static void test_wider(void **state)
{
	static const char *const want[] = {
		"-finsbtjo", "ffnnssooo", "inInssooo", "nnnnssooo", "ssssssooo",
		"bssssbooo", "toooootoo", "jooooooJo", "ooooooooo",
	};

	(void)state;
	for (enum pg_type one = PG_MISSING; one <= PG_OTHER; one++) {
		for (enum pg_type other = PG_MISSING; other <= PG_OTHER; other++) {
			char letter = (char)(want[one][other] | 0x20);
			enum pg_type type = letter == 'o' ? PG_OTHER : type_of_letter(letter);

			if (want[one][other] == '-')
				type = PG_MISSING;
			assert_int_equal(pg_type_wider(one, other), type);
		}
	}
}

static void test_reading(void **state)
{
	struct pg_cell cells[3];
	const char *second, *third, *end;

	(void)state;
	assert_true(pg_rows_start_row(&rows, 3));
	assert_true(pg_rows_null(&rows));
	assert_true(pg_rows_bytes(&rows, "", 0));
	assert_true(pg_rows_bytes(&rows, "abc", 3));
	assert_true(pg_rows_start_row(&rows, 0));
	assert_true(pg_rows_start_row(&rows, 1));
	assert_true(pg_rows_bool(&rows, true));
	end = rows.data + rows.length;
	second = pg_row_read(rows.data, cells);
	assert_ptr_equal(second, rows.data + 17);
	assert_null(cells[0].data);
	assert_non_null(cells[1].data);
	assert_int_equal(cells[1].length, 0);
	assert_int_equal(cells[2].length, 3);
	assert_memory_equal(cells[2].data, "abc", 3);
	third = pg_row_read(second, cells);
	assert_ptr_equal(third, second + 2);
	assert_ptr_equal(pg_row_read(third, cells), end);
	assert_int_equal(*cells[0].data, 1);
	assert_ptr_equal(pg_row_skip(rows.data, 0), rows.data);
	assert_ptr_equal(pg_row_skip(rows.data, 1), second);
	assert_ptr_equal(pg_row_skip(rows.data, 2), third);
	assert_ptr_equal(pg_row_skip(rows.data, 3), end);
}

/* Every text is what PostgreSQL 15 prints for the value. */
static void test_texts(void **state)
{
	static const struct {
		char type;
		const char *value, *want;
	} cases[] = {
		{ 'f', "0", "0" },
		{ 'f', "-0.0", "-0" },
		{ 'f', "1", "1" },
		{ 'f', "-2.5", "-2.5" },
		{ 'f', "0.1", "0.1" },
		{ 'f', "0.0001", "0.0001" },
		{ 'f', "0.00001", "1e-05" },
		{ 'f', "-0.0000123", "-1.23e-05" },
		{ 'f', "1e14", "100000000000000" },
		{ 'f', "1e15", "1e+15" },
		{ 'f', "999999999999999.9", "999999999999999.9" },
		{ 'f', "123456789012345680", "1.2345678901234568e+17" },
		{ 'f', "1e22", "1e+22" },
		{ 'f', "1e100", "1e+100" },
		/* Half way between two doubles. */
		{ 'f', "1e23", "9.999999999999999e+22" },
		{ 'f', "9007199254740993", "9.007199254740992e+15" },
		/* Half way between two texts of 16 digits. */
		{ 'f', "562949953421312.25", "562949953421312.2" },
		/* More room above than below. */
		{ 'f', "0x1p-44", "5.684341886080802e-14" },
		{ 'f', "0x1p-1022", "2.2250738585072014e-308" },
		{ 'f', "0x1p-1074", "5e-324" },
		{ 'f', "0x1.fffffffffffffp1023", "1.7976931348623157e+308" },
		{ 'i', "0", "0" },
		{ 'i', "-9223372036854775808", "-9223372036854775808" },
		{ 'n', "0", "0" },
		{ 'n', "-0.00", "0.00" },
		{ 'n', "1.50e1", "15.0" },
		{ 'n', "1e3", "1000" },
		{ 'n', "1e4", "10000" },
		{ 'n', "100000000", "100000000" },
		{ 'n', "-12345.678", "-12345.678" },
		{ 'n', "10000.00010", "10000.00010" },
		{ 'n', "0.0001", "0.0001" },
		{ 'n', "-0.000010", "-0.000010" },
		{ 'n', "1e-13", "0.0000000000001" },
		{ 'n', "18446744073709551615", "18446744073709551615" },
		{ 's', "\303\251 ", "\303\251 " },
		{ 'b', "t", "true" },
		{ 'b', "f", "false" },
		{ 't', "0", "1970-01-01 00:00:00+00" },
		{ 't', "-1", "1969-12-31 23:59:59.999999+00" },
		{ 't', "946684800000000000", "2000-01-01 00:00:00+00" },
		{ 't', "946684799999999999", "1999-12-31 23:59:59.999999+00" },
		{ 't', "946684800100000000", "2000-01-01 00:00:00.1+00" },
		{ 't', "951782400000000000", "2000-02-29 00:00:00+00" },
		{ 't', "1767322985000006789", "2026-01-02 03:03:05.000006+00" },
		{ 't', "9223372036854775807", "2262-04-11 23:47:16.854775+00" },
		{ 't', "-9223372036854775808", "1677-09-21 00:12:43.145224+00" },
		{ 'j', "b\"", "{\"a\":\"b\\\"\"}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum pg_type type = type_of_letter(cases[i].type);

		rows.length = 0;
		write_cell(&rows, type, cases[i].value, strlen(cases[i].value));
		assert_string_equal(text_of(type), cases[i].want);
	}
}

/* What is there stays; nothing is appended for no text. */
static void test_appending(void **state)
{
	(void)state;
	assert_true(pg_rows_bytes(&rows, "", 0));
	assert_true(pg_cell_text(&text, PG_TEXT, first_cell(&rows)));
	assert_int_equal(text.length, 0);
	rows.length = 0;
	write_cell(&rows, PG_BOOLEAN, "t", 1);
	for (int i = 0; i < 5000; i++)
		assert_true(pg_cell_text(&text, PG_BOOLEAN, first_cell(&rows)));
	assert_int_equal(text.length, 20000);
	for (size_t i = 0; i < text.length; i += 4)
		assert_memory_equal(text.data + i, "true", 4);
}

static void test_converting(void **state)
{
	static const struct {
		char from, to;
		const char *value, *want;
	} cases[] = {
		{ 'f', 'f', "1.5", "00000008 3ff80000 00000000" },
		{ 't', 't', "946684800000001000", "00000008 00000000 00000001" },
		{ 'n', 'n', "1.5", "0000000c 00020000 00000001 00011388" },
		{ 'f', 'n', "1.5", "0000000c 00020000 00000001 00011388" },
		{ 'f', 'n', "-1e-05", "0000000a 0001fffe 40000005 03e8" },
		/* PostgreSQL's own cast would keep 15 digits. */
		{ 'f', 'n', "0.1234567890123456", "00000010 0004ffff 00000010 04d2162e 23340d80" },
		{ 'f', 'n', "-0.0", "00000008 00000000 00000000" },
		{ 'i', 'n', "-10000", "0000000a 00010001 40000000 0001" },
		{ 'i', 's', "-12", "00000003 2d3132" },
		{ 'f', 's', "1e-05", "00000005 31652d30 35" },
		{ 'n', 's', "1.50", "00000004 312e3530" },
		{ 'b', 's', "f", "00000005 66616c73 65" },
		{ 's', 's', "abc", "00000003 616263" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum pg_type from = type_of_letter(cases[i].from);
		enum pg_type to = type_of_letter(cases[i].to);

		rows.length = text.length = 0;
		write_cell(&rows, from, cases[i].value, strlen(cases[i].value));
		assert_true(pg_cell_convert(&text, from, first_cell(&rows), to));
		assert_hex(cases[i].value, text.data, text.length, cases[i].want);
		text.length = 0;
		assert_true(pg_cell_convert(&text, from, (struct pg_cell){ NULL, 0 }, to));
		assert_hex("NULL", text.data, text.length, "ffffffff");
	}
}

static void test_valid(void **state)
{
	static const struct {
		char type;
		bool valid;
		const char *bytes;
		uint32_t length;
	} cases[] = {
		{ 'f', true, "\077\360\0\0\0\0\0\0", 8 },
		{ 'f', false, "\177\360\0\0\0\0\0\0", 8 }, /* infinity */
		{ 'f', false, "\177\370\0\0\0\0\0\0", 8 }, /* no number */
		{ 'f', false, "\077\360\0\0\0\0\0", 7 },
		{ 'i', true, "\377\377\377\377\377\377\377\377", 8 },
		{ 'i', false, "\377\377\377\377", 4 },
		{ 't', false, "\0\0\0\0\0\0\0\0\0", 9 },
		{ 'b', true, "\1", 1 },
		{ 'b', false, "", 0 },
		{ 's', true, "", 0 },
		{ 's', true, "\303\251", 2 },
		{ 's', false, "\303", 1 },
		{ 's', false, "a\0b", 3 },
		{ 'j', true, "\1{}", 3 },
		{ 'j', false, "\2{}", 3 },
		{ 'j', false, "\1", 1 },
		{ 'j', false, "", 0 },
		{ 'j', false, "\1\"\377\"", 4 },
		{ 'n', true, "\0\0\0\0\0\0\0\0", 8 },
		{ 'n', true, "\0\1\0\0\100\0\0\0\047\017", 10 },
		{ 'n', false, "\0\1\0\0\100\0\0\0\047\020", 10 }, /* a digit 10000 */
		{ 'n', false, "\0\1\0\0\100\0\0\0", 8 },
		{ 'n', false, "\0\0\0\0\300\0\0\0", 8 }, /* no number */
		{ 'n', false, "\0\0\0\0\0\0\100\0", 8 }, /* too many places */
		{ 'n', false, "\0\0\0\0\0\0\0", 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *copy = exact_copy(cases[i].bytes, cases[i].length);
		struct pg_cell cell = { copy, cases[i].length };

		if (pg_cell_valid(type_of_letter(cases[i].type), cell) != cases[i].valid)
			fail_msg("case %zu", i);
		free(copy);
	}
	assert_false(pg_cell_valid(PG_OTHER, (struct pg_cell){ "", 0 }));
	assert_false(pg_cell_valid(PG_MISSING, (struct pg_cell){ "", 0 }));
}

static double random_double(struct rng *rng)
{
	uint64_t bits;
	double value;

	if (rng_next(rng) % 4 == 0)
		return (double)rng_below(rng, 1000000) / 1000;
	if (rng_next(rng) % 4 == 0)
		return ldexp(1, (int)rng_below(rng, 2098) - 1074);
	do {
		bits = rng_next(rng);
		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

/* Digits of a number as it is printed, but for zeros in front and behind. */
static int count_digits(const char *number)
{
	int count = 0, zeros = 0;

	for (; *number && *number != 'e'; number++) {
		if (*number < '0' || *number > '9' || (count == 0 && *number == '0'))
			continue;
		count++;
		zeros = *number == '0' ? zeros + 1 : 0;
	}
	return count - zeros;
}

/* The text reads back as the same double, and so does that of its numeric; no shorter one does. */
static void test_random_floats(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		double value = random_double(&rng);
		char shorter[64];

		rows.length = 0;
		assert_true(pg_rows_float8(&rows, value));
		assert_true(strtod(text_of(PG_FLOAT8), NULL) == value);
		snprintf(shorter, sizeof(shorter), "%.*e", 0, value);
		for (int digits = 1; digits < 17 && strtod(shorter, NULL) != value; digits++)
			snprintf(shorter, sizeof(shorter), "%.*e", digits, value);
		/* In between, a shorter one may be half way to the next double. */
		if ((fabs(value) < 0x1p53 || fabs(value) > 1e40) &&
		    count_digits(text.data) > count_digits(shorter))
			fail_msg("%s is longer than %s", text.data, shorter);
		text.length = 0;
		assert_true(pg_cell_convert(&text, PG_FLOAT8, first_cell(&rows), PG_NUMERIC));
		rows.length = 0;
		assert_true(pg_rows_bytes(&rows, text.data + 4, text.length - 4));
		assert_true(strtod(text_of(PG_NUMERIC), NULL) == value);
	}
}

static void test_random_numbers(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t natural = rng_next(&rng) >> rng_below(&rng, 64);
		int64_t integer = (int64_t)rng_next(&rng);

		rows.length = 0;
		assert_true(pg_rows_numeric(&rows, natural));
		assert_int_equal(strtoull(text_of(PG_NUMERIC), NULL, 10), natural);
		rows.length = 0;
		assert_true(pg_rows_int8(&rows, integer));
		assert_int_equal(strtoll(text_of(PG_INT8), NULL, 10), integer);
		text.length = 0;
		assert_true(pg_cell_convert(&text, PG_INT8, first_cell(&rows), PG_NUMERIC));
		rows.length = 0;
		assert_true(pg_rows_bytes(&rows, text.data + 4, text.length - 4));
		assert_int_equal(strtoll(text_of(PG_NUMERIC), NULL, 10), integer);
	}
}

/* Decimals in the form that PostgreSQL prints: what goes in comes out. */
static void test_random_decimals(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		char decimal[100] = "-", *at = decimal + 1;

		*at++ = (char)('1' + rng_below(&rng, 9));
		for (uint64_t left = rng_below(&rng, 20); left > 0; left--)
			*at++ = (char)('0' + (i % 2 ? rng_below(&rng, 10) : 0));
		if (rng_next(&rng) % 2) {
			*at++ = '.';
			for (uint64_t left = 1 + rng_below(&rng, 20); left > 0; left--)
				*at++ = (char)('0' + (i % 3 ? rng_below(&rng, 10) : 0));
		}
		*at = '\0';
		rows.length = 0;
		assert_true(pg_rows_numeric_text(&rows, decimal, (size_t)(at - decimal)));
		assert_string_equal(text_of(PG_NUMERIC), decimal);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_wider),
		cmocka_unit_test_teardown(test_reading, free_rows),
		cmocka_unit_test_teardown(test_texts, free_rows),
		cmocka_unit_test_teardown(test_appending, free_rows),
		cmocka_unit_test_teardown(test_converting, free_rows),
		cmocka_unit_test_teardown(test_valid, free_rows),
		cmocka_unit_test_teardown(test_random_floats, free_rows),
		cmocka_unit_test_teardown(test_random_numbers, free_rows),
		cmocka_unit_test_teardown(test_random_decimals, free_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
