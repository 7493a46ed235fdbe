/* link: common/openmetrics/text.c common/openmetrics/listener.c */
/* The text of metrics in both formats, byte by byte, and where they are served. */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "common/openmetrics/listener.h"
#include "common/openmetrics/text.h"

#define BAD "\357\277\275"

/* What TEXT holds once ended; it is empty then. */
static char *finish(struct openmetrics_text *text)
{
	char *copy;

	assert_int_equal(openmetrics_end(text), 0);
	copy = malloc(text->length + 1);
	assert_non_null(copy);
	if (text->length)
		memcpy(copy, text->text, text->length);
	copy[text->length] = '\0';
	openmetrics_free(text);
	assert_null(text->text);
	return copy;
}

static void check(struct openmetrics_text *text, const char *want)
{
	char *got = finish(text);

	assert_string_equal(got, want);
	free(got);
}

static void write_all(struct openmetrics_text *text)
{
	static const struct openmetrics_label zero[] = { { "worker", "0" }, { NULL, NULL } };
	static const struct openmetrics_label two[] = { { "worker", "1" },
							{ "reason", "limit" },
							{ NULL, NULL } };

	openmetrics_family(text, OPENMETRICS_COUNTER, "a_bytes", "bytes", "All \"bytes\".");
	openmetrics_uint(text, zero, 0);
	openmetrics_uint(text, two, UINT64_MAX);
	openmetrics_family(text, OPENMETRICS_GAUGE, "b", NULL, "Back\\slash\nand feed.");
	openmetrics_double(text, NULL, -1.5);
	openmetrics_family(text, OPENMETRICS_INFO, "c", NULL, "");
	openmetrics_uint(text, zero, 1);
	/* Without samples. */
	openmetrics_family(text, OPENMETRICS_COUNTER, "d", NULL, "None.");
}

static void test_openmetrics(void **state)
{
	struct openmetrics_text text = { .error = 0 };

	(void)state;
	write_all(&text);
	check(&text, "# TYPE a_bytes counter\n"
		     "# UNIT a_bytes bytes\n"
		     "# HELP a_bytes All \\\"bytes\\\".\n"
		     "a_bytes_total{worker=\"0\"} 0\n"
		     "a_bytes_total{worker=\"1\",reason=\"limit\"} 18446744073709551615\n"
		     "# TYPE b gauge\n"
		     "# HELP b Back\\\\slash\\nand feed.\n"
		     "b -1.5\n"
		     "# TYPE c info\n"
		     "# HELP c \n"
		     "c_info{worker=\"0\"} 1\n"
		     "# TYPE d counter\n"
		     "# HELP d None.\n"
		     "# EOF\n");
}

/* Types are about the names of samples there, and nothing marks the end. */
static void test_prometheus(void **state)
{
	struct openmetrics_text text = { .prometheus = true };

	(void)state;
	write_all(&text);
	check(&text, "# TYPE a_bytes_total counter\n"
		     "# HELP a_bytes_total All \"bytes\".\n"
		     "a_bytes_total{worker=\"0\"} 0\n"
		     "a_bytes_total{worker=\"1\",reason=\"limit\"} 18446744073709551615\n"
		     "# TYPE b gauge\n"
		     "# HELP b Back\\\\slash\\nand feed.\n"
		     "b -1.5\n"
		     "# TYPE c_info gauge\n"
		     "# HELP c_info \n"
		     "c_info{worker=\"0\"} 1\n"
		     "# TYPE d_total counter\n"
		     "# HELP d_total None.\n");
}

static void test_empty(void **state)
{
	struct openmetrics_text text = { .error = 0 }, other = { .prometheus = true };

	(void)state;
	check(&text, "# EOF\n");
	check(&other, "");
}

static void test_label_values(void **state)
{
	static const struct {
		const char *value, *want;
	} rows[] = {
		{ "", "" },
		{ "a\"b\\c\nd", "a\\\"b\\\\c\\nd" },
		{ "tab\tand\rreturn", "tab\tand\rreturn" },
		{ "gr\303\266\303\237e \360\237\230\200", "gr\303\266\303\237e \360\237\230\200" },
		{ "\377", BAD },
		{ "x\303", "x" BAD },
		{ "\303\"", BAD "\\\"" },
		{ "\300\257", BAD BAD },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct openmetrics_text text = { .prometheus = true };
		char *value = exact_copy(rows[i].value, strlen(rows[i].value) + 1);
		const struct openmetrics_label labels[] = { { "l", value }, { NULL, NULL } };
		char want[128];

		openmetrics_family(&text, OPENMETRICS_GAUGE, "m", NULL, "h");
		openmetrics_uint(&text, labels, 7);
		snprintf(want, sizeof(want), "# TYPE m gauge\n# HELP m h\nm{l=\"%s\"} 7\n",
			 rows[i].want);
		check(&text, want);
		free(value);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *want;
	} rows[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 0.1, "0.1" },
		{ 1.0 / 3, "0.3333333333333333" },
		{ 1795348684.1084926, "1795348684.1084926" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ 5e-324, "4.94065645841247e-324" },
		{ (double)NAN, "NaN" },
		{ -(double)NAN, "NaN" },
		{ (double)INFINITY, "+Inf" },
		{ -(double)INFINITY, "-Inf" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct openmetrics_text text = { .prometheus = true };
		char want[96];

		openmetrics_family(&text, OPENMETRICS_GAUGE, "m", NULL, "h");
		openmetrics_double(&text, NULL, rows[i].value);
		snprintf(want, sizeof(want), "# TYPE m gauge\n# HELP m h\nm %s\n", rows[i].want);
		check(&text, want);
	}
}

/* More than any first guess of the size; no byte is lost where it grows. */
static void test_growth(void **state)
{
	struct openmetrics_text text = { .error = 0 };
	size_t lines = 0;
	char *got;

	(void)state;
	openmetrics_family(&text, OPENMETRICS_COUNTER, "m", NULL, "h");
	for (uint64_t i = 0; i < 20000; i++) {
		char number[24];

		snprintf(number, sizeof(number), "%d", (int)i);
		openmetrics_uint(&text,
				 (struct openmetrics_label[]){ { "i", number }, { NULL, NULL } },
				 i);
	}
	got = finish(&text);
	for (char *line = strchr(got, '\n'); line; line = strchr(line + 1, '\n')) {
		char want[64];

		snprintf(want, sizeof(want), "\nm_total{i=\"%zu\"} %zu\n", lines - 1, lines - 1);
		if (lines > 0 && lines <= 20000)
			assert_memory_equal(line, want, strlen(want));
		lines++;
	}
	assert_int_equal(lines, 20003);
	free(got);
}

static void refuse(struct openmetrics_text *text)
{
	assert_int_equal(openmetrics_end(text), -EINVAL);
	openmetrics_free(text);
}

/* What would make the whole text unreadable is an error of the caller's. */
static void test_bad_families(void **state)
{
	static const struct {
		const char *name, *unit;
	} rows[] = {
		{ "", NULL },          { "1a", NULL },       { "a-b", NULL },    { "a b", NULL },
		{ "\303\266", NULL },  { "a_total", NULL },  { "a_info", NULL }, { "a", "bytes" },
		{ "abytes", "bytes" }, { "bytes", "bytes" }, { "again", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct openmetrics_text text = { .error = 0 };

		openmetrics_family(&text, OPENMETRICS_GAUGE, "again", NULL, "h");
		openmetrics_family(&text, OPENMETRICS_GAUGE, "between", NULL, "h");
		openmetrics_family(&text, OPENMETRICS_GAUGE, rows[i].name, rows[i].unit, "h");
		refuse(&text);
	}
}

static void test_bad_samples(void **state)
{
	static const struct openmetrics_label names[][2] = {
		{ { "", "v" }, { NULL, NULL } },      { { "a:b", "v" }, { NULL, NULL } },
		{ { "0", "v" }, { NULL, NULL } },     { { "a-b", "v" }, { NULL, NULL } },
		{ { "null", NULL }, { NULL, NULL } },
	};
	static const double values[] = { -1, (double)NAN, (double)INFINITY };
	struct openmetrics_text text = { .error = 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		openmetrics_family(&text, OPENMETRICS_GAUGE, "m", NULL, "h");
		openmetrics_uint(&text, names[i], 1);
		refuse(&text);
	}
	for (size_t i = 0; i < COUNT(values); i++) {
		openmetrics_family(&text, OPENMETRICS_COUNTER, "m", NULL, "h");
		openmetrics_double(&text, NULL, values[i]);
		refuse(&text);
	}
	openmetrics_family(&text, OPENMETRICS_INFO, "m", NULL, "h");
	openmetrics_uint(&text, NULL, 2);
	refuse(&text);
	/* Before any family. */
	openmetrics_uint(&text, NULL, 1);
	refuse(&text);
}

static void test_too_many_families(void **state)
{
	static char names[OPENMETRICS_FAMILIES + 1][8];
	struct openmetrics_text text = { .error = 0 };

	(void)state;
	for (size_t i = 0; i <= OPENMETRICS_FAMILIES; i++) {
		assert_int_equal(text.error, 0);
		snprintf(names[i], sizeof(names[i]), "m%zu", i);
		openmetrics_family(&text, OPENMETRICS_GAUGE, names[i], NULL, "h");
	}
	refuse(&text);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text, *want; /* NULL: it is none */
	} rows[] = {
		{ "9464", "127.0.0.1:9464" },
		{ ":9464", "127.0.0.1:9464" },
		{ "0", "127.0.0.1:0" },
		{ "0.0.0.0:9464", "0.0.0.0:9464" },
		{ "[::]:65535", "[::]:65535" },
		{ "[::1]:80", "[::1]:80" },
		{ "", NULL },
		{ ":", NULL },
		{ "65536", NULL },
		{ "-1", NULL },
		{ "+80", NULL },
		{ "9464x", NULL },
		{ "http", NULL },
		{ "::1:80", NULL },
		{ "[::1]80", NULL },
		{ "127.0.0.1:", NULL },
		{ "127.0.0.1", NULL },
		{ "256.0.0.1:80", NULL },
		{ "9464 ", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct openmetrics_address where = { .text = rows[i].text };
		const char *expected = NULL;
		int error = openmetrics_address_parse(&where, &expected);
		char text[ADDRESS_TEXT];

		if (!rows[i].want != (error == -EINVAL))
			fail_msg("\"%s\": %d", rows[i].text, error);
		else if (error == 0)
			assert_string_equal(address_text(text, &where.address), rows[i].want);
		else
			assert_non_null(expected);
	}
}

static void test_listener(void **state)
{
	struct openmetrics_address where = { .text = "0" };
	struct address bound, again;
	const char *expected;
	int fd;

	(void)state;
	assert_int_equal(openmetrics_address_parse(&where, &expected), 0);
	fd = openmetrics_listen(&where, &bound);
	assert_true(fd >= 0);
	assert_true(address_is_loopback(&bound));
	assert_int_not_equal(address_port(&bound), 0);
	where.address = bound;
	assert_int_equal(openmetrics_listen(&where, &again), -EADDRINUSE);
	close(fd);
	fd = openmetrics_listen(&where, &again);
	assert_true(fd >= 0);
	assert_int_equal(address_port(&again), address_port(&bound));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openmetrics),  cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_empty),        cmocka_unit_test(test_label_values),
		cmocka_unit_test(test_numbers),      cmocka_unit_test(test_growth),
		cmocka_unit_test(test_bad_families), cmocka_unit_test(test_bad_samples),
		cmocka_unit_test(test_addresses),    cmocka_unit_test(test_too_many_families),
		cmocka_unit_test(test_listener),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
