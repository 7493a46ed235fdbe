/* Line protocol, from text: every production of the grammar, and what is no part of it. */
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

/* Exactly LENGTH bytes on the heap: valgrind and the address sanitizer see a byte too many. */
static char *exact_copy(const char *text, size_t length)
{
	char *copy = malloc(length ? length : 1);

	assert_non_null(copy);
	memcpy(copy, text, length);
	return copy;
}

static void print_text(FILE *to, struct lp_text text,
		       size_t (*unescape)(char *to, struct lp_text text))
{
	char meant[1024];

	assert_true(text.length <= sizeof(meant));
	fwrite(meant, 1, unescape(meant, text), to);
}

static void print_value(FILE *to, const struct lp_field *field)
{
	switch (field->type) {
	case LP_FLOAT:
		fprintf(to, "%.17g", field->value.number);
		break;
	case LP_INTEGER:
		fprintf(to, "%" PRId64 "i", field->value.integer);
		break;
	case LP_UNSIGNED:
		fprintf(to, "%" PRIu64 "u", field->value.natural);
		break;
	case LP_BOOLEAN:
		fputs(field->value.boolean ? "true" : "false", to);
		break;
	case LP_STRING:
		fputc('"', to);
		print_text(to, field->value.string, lp_unescape_string);
		fputc('"', to);
		break;
	}
}

/* The point as "measurement|tag=value|...||field=value|...@time", without any escapes. */
static void print_point(char *text, size_t length)
{
	FILE *to = fmemopen(text, length, "w");

	assert_non_null(to);
	print_text(to, point.measurement, lp_unescape_measurement);
	for (uint32_t i = 0; i < point.tag_count; i++) {
		fputc('|', to);
		print_text(to, point.tags[i].key, lp_unescape_key);
		fputc('=', to);
		print_text(to, point.tags[i].value, lp_unescape_key);
	}
	fputc('|', to);
	for (uint32_t i = 0; i < point.field_count; i++) {
		fputc('|', to);
		print_text(to, point.fields[i].key, lp_unescape_key);
		fputc('=', to);
		print_value(to, &point.fields[i]);
	}
	if (point.has_time)
		fprintf(to, "@%" PRId64, point.time);
	assert_int_equal(fclose(to), 0);
}

static void test_points(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "m f=1", "m||f=1" },
		{ "m f=1\n", "m||f=1" },
		{ "m f=1\r\n", "m||f=1" },
		{ "m f=1\r", "m||f=1" },
		{ "m,a=b f=1", "m|a=b||f=1" },
		{ "m,b=1,a=2 y=1,x=2 7", "m|b=1|a=2||y=1|x=2@7" },
		{ "  m   f=1   7   ", "m||f=1@7" },
		{ "m f=1 ", "m||f=1" },
		{ "m f=1 \r\n", "m||f=1" },
		{ "m f=1 7 \r\n", "m||f=1@7" },
		/* Names. */
		{ "\"m\",\"a\"=\"b\" \"f\"=1", "\"m\"|\"a\"=\"b\"||\"f\"=1" },
		{ "m=n f=1", "m=n||f=1" },
		{ "m\\ n\\,o f=1", "m n,o||f=1" },
		{ "m\\=n f=1", "m\\=n||f=1" },
		{ "m\\=\\ n f=1", "m\\= n||f=1" },
		{ "\\#m f=1", "\\#m||f=1" },
		{ "m,a\\ b\\,c\\=d=e\\ f\\,g\\=h f=1", "m|a b,c=d=e f,g=h||f=1" },
		{ "m,a\\b=c\\d f\\e=1", "m|a\\b=c\\d||f\\e=1" },
		{ "m,a\\\\=b=c\\\\ d f=1", "m|a\\=b=c\\ d||f=1" },
		{ "m,a=b\\n f=1", "m|a=b\\n||f=1" },
		{ "m a\\ b\\,c\\=d=1", "m||a b,c=d=1" },
		{ "m,a=#b #f=1", "m|a=#b||#f=1" },
		{ "gr\303\266\303\237e,\342\202\254=\360\237\230\200 \303\251=1",
		  "gr\303\266\303\237e|\342\202\254=\360\237\230\200||\303\251=1" },
		/* Repeated fields are all given. */
		{ "m f=1,f=2", "m||f=1|f=2" },
		/* Integers. */
		{ "m f=0i", "m||f=0i" },
		{ "m f=-0i", "m||f=0i" },
		{ "m f=00000000000000000000000000000012i", "m||f=12i" },
		{ "m f=9223372036854775807i", "m||f=9223372036854775807i" },
		{ "m f=-9223372036854775808i", "m||f=-9223372036854775808i" },
		{ "m f=0u", "m||f=0u" },
		{ "m f=18446744073709551615u", "m||f=18446744073709551615u" },
		{ "m f=00018446744073709551615u", "m||f=18446744073709551615u" },
		/* Booleans. */
		{ "m a=t,b=T,c=true,d=True,e=TRUE", "m||a=true|b=true|c=true|d=true|e=true" },
		{ "m a=f,b=F,c=false,d=False,e=FALSE 1",
		  "m||a=false|b=false|c=false|d=false|e=false@1" },
		{ "m f=t\r\n", "m||f=true" },
		/* Strings. */
		{ "m f=\"\"", "m||f=\"\"" },
		{ "m f=\"a, b=c #\" 1", "m||f=\"a, b=c #\"@1" },
		{ "m f=\"a\\\"b\\\\\"", "m||f=\"a\"b\\\"" },
		{ "m f=\"a\\\\\\\"b\"", "m||f=\"a\\\"b\"" },
		{ "m f=\"a\nb\r\nc\",g=1", "m||f=\"a\nb\r\nc\"|g=1" },
		{ "m f=\"a\\nb\\rc\\td\"", "m||f=\"a\nb\rc\td\"" },
		{ "m f=\"C:\\dir\\,x\"", "m||f=\"C:\\dir\\,x\"" },
		{ "m f=\"\\\n\"", "m||f=\"\\\n\"" },
		{ "m f=\"\001\177\"", "m||f=\"\001\177\"" },
		{ "m f=\"\\\303\251\"", "m||f=\"\\\303\251\"" },
		/* Timestamps. */
		{ "m f=1 0", "m||f=1@0" },
		{ "m f=1 -1", "m||f=1@-1" },
		{ "m f=1 9223372036854775807", "m||f=1@9223372036854775807" },
		{ "m f=1 -9223372036854775808", "m||f=1@-9223372036854775808" },
		{ "m f=1 000000000000000000000000001", "m||f=1@1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].line);
		char *line = exact_copy(cases[i].line, length), text[2048];
		struct lp_cursor cursor;
		struct lp_error error;

		lp_cursor_init(&cursor, line, length);
		if (lp_next(&cursor, &point, &error) != LP_POINT)
			fail_msg("%s: column %u: %s", cases[i].line, error.column, error.reason);
		print_point(text, sizeof(text));
		assert_string_equal(text, cases[i].want);
		assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
		assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
		assert_memory_equal(line, cases[i].line, length);
		free(line);
	}
}

static void test_rejects(void **state)
{
	static const struct {
		const char *line;
		uint32_t column;
		const char *reason;
	} cases[] = {
		/* Measurement. */
		{ ",a=b f=1", 1, "expected a measurement" },
		{ " ,a=b f=1", 2, "expected a measurement" },
		{ "\rm f=1", 1, "expected a measurement" },
		{ "\tm f=1", 1, "expected a measurement" },
		{ "m", 2, "expected a tag or a field" },
		{ "m\r\n", 2, "expected a tag or a field" },
		{ "m\\", 3, "expected a tag or a field" },
		{ "m\001n f=1", 2, "expected a tag or a field" },
		{ "m\177n f=1", 2, "expected a tag or a field" },
		/* Tags. */
		{ "m,", 3, "expected a tag key" },
		{ "m, f=1", 3, "expected a tag key" },
		{ "m,=b f=1", 3, "expected a tag key" },
		{ "m,a=b, f=1", 7, "expected a tag key" },
		{ "m,a", 4, "expected '=' after a tag key" },
		{ "m,a f=1", 4, "expected '=' after a tag key" },
		{ "m,a,b=c f=1", 4, "expected '=' after a tag key" },
		{ "m,a\\=b f=1", 7, "expected '=' after a tag key" },
		{ "m,a\tb=c f=1", 4, "expected '=' after a tag key" },
		{ "m,a=", 5, "expected a tag value" },
		{ "m,a= f=1", 5, "expected a tag value" },
		{ "m,a=,b=c f=1", 5, "expected a tag value" },
		{ "m,a==b f=1", 5, "expected a tag value" },
		{ "m,a=b=c f=1", 6, "expected a tag or a field" },
		{ "m,a=b\tc f=1", 6, "expected a tag or a field" },
		{ "m,a=b", 6, "expected a tag or a field" },
		{ "m,a=b,a=c f=1", 7, "repeated tag key" },
		{ "m,ab=1,cd=2,ef=3,cd=4 f=1", 18, "repeated tag key" },
		{ "m,a\\ b=1,c=2,a\\ b=3 f=1", 14, "repeated tag key" },
		/* Fields. */
		{ "m ", 3, "expected a field key" },
		{ "m  \n", 4, "expected a field key" },
		{ "m =1", 3, "expected a field key" },
		{ "m ,f=1", 3, "expected a field key" },
		{ "m f=1,", 7, "expected a field key" },
		{ "m f=1, g=2", 7, "expected a field key" },
		{ "m f", 4, "expected '=' after a field key" },
		{ "m f g=1", 4, "expected '=' after a field key" },
		{ "m f\\=1", 7, "expected '=' after a field key" },
		{ "m f\001=1", 4, "expected '=' after a field key" },
		{ "m f=", 5, "expected a field value" },
		{ "m f= 1", 5, "expected a field value" },
		{ "m f=\n", 5, "expected a field value" },
		{ "m f=,g=1", 5, "expected a field value" },
		{ "m f=+1", 5, "expected a field value" },
		{ "m f=NaN", 5, "expected a field value" },
		{ "m f=nan", 5, "expected a field value" },
		{ "m f=Inf", 5, "expected a field value" },
		{ "m f=inf", 5, "expected a field value" },
		{ "m f=a", 5, "expected a field value" },
		/* Numbers. */
		{ "m f=-", 5, "expected a number" },
		{ "m f=.", 5, "expected a number" },
		{ "m f=-.", 5, "expected a number" },
		{ "m f=-i", 5, "expected a number" },
		{ "m f=.e1", 5, "expected a number" },
		{ "m f=1e", 5, "expected a number" },
		{ "m f=1e+", 5, "expected a number" },
		{ "m f=1e-x", 5, "expected a number" },
		{ "m f=-Inf", 5, "expected a number" },
		{ "m f=--1", 5, "expected a number" },
		{ "m f=1e400", 5, "number out of range" },
		{ "m f=-1e400", 5, "number out of range" },
		{ "m f=1e99999999999999999999", 5, "number out of range" },
		{ "m f=1.7976931348623159e308", 5, "number out of range" },
		{ "m f=9223372036854775808i", 5, "number out of range" },
		{ "m f=-9223372036854775809i", 5, "number out of range" },
		{ "m f=99999999999999999999i", 5, "number out of range" },
		{ "m f=18446744073709551616u", 5, "number out of range" },
		{ "m f=36893488147419103233u", 5, "number out of range" },
		{ "m f=-1u", 5, "unsigned number with a sign" },
		{ "m f=1.1.1", 8, "unexpected text behind a field value" },
		{ "m f=1.0i", 8, "unexpected text behind a field value" },
		{ "m f=1e3i", 8, "unexpected text behind a field value" },
		{ "m f=1ii", 7, "unexpected text behind a field value" },
		{ "m f=1+2", 6, "unexpected text behind a field value" },
		{ "m f=1\t", 6, "unexpected text behind a field value" },
		{ "m f=0x10", 6, "unexpected text behind a field value" },
		{ "m f=1_000", 6, "unexpected text behind a field value" },
		{ "m f=1\rg", 6, "unexpected text behind a field value" },
		/* Booleans. */
		{ "m f=tr", 5, "expected a boolean" },
		{ "m f=tRUE", 5, "expected a boolean" },
		{ "m f=truely", 5, "expected a boolean" },
		{ "m f=false1", 10, "unexpected text behind a field value" },
		/* Strings. */
		{ "m f=\"a", 5, "string without its closing quote" },
		{ "m f=\"", 5, "string without its closing quote" },
		{ "m f=\"a\\\"", 5, "string without its closing quote" },
		{ "m f=\"a\\", 5, "string without its closing quote" },
		{ "m f=\"a\"\"", 8, "unexpected text behind a string" },
		{ "m f=\"a\"=1", 8, "unexpected text behind a string" },
		{ "m f=\"a\"i", 8, "unexpected text behind a string" },
		{ "m f=\"a\nb\"i", 5, "string without its closing quote" },
		/* Timestamps. */
		{ "m f=1 -", 7, "expected a timestamp" },
		{ "m f=1 a", 7, "expected a timestamp" },
		{ "m f=1 +1", 7, "expected a timestamp" },
		{ "m f=1 \t", 7, "expected a timestamp" },
		{ "m f=1 \r1", 7, "expected a timestamp" },
		{ "m f=1 1.5", 8, "unexpected text behind a timestamp" },
		{ "m f=1 1-", 8, "unexpected text behind a timestamp" },
		{ "m f=1 1 1", 9, "unexpected text behind a timestamp" },
		{ "m f=1 9223372036854775808", 7, "timestamp out of range" },
		{ "m f=1 -9223372036854775809", 7, "timestamp out of range" },
		{ "m f=1 92233720368547758070", 7, "timestamp out of range" },
		/* UTF-8: stray, cut short, overlong, surrogate, too large. */
		{ "m\377 f=1", 1, "invalid UTF-8" },
		{ "m\303 f=1", 1, "invalid UTF-8" },
		{ "m,\200=b f=1", 3, "invalid UTF-8" },
		{ "m,a=\342\202 f=1", 5, "invalid UTF-8" },
		{ "m \300\257=1", 3, "invalid UTF-8" },
		{ "m f=\"\355\240\200\"", 6, "invalid UTF-8" },
		{ "m f=\"\364\220\200\200\"", 6, "invalid UTF-8" },
		{ "m f=\"\360\200\200\200\"", 6, "invalid UTF-8" },
		{ "m f=\"\340\200\200\"", 6, "invalid UTF-8" },
		{ "m f=\"\303\303\"", 6, "invalid UTF-8" },
		{ "m f=\"\360\237\230a\"", 6, "invalid UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].line);
		char *line = exact_copy(cases[i].line, length);
		struct lp_error error;
		struct lp_cursor cursor;

		lp_cursor_init(&cursor, line, length);
		if (lp_next(&cursor, &point, &error) != LP_REJECTED)
			fail_msg("%s: not rejected", cases[i].line);
		if (strcmp(error.reason, cases[i].reason) != 0 || error.column != cases[i].column)
			fail_msg("%s: column %u: %s", cases[i].line, error.column, error.reason);
		assert_int_equal(error.class, LP_REJECT_SYNTAX);
		assert_true(error.column <= cursor.line_length + 1);
		free(line);
	}
}

/* What a walk over BUFFER meets: "p" and "r" with line number and length. */
static void walk(const char *buffer, char *out, size_t room)
{
	size_t length = strlen(buffer), at = 0;
	char *copy = exact_copy(buffer, length);
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	out[0] = '\0';
	lp_cursor_init(&cursor, copy, length);
	while ((result = lp_next(&cursor, &point, &error)) != LP_END) {
		assert_true(cursor.line >= copy);
		assert_true(cursor.line + cursor.line_length <= copy + length);
		at += (size_t)snprintf(out + at, room - at, "%s%c%u:%u", at ? " " : "",
				       result == LP_POINT ? 'p' : 'r', cursor.line_number,
				       cursor.line_length);
	}
	assert_true(cursor.at == copy + length);
	free(copy);
}

static void test_lines(void **state)
{
	static const struct {
		const char *buffer, *want;
	} cases[] = {
		{ "", "" },
		{ "\n", "" },
		{ "\r\n \n\r\n", "" },
		{ "   ", "" },
		{ "\r", "" },
		{ "# comment", "" },
		{ "#\n  # m f=1\n#\r\n", "" },
		{ "m f=1", "p1:5" },
		{ "m f=1\nm f=23\n", "p1:5 p2:6" },
		{ "m f=1\r\nm f=23\r\n", "p1:5 p2:6" },
		{ "\n# x\n\n  m f=1\n\n#\nm f=1", "p4:7 p7:5" },
		{ "m f=\"a\nb\"\nm f=1", "p1:9 p3:5" },
		{ "m f=\"a\\\nb\r\n\\\\\n\"\nm f=1", "p1:15 p5:5" },
		/* A bad line costs no other. */
		{ "m\nm f=1", "r1:1 p2:5" },
		{ "m f=1\nm f=x\nm f=1\n", "p1:5 r2:5 p3:5" },
		{ "m f=x\r\nm f=1\r\n", "r1:5 p2:5" },
		{ "\r ,=\nm f=1", "r1:4 p2:5" },
		{ ",\n,\n,\n", "r1:1 r2:1 r3:1" },
		{ "m,a=\"b f=1\nm f=1", "p1:10 p2:5" },
		{ "m,a=\"b,f=1\nm f=1", "r1:10 p2:5" },
		/* Strings of a bad line are skipped as a whole, before and behind the error. */
		{ "m a=\"b\nc\",d=x\nm f=1", "r1:13 p3:5" },
		{ "m d=x,a=\"b\nm f=1\nc\"\nm f=1", "r1:19 p4:5" },
		{ "m,, a=\"b\nc\"\nm f=1", "r1:11 p3:5" },
		{ "m f=\"\377\nb\",c=1\nm f=1", "r1:13 p3:5" },
		{ "m d=x,a=\"b\\\"\nc\"\r\nm f=1", "r1:15 p3:5" },
		/* Quotes in tags open nothing. */
		{ "m,,a=\"b\nm,t=x\" f=1", "r1:7 p2:10" },
		/* A quote that is never closed ends at its line. */
		{ "m f=\"a\nm f=1\nm f=2", "r1:6 p2:5 p3:5" },
		{ "m f=\"a\r\nm f=1\r\n", "r1:6 p2:5" },
		{ "m f=x,g=\"a\nm f=1", "r1:10 p2:5" },
		{ "m f=\"\\\"\nm f=1", "r1:7 p2:5" },
		/* So does one that the quote of a following line would close. */
		{ "m f=\"a\nm f=\"b\"\nm f=1", "r1:6 p2:7 p3:5" },
		{ "m f=\"a\nm f=\"\"\nm f=1", "r1:6 p2:6 p3:5" },
		{ "m f=x,g=\"a\nm f=\"b\"\nm f=1", "r1:10 p2:7 p3:5" },
		{ "m f=\"a\"b\nm f=\"c\"\n", "r1:8 p2:7" },
		/* The escaped line feed of a name is none. */
		{ "m\\\nm f=1", "r1:2 p2:5" },
		{ "m f=x\\\nm f=1", "r1:6 p2:5" },
		/* The price: a quote just before a separator does close it. */
		{ "m f=\"a\nm f=\",\"\nm f=1", "r1:14 p3:5" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[256];

		walk(cases[i].buffer, out, sizeof(out));
		if (strcmp(out, cases[i].want) != 0)
			fail_msg("case %zu, %s: %s instead of %s", i, cases[i].buffer, out,
				 cases[i].want);
	}
}

static void test_line_start(void **state)
{
	static const char text[] = "#\n m f=1\r\nm f\n";
	struct lp_cursor cursor;
	struct lp_error error;

	(void)state;
	lp_cursor_init(&cursor, text, strlen(text));
	assert_int_equal(lp_next(&cursor, &point, &error), LP_POINT);
	assert_ptr_equal(cursor.line, text + 2);
	assert_ptr_equal(cursor.at, text + 10);
	assert_ptr_equal(point.measurement.at, text + 3);
	assert_false(point.measurement.escaped);
	assert_int_equal(lp_next(&cursor, &point, &error), LP_REJECTED);
	assert_ptr_equal(cursor.line, text + 10);
	assert_int_equal(lp_next(&cursor, &point, &error), LP_END);
	assert_int_equal(cursor.line_length, 0);
}

/* ITEMS times a tag or field, in one line with a good line behind it. */
static enum lp_result decode_many(uint32_t tags, uint32_t fields, struct lp_error *error)
{
	char *text = malloc(16 * (size_t)(tags + fields) + 32), *at = text;
	struct lp_cursor cursor;
	struct lp_error unused;
	enum lp_result result;

	assert_non_null(text);
	at += sprintf(at, "m");
	for (uint32_t i = 0; i < tags; i++)
		at += sprintf(at, ",t%u=%u", i, i);
	for (uint32_t i = 0; i < fields; i++)
		at += sprintf(at, "%cf%u=%u", i ? ',' : ' ', i, i);
	at += sprintf(at, "\nm f=1\n");
	lp_cursor_init(&cursor, text, (size_t)(at - text));
	result = lp_next(&cursor, &point, error);
	if (result == LP_POINT) {
		assert_int_equal(point.tag_count, tags);
		assert_int_equal(point.field_count, fields);
	}
	assert_int_equal(lp_next(&cursor, &point, &unused), LP_POINT);
	assert_int_equal(cursor.line_number, 2);
	free(text);
	return result;
}

static void test_limits(void **state)
{
	struct lp_error error = { .reason = NULL };

	(void)state;
	assert_int_equal(decode_many(LP_MAX_TAGS, LP_MAX_FIELDS, &error), LP_POINT);
	assert_int_equal(decode_many(LP_MAX_TAGS + 1, 1, &error), LP_REJECTED);
	assert_int_equal(error.class, LP_REJECT_LIMIT);
	assert_string_equal(error.reason, "too many tags");
	assert_int_equal(decode_many(0, LP_MAX_FIELDS + 1, &error), LP_REJECTED);
	assert_int_equal(error.class, LP_REJECT_LIMIT);
	assert_string_equal(error.reason, "too many fields");
}

/* Every prefix and every suffix of a buffer that has everything, each in its own allocation. */
static void test_pieces(void **state)
{
	static const char text[] = "# c\r\n\n  m\\ x,a\\=b=\303\251\\,,c=d f=-1.5e-3,g=1i,"
				   "h=\"\\\"\n\\\\\342\202\254\",i=True,j=18u -123 \r\n"
				   "m f=12345678901234567890.5,g=\"\"\nbad,\nm f=\"x\nm f=1";
	size_t length = sizeof(text) - 1;
	struct lp_cursor cursor;
	struct lp_error error;

	(void)state;
	for (size_t first = 0; first <= length; first++) {
		for (size_t last = first; last <= length; last++) {
			char *copy = exact_copy(text + first, last - first);

			lp_cursor_init(&cursor, copy, last - first);
			while (lp_next(&cursor, &point, &error) != LP_END)
				assert_true(cursor.at > cursor.line);
			assert_memory_equal(copy, text + first, last - first);
			free(copy);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points), cmocka_unit_test(test_rejects),
		cmocka_unit_test(test_lines),  cmocka_unit_test(test_line_start),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
