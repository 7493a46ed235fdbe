/* Line protocol, to text: what is written, and that it reads back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/lp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lp_point point;

static void begin(struct lp_encoder *line, char *buffer, size_t length, const char *measurement)
{
	lp_encode_begin(line, buffer, length, measurement, strlen(measurement));
}

static void tag(struct lp_encoder *line, const char *key, const char *value)
{
	lp_encode_tag(line, key, strlen(key), value, strlen(value));
}

static void string(struct lp_encoder *line, const char *key, const char *value)
{
	lp_encode_string(line, key, strlen(key), value, strlen(value));
}

static void assert_line(const char *buffer, int64_t length, const char *want)
{
	assert_int_equal(length, strlen(want));
	assert_memory_equal(buffer, want, strlen(want));
}

static int64_t encode_all(char *buffer, size_t length)
{
	int64_t time = -1603976386428616285;
	struct lp_encoder line;

	begin(&line, buffer, length, "m x");
	tag(&line, "a=b", "c,d");
	tag(&line, "e", "f");
	lp_encode_float(&line, "g", 1, -97.25);
	lp_encode_integer(&line, "h", 1, INT64_MIN);
	lp_encode_unsigned(&line, "i", 1, UINT64_MAX);
	string(&line, "j k", "a\"b");
	lp_encode_boolean(&line, "l", 1, true);
	lp_encode_boolean(&line, "m", 1, false);
	return lp_encode_end(&line, &time);
}

static const char all_text[] = "m\\ x,a\\=b=c\\,d,e=f g=-97.25,h=-9223372036854775808i,"
			       "i=18446744073709551615u,j\\ k=\"a\\\"b\",l=true,m=false "
			       "-1603976386428616285\n";

static void test_line(void **state)
{
	char buffer[512];

	(void)state;
	assert_line(buffer, encode_all(buffer, sizeof(buffer)), all_text);
}

static void test_no_time(void **state)
{
	struct lp_encoder line;
	char buffer[64];

	(void)state;
	begin(&line, buffer, sizeof(buffer), "m");
	lp_encode_integer(&line, "f", 1, 0);
	assert_line(buffer, lp_encode_end(&line, NULL), "m f=0i\n");
}

/* Every size of buffer: too small is said, and nothing is written behind it. */
static void test_space(void **state)
{
	size_t needed = strlen(all_text);

	(void)state;
	for (size_t length = 0; length <= needed + 40; length++) {
		char *buffer = malloc(length + 1);

		assert_non_null(buffer);
		buffer[length] = '!';
		if (length < needed)
			assert_int_equal(encode_all(buffer, length), -ENOSPC);
		else
			assert_line(buffer, encode_all(buffer, length), all_text);
		assert_int_equal(buffer[length], '!');
		free(buffer);
	}
}

enum place { MEASUREMENT, TAG_KEY, TAG_VALUE, FIELD_KEY };

/* A line with NAME at PLACE; WANT is how it should be written, or NULL where that cannot be. */
static void check_name(enum place place, const char *name, const char *want)
{
	static const char *const before[] = { "", "m,", "m,t=", "m " };
	static const char *const behind[] = { " f=1i\n", "=v f=1i\n", " f=1i\n", "=1i\n" };
	const char *field = place == FIELD_KEY ? name : "f";
	struct lp_encoder line;
	char buffer[128], text[128];

	begin(&line, buffer, sizeof(buffer), place == MEASUREMENT ? name : "m");
	if (place == TAG_KEY)
		tag(&line, name, "v");
	if (place == TAG_VALUE)
		tag(&line, "t", name);
	lp_encode_integer(&line, field, strlen(field), 1);
	if (want) {
		snprintf(text, sizeof(text), "%s%s%s", before[place], want, behind[place]);
		assert_line(buffer, lp_encode_end(&line, NULL), text);
	} else {
		assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);
	}
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		const char *measurement, *key; /* as written; NULL where that cannot be */
	} cases[] = {
		{ "a", "a", "a" },
		{ "a b", "a\\ b", "a\\ b" },
		{ " ", "\\ ", "\\ " },
		{ "a,b", "a\\,b", "a\\,b" },
		{ "a=b", "a=b", "a\\=b" },
		{ "a\"b", "a\"b", "a\"b" },
		{ "a\\b", "a\\b", "a\\b" },
		{ "a\\\\b", "a\\\\b", "a\\\\b" },
		{ "a\\ b", "a\\\\ b", "a\\\\ b" },
		{ "a\\=b", "a\\=b", "a\\\\=b" },
		{ "\303\251\342\202\254", "\303\251\342\202\254", "\303\251\342\202\254" },
		{ "#a", NULL, "#a" },
		{ "a#", "a#", "a#" },
		{ "", NULL, NULL },
		{ "a\\", NULL, NULL },
		{ "a\nb", NULL, NULL },
		{ "a\tb", NULL, NULL },
		{ "a\177b", NULL, NULL },
		{ "a\377b", NULL, NULL },
		{ "a b\303", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check_name(MEASUREMENT, cases[i].name, cases[i].measurement);
		check_name(TAG_KEY, cases[i].name, cases[i].key);
		check_name(TAG_VALUE, cases[i].name, cases[i].key);
		check_name(FIELD_KEY, cases[i].name, cases[i].key);
	}
}

static void test_strings(void **state)
{
	static const struct {
		const char *value, *want; /* NULL where that cannot be */
	} cases[] = {
		{ "", "" },
		{ "a, b=c", "a, b=c" },
		{ "a\"b", "a\\\"b" },
		{ "a\\", "a\\\\" },
		{ "a\\n", "a\\\\n" },
		{ "a\nb\rc\td", "a\\nb\\rc\\td" },
		{ "\001\177", "\001\177" },
		{ "\303\251", "\303\251" },
		{ "\303", NULL },
		{ "\"\377", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char buffer[128], want[128];
		struct lp_encoder line;

		begin(&line, buffer, sizeof(buffer), "m");
		string(&line, "f", cases[i].value);
		if (cases[i].want) {
			snprintf(want, sizeof(want), "m f=\"%s\"\n", cases[i].want);
			assert_line(buffer, lp_encode_end(&line, NULL), want);
		} else {
			assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);
		}
	}
}

static void test_order(void **state)
{
	struct lp_encoder line;
	char buffer[64];

	(void)state;
	begin(&line, buffer, sizeof(buffer), "m");
	assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);

	begin(&line, buffer, sizeof(buffer), "m");
	lp_encode_integer(&line, "f", 1, 1);
	tag(&line, "a", "b");
	assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);

	/* The first error stays, whatever comes after it. */
	begin(&line, buffer, sizeof(buffer), "m");
	lp_encode_float(&line, "f", 1, NAN);
	lp_encode_integer(&line, "f", 1, 1);
	assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);
	begin(&line, buffer, 2, "measurement");
	tag(&line, "", "");
	assert_int_equal(lp_encode_end(&line, NULL), -ENOSPC);
}

/* The text of VALUE as the only field, terminated. */
static const char *float_text(char buffer[static 64], double value)
{
	struct lp_encoder line;
	int64_t length;

	begin(&line, buffer, 64, "m");
	lp_encode_float(&line, "f", 1, value);
	length = lp_encode_end(&line, NULL);
	assert_true(length > 5);
	assert_memory_equal(buffer, "m f=", 4);
	buffer[length - 1] = '\0';
	return buffer + 4;
}

static void test_floats(void **state)
{
	static const struct {
		double value;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "-0" },
		{ 1, "1" },
		{ -1, "-1" },
		{ 10, "10" },
		{ 0.1, "0.1" },
		{ 0.5, "0.5" },
		{ 97.1, "97.1" },
		{ -0.02, "-0.02" },
		{ 12.123, "12.123" },
		{ 0.000123, "0.000123" },
		{ 123456.789012, "123456.789012" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		/* Of the two with 16 digits that read back as this one, the nearer. */
		{ 97.16494845360824, "97.16494845360825" },
		{ 0.020618556701030927, "0.020618556701030927" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 2.0 / 3, "0.6666666666666666" },
		{ 0.0001, "0.0001" },
		{ 0.00012345678901234567, "0.00012345678901234567" },
		{ 999999999999999, "999999999999999" },
		{ 99999999999999.98, "99999999999999.98" },
		{ 1e15, "1e+15" },
		{ 1234567890123456, "1234567890123456" },
		{ 9007199254740993, "9007199254740992" },
		{ 1e23, "1e+23" },
		{ 1e-5, "1e-05" },
		{ 1.7976931348623157e308, "1.7976931348623157e+308" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
		{ 5e-324, "5e-324" },
	};
	static const double bad[] = { NAN, INFINITY, -INFINITY };
	struct lp_encoder line;
	char buffer[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(float_text(buffer, cases[i].value), cases[i].want);
	for (size_t i = 0; i < COUNT(bad); i++) {
		begin(&line, buffer, sizeof(buffer), "m");
		lp_encode_float(&line, "f", 1, bad[i]);
		assert_int_equal(lp_encode_end(&line, NULL), -EINVAL);
	}
}

/* Digits that count: without sign, point, exponent, and zeros at either end. */
static size_t significant(const char *text)
{
	size_t count = 0, zeros = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9')
			continue;
		zeros = *text == '0' ? zeros + 1 : 0;
		if (count > 0 || *text != '0')
			count++;
	}
	return count > zeros ? count - zeros : 0;
}

/* Reads back the same, by the C library and by the decoder, and none of 15 to 17 is shorter. */
static void check_float(double value)
{
	char buffer[64], shortest[64];
	const char *text = float_text(buffer, value);
	double back = strtod(text, NULL);
	struct lp_cursor cursor;
	struct lp_error error;

	if (memcmp(&back, &value, sizeof(value)) != 0)
		fail_msg("%.17g is written as %s", value, text);
	lp_cursor_init(&cursor, buffer, strlen(buffer));
	assert_int_equal(lp_next(&cursor, &point, &error), LP_POINT);
	assert_memory_equal(&point.fields[0].value.number, &value, sizeof(value));
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(shortest, sizeof(shortest), "%.*g", precision, value);
		if (strtod(shortest, NULL) == value)
			break;
	}
	if (significant(text) > significant(shortest))
		fail_msg("%s instead of %s", text, shortest);
}

static uint64_t random_bits(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void test_random_floats(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;
	double value;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t bits = random_bits(&seed);

		/* Few decimals. */
		value = (double)(int64_t)(bits % 100000000);
		for (uint64_t k = random_bits(&seed) % 8; k > 0; k--)
			value /= 10;
		check_float(-value);
		/* All 53 bits, of everyday size. */
		value = (double)(bits >> 11) * 0x1p-53;
		check_float(value);
		check_float(ldexp(value, (int)(random_bits(&seed) % 50)));
		/* Powers of two, where the doubles below are closer than those above. */
		check_float(ldexp(1, (int)(bits % 120) - 60));
		/* Anything. */
		memcpy(&value, &bits, sizeof(value));
		if (isfinite(value))
			check_float(value);
	}
}

static void test_integers(void **state)
{
	uint64_t seed = 0x2545f4914f6cdd1d;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		uint64_t value = random_bits(&seed) >> (i % 64);
		char buffer[128], want[128];
		struct lp_encoder line;
		int64_t time = (int64_t)value;

		begin(&line, buffer, sizeof(buffer), "m");
		lp_encode_unsigned(&line, "u", 1, value);
		lp_encode_integer(&line, "i", 1, (int64_t)value);
		snprintf(want, sizeof(want), "m u=%" PRIu64 "u,i=%" PRId64 "i %" PRId64 "\n", value,
			 (int64_t)value, time);
		assert_line(buffer, lp_encode_end(&line, &time), want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),     cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_space),    cmocka_unit_test(test_names),
		cmocka_unit_test(test_strings),  cmocka_unit_test(test_order),
		cmocka_unit_test(test_floats),   cmocka_unit_test(test_random_floats),
		cmocka_unit_test(test_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
