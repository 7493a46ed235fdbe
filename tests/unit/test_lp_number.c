/* Floats of line protocol, from text: to the last bit what the C library makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/lp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lp_point point;

static void check_float(const char *text)
{
	char line[1300];
	int length = snprintf(line, sizeof(line), "m f=%s", text);
	double want = strtod(text, NULL);
	struct lp_cursor cursor;
	struct lp_error error;

	assert_true(length > 0 && (size_t)length < sizeof(line));
	lp_cursor_init(&cursor, line, (size_t)length);
	if (lp_next(&cursor, &point, &error) != LP_POINT)
		fail_msg("%s: %s", text, error.reason);
	assert_int_equal(point.fields[0].type, LP_FLOAT);
	if (memcmp(&point.fields[0].value.number, &want, sizeof(want)) != 0)
		fail_msg("%s: %.17g instead of %.17g", text, point.fields[0].value.number, want);
}

static void test_floats(void **state)
{
	static const char *const cases[] = {
		"0",
		"-0",
		"0.0",
		"-0.",
		".0e5",
		"1",
		"1.",
		".5",
		"1e3",
		"1E3",
		"1e+3",
		"1e-3",
		"-1.5e-3",
		"007",
		"97.16494845360824",
		"0.1",
		"123456789012345678",
		/* Around 2^53, where doubles stop to be whole numbers one apart. */
		"9007199254740991",
		"9007199254740992",
		"9007199254740993",
		"9007199254740995",
		"9007199254740992.5",
		"9007199254740993.0000000000000000000000000001",
		/* 64 bits and beyond. */
		"9999999999999999999",
		"18446744073709551615",
		"18446744073709551616",
		"9223372036854775807.5",
		"9223372036854777856",
		"9223372036854776832",
		/* Large and small exponents. */
		"1e22",
		"1e23",
		"9007199254740993e19",
		"1234567890123456789e-19",
		"1.7976931348623157e308",
		"1.7976931348623158e308",
		"2.2250738585072014e-308",
		"2.2250738585072011e-308",
		"4.9e-324",
		"5e-324",
		"3e-324",
		"2e-324",
		"1e-400",
		"1e-99999999999999999999",
		"0e99999999999999999999",
		"0.00000000000000000000000000000000000000000000000000000000000000000000001e71",
		"100000000000000000000000000000000000000000000000000000000000000000000000e-71",
		/* Exactly halfway between 1 and the next double, and a little more. */
		"1.00000000000000011102230246251565404236316680908203125",
		"1.00000000000000011102230246251565404236316680908203125000000000000000000000001",
		"1.00000000000000011102230246251565404236316680908203124999999999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_float(cases[i]);
}

/* More digits than are kept: what is cut off may still decide a tie. */
static void test_long_floats(void **state)
{
	static const char tie[] = "1.00000000000000011102230246251565404236316680908203125";
	char text[1200];

	(void)state;
	memset(text, '0', sizeof(text));
	memcpy(text, tie, sizeof(tie) - 1);
	text[1100] = '\0';
	check_float(text);
	text[1099] = '1';
	check_float(text);
	memset(text, '0', 1000);
	memcpy(text + 1000, "17.25", 6);
	check_float(text);
	memset(text, '9', 1000);
	memcpy(text + 1000, "e-900", 6);
	check_float(text);
}

static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Against the C library, which rounds correctly. */
static void test_random_floats(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		uint64_t bits = random_bits(&seed);
		int digits = (int)(random_bits(&seed) % 19) + 1;
		int exponent = (int)(random_bits(&seed) % 44) - 22;
		char text[64];
		double value;

		/* So many digits with an exponent, which take the ways without the library. */
		snprintf(text, sizeof(text), "%.*" PRIu64, digits, bits);
		snprintf(text + digits, sizeof(text) - (size_t)digits, "e%d", exponent);
		check_float(text);
		/* Any double, and the decimals next to it. */
		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		snprintf(text, sizeof(text), "%.*g", digits + 1, value);
		if (isfinite(strtod(text, NULL)))
			check_float(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_long_floats),
		cmocka_unit_test(test_random_floats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
