/*
 * Line protocol is read in words of eight bytes: what it means must not depend on where in a word
 * its bytes lie, and how far it is to the end of the buffer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/lp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct lp_point point;

/* What became of a line, as if the part of it that is SHIFT bytes longer were not. */
struct outcome {
	const char *reason; /* NULL: it is a point */
	uint32_t length, lines, column, texts, counts;
};

/* From exactly LENGTH bytes on the heap: valgrind and the address sanitizer see a byte too many. */
static struct outcome decode(const char *text, size_t length, uint32_t shift)
{
	struct outcome outcome = { .reason = NULL };
	char *copy = malloc(length);
	struct lp_cursor cursor;
	struct lp_error error;

	assert_non_null(copy);
	memcpy(copy, text, length);
	lp_cursor_init(&cursor, copy, length);
	if (lp_next(&cursor, &point, &error) == LP_REJECTED) {
		/* Two errors are told of the start of a text, so they do not move. */
		bool moves = strcmp(error.reason, "invalid UTF-8") != 0 &&
			     strcmp(error.reason, "string without its closing quote") != 0;

		outcome.reason = error.reason;
		outcome.column = error.column - (moves ? shift : 0);
	} else {
		outcome.counts = point.tag_count * 100 + point.field_count;
		outcome.texts = point.measurement.length + point.fields[0].key.length - shift;
		if (point.tag_count > 0)
			outcome.texts += point.tags[0].key.length + point.tags[0].value.length;
		if (point.fields[0].type == LP_STRING)
			outcome.texts += point.fields[0].value.string.length;
	}
	outcome.length = cursor.line_length - shift;
	outcome.lines = cursor.next_number;
	free(copy);
	return outcome;
}

/* Any byte in each kind of text, at each place of a word. */
static void test_bytes(void **state)
{
	static const struct {
		const char *before, *behind;
	} kinds[] = {
		{ "m", "b,t=v f=1 1\n" }, { "m", ",t=v f=1 1\n" },  { "m,t", "b=v f=1 1\n" },
		{ "m,t", "=v f=1 1\n" },  { "m,t=v", "b f=1 1\n" }, { "m,t=v", " f=1 1\n" },
		{ "m f", "b=1 1\n" },     { "m f", "=1 1\n" },      { "m f=\"", "b\",g=1" },
		{ "m f=\"", "\",g=1" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(kinds) * 256; i++) {
		const char *before = kinds[i / 256].before, *behind = kinds[i / 256].behind;
		struct outcome first = { .reason = NULL }, other;

		for (uint32_t shift = 0; shift <= 20; shift++) {
			int length = snprintf(text, sizeof(text), "%s%.*s?%s", before, (int)shift,
					      "aaaaaaaaaaaaaaaaaaaa", behind);

			text[strlen(before) + shift] = (char)(i % 256);
			other = decode(text, (size_t)length, shift);
			if (shift == 0)
				first = other;
			if (first.reason != other.reason || first.length != other.length ||
			    first.lines != other.lines || first.column != other.column ||
			    first.texts != other.texts || first.counts != other.counts)
				fail_msg("%s, byte %zu, shift %" PRIu32, before, i % 256, shift);
		}
	}
}

/* Numbers of so many digits before and behind their point, with anything behind them. */
static void test_floats(void **state)
{
	static const char *const behind[] = { "", "\n", " 1\n", " 1234567890", ",g=1.5,h=2.25 1" };
	static const char digits[] = "98765432109876543210";
	char text[128], number[64];

	(void)state;
	for (int whole = 0; whole <= 10; whole++) {
		for (int fraction = whole == 0; fraction <= 10; fraction++) {
			for (size_t i = 0; i < COUNT(behind) * 2; i++) {
				int length;
				double want;

				snprintf(number, sizeof(number), "%s%.*s.%.*s", i % 2 ? "-" : "",
					 whole, digits, fraction, digits + whole);
				want = strtod(number, NULL);
				length = snprintf(text, sizeof(text), "m f=%s%s", number,
						  behind[i / 2]);
				if (decode(text, (size_t)length, 0).reason)
					fail_msg("%s", text);
				if (memcmp(&point.fields[0].value.number, &want, sizeof(want)) != 0)
					fail_msg("%s: %.17g", text, point.fields[0].value.number);
			}
		}
	}
}

/* What only looks like a short float up to some byte. */
static void test_no_floats(void **state)
{
	static const char *const cases[] = { ".",     "-",       "-.",    "1..5",  "1.5.", "1.-5",
					     "--1.5", "1.5-",    "1.5e",  "1.5e+", "1.5i", "1.5u",
					     "1.5+",  "1.5\"",   "1.5*2", "1./",   "1/5",  "1:5",
					     "1a5",   "1.5\200", "+1.5" };
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int length = snprintf(text, sizeof(text), "m f=%s,g=1.5 1234567890\n", cases[i]);

		if (!decode(text, (size_t)length, 0).reason)
			fail_msg("%s", text);
	}
}

/* Line feeds count, however many there are in a row. */
static void test_feeds(void **state)
{
	char text[64];

	(void)state;
	for (uint32_t before = 0; before <= 20; before++) {
		for (uint32_t behind = 1; behind <= 20; behind++) {
			struct lp_cursor cursor;
			struct lp_error error;
			size_t length = before + 5 + behind;

			memset(text, '\n', length);
			memcpy(text + before, "m f=1", 5);
			lp_cursor_init(&cursor, text, length);
			assert_int_equal(lp_next(&cursor, &point, &error), LP_POINT);
			assert_int_equal(cursor.line_number, before + 1);
			assert_ptr_equal(cursor.line, text + before);
			assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
			assert_int_equal(cursor.line_number, before + behind + 1);
			assert_ptr_equal(cursor.at, text + length);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_no_floats),
		cmocka_unit_test(test_feeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
