/* Records, read back with another library. */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <float.h>
#include <math.h>

#include "common/clock.h"

static struct memory_record record;

static void finish(json_t *json)
{
	json_decref(json);
	free(record.text);
}

static void test_header(void **state)
{
	static const char start[] = "{\"schema\":1,\"type\":\"sample\",\"program\":\"test\","
				    "\"run\":\"unit\",\"t_ns\":";
	uint64_t before = clock_wall();
	json_t *json;

	(void)state;
	memory_record_begin(&record);
	json = memory_record_end(&record);
	assert_ptr_equal(strstr(record.text, start), record.text);
	assert_true((uint64_t)json_integer_value(json_object_get(json, "t_ns")) >= before);
	assert_true((uint64_t)json_integer_value(json_object_get(json, "t_ns")) <= clock_wall());
	assert_int_equal(json_object_size(json), 5);
	finish(json);
}

#define BAD "\357\277\275"

static void test_strings(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *want; /* NULL: the same */
	} cases[] = {
		{ "", 0, NULL },
		{ "plain", 5, NULL },
		{ "a\"b\\c/d", 7, NULL },
		{ "\\", 1, NULL },
		{ "\n\r\t\b\f\001\037\177", 8, NULL },
		{ "gr\303\266\303\237e \342\202\254 \360\237\230\200", 17, NULL },
		{ "\342\200\250", 3, NULL },
		{ "\377", 1, BAD },
		{ "a\200b", 3, "a" BAD "b" },
		{ "\303", 1, BAD },
		{ "\303\"", 2, BAD "\"" },
		{ "\342\202", 2, BAD BAD },
		{ "\300\257", 2, BAD BAD },
		{ "\355\240\200x", 4, BAD BAD BAD "x" },
		{ "\360\237\230", 3, BAD BAD BAD },
		{ "\364\220\200\200", 4, BAD BAD BAD BAD },
	};
	struct ndjson *out;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *want = cases[i].want ? cases[i].want : cases[i].text;
		char *copy = exact_copy(cases[i].text, cases[i].length);
		json_t *json;

		out = memory_record_begin(&record);
		ndjson_text(out, "text", copy, cases[i].length);
		ndjson_string(out, "string", cases[i].text);
		free(copy);
		json = memory_record_end(&record);
		assert_string_equal(json_string_value(json_object_get(json, "text")), want);
		assert_string_equal(json_string_value(json_object_get(json, "string")), want);
		finish(json);
	}
}

/* Each byte alone: ASCII comes back, NUL included, and no byte harms the record. */
static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		const char text = (char)byte;
		const json_t *value;
		json_t *json;

		ndjson_text(memory_record_begin(&record), "byte", &text, 1);
		json = memory_record_end(&record);
		value = json_object_get(json, "byte");
		assert_int_equal(json_string_length(value), byte < 0x80 ? 1 : 3);
		assert_memory_equal(json_string_value(value), byte < 0x80 ? &text : BAD,
				    json_string_length(value));
		finish(json);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *want;
	} doubles[] = {
		{ 0, "0" },
		{ 0.1, "0.1" },
		{ -1.5, "-1.5" },
		{ 20000, "20000" },
		{ 1.0 / 3, "0.333333333333" },
		{ 1e300, "1e+300" },
		{ DBL_MIN, "2.22507385851e-308" },
		{ (double)NAN, "null" },
		{ (double)INFINITY, "null" },
		{ -(double)INFINITY, "null" },
	};
	struct ndjson *out = memory_record_begin(&record);
	char want[512], *at = want;

	(void)state;
	at += sprintf(at, ",\"a\":0,\"b\":18446744073709551615,\"c\":-9223372036854775808,"
			  "\"d\":9223372036854775807,\"e\":true,\"f\":false,\"g\":null,\"h\":[");
	ndjson_uint(out, "a", 0);
	ndjson_uint(out, "b", UINT64_MAX);
	ndjson_int(out, "c", INT64_MIN);
	ndjson_int(out, "d", INT64_MAX);
	ndjson_bool(out, "e", true);
	ndjson_bool(out, "f", false);
	ndjson_string(out, "g", NULL);
	ndjson_open_array(out, "h");
	for (size_t i = 0; i < COUNT(doubles); i++) {
		ndjson_double(out, NULL, doubles[i].value);
		at += sprintf(at, "%s%s", i ? "," : "", doubles[i].want);
	}
	strcpy(at, "]}\n");
	ndjson_close_array(out);
	ndjson_end(out);
	assert_int_equal(ndjson_close(out), 0);
	/* As text: what is beyond 2^63 would not pass through the library. */
	assert_string_equal(strstr(record.text, ",\"a\""), want);
	free(record.text);
}

static void test_shortest(void **state)
{
	struct ndjson *out = memory_record_begin(&record);

	(void)state;
	ndjson_shortest(out, "a", 0.1);
	ndjson_shortest(out, "b", 1.0 / 3);
	ndjson_shortest(out, "c", 20000);
	ndjson_shortest(out, "d", DBL_MAX);
	ndjson_shortest(out, "e", -5e-324);
	ndjson_end(out);
	assert_int_equal(ndjson_close(out), 0);
	assert_string_equal(strstr(record.text, ",\"a\""),
			    ",\"a\":0.1,\"b\":0.3333333333333333,\"c\":20000,"
			    "\"d\":1.7976931348623157e+308,\"e\":-5e-324}\n");
	free(record.text);
}

/* Keys that are any text, values of all kinds behind them. */
static void test_keys(void **state)
{
	struct ndjson *out = memory_record_begin(&record);
	json_t *json;

	(void)state;
	ndjson_open_object(out, "o");
	ndjson_key(out, "a\"b", 3);
	ndjson_int(out, NULL, -1);
	ndjson_key(out, "\001", 1);
	ndjson_text(out, NULL, "x", 1);
	ndjson_key(out, "", 0);
	ndjson_open_object(out, NULL);
	ndjson_close_object(out);
	ndjson_uint(out, "last", 1);
	ndjson_close_object(out);
	json = memory_record_end(&record);
	assert_non_null(
		strstr(record.text, "\"o\":{\"a\\\"b\":-1,\"\\u0001\":\"x\",\"\":{},\"last\":1}"));
	finish(json);
}

static void test_nested(void **state)
{
	struct ndjson *out = memory_record_begin(&record);
	json_t *json;

	(void)state;
	ndjson_open_object(out, "o");
	ndjson_open_array(out, "empty");
	ndjson_close_array(out);
	ndjson_open_object(out, "none");
	ndjson_close_object(out);
	ndjson_open_array(out, "a");
	ndjson_uint(out, NULL, 1);
	ndjson_open_array(out, NULL);
	ndjson_open_array(out, NULL);
	ndjson_close_array(out);
	ndjson_bool(out, NULL, true);
	ndjson_close_array(out);
	ndjson_open_object(out, NULL);
	ndjson_int(out, "x", -1);
	ndjson_string(out, "y", "z");
	ndjson_close_object(out);
	ndjson_text(out, NULL, "end", 2);
	ndjson_close_array(out);
	ndjson_close_object(out);
	ndjson_uint(out, "last", 2);
	json = memory_record_end(&record);
	assert_json(json_object_get(json, "o"),
		    "{\"empty\":[],\"none\":{},\"a\":[1,[[],true],{\"x\":-1,\"y\":\"z\"},\"en\"]}");
	assert_json(json_object_get(json, "last"), "2");
	finish(json);
}

static void write_all_kinds(struct ndjson *out, size_t length)
{
	char *text = malloc(length + 1);

	assert_non_null(text);
	memset(text, 'x', length);
	ndjson_begin(out, "sample");
	ndjson_uint(out, "a", 1);
	ndjson_int(out, "b", 1);
	ndjson_bool(out, "c", true);
	ndjson_double(out, "d", 1);
	ndjson_shortest(out, "d2", 1);
	ndjson_key(out, "d3", 2);
	ndjson_bool(out, NULL, true);
	ndjson_string(out, "e", NULL);
	ndjson_text(out, "f", text, length);
	ndjson_open_object(out, "g");
	ndjson_close_object(out);
	ndjson_open_array(out, "h");
	ndjson_close_array(out);
	ndjson_end(out);
	free(text);
}

static void test_closed(void **state)
{
	struct ndjson out;

	(void)state;
	assert_int_equal(ndjson_open(&out, NULL, "test", "unit"), 0);
	write_all_kinds(&out, 10);
	assert_int_equal(ndjson_close(&out), 0);
	write_all_kinds(&out, 10);
	assert_int_equal(ndjson_close(&out), 0);
	out = (struct ndjson){ .path = NULL };
	write_all_kinds(&out, 10);
	assert_int_equal(ndjson_close(&out), 0);
	assert_int_equal(ndjson_open(&out, "/nonexistent/x", "test", "unit"), -ENOENT);
	assert_int_equal(ndjson_open(&out, "/", "test", "unit"), -EISDIR);
}

/* On standard output a record is there when it ends, and closing leaves the stream open. */
static void test_standard_output(void **state)
{
	struct capture capture;
	struct ndjson out;
	char text[1024], *feed;
	int error;

	(void)state;
	capture_begin(&capture, stdout);
	error = ndjson_open(&out, "-", "test", NULL);
	write_all_kinds(&out, 1);
	error |= dprintf(STDOUT_FILENO, "between\n") < 0;
	write_all_kinds(&out, 1);
	error |= ndjson_close(&out);
	error |= puts("behind") < 0;
	capture_end(&capture, text, sizeof(text));
	assert_int_equal(error, 0);
	feed = strchr(text, '\n');
	assert_non_null(feed);
	assert_int_equal(strncmp(feed, "\nbetween\n{", 10), 0);
	assert_non_null(strstr(text, "\"run\":null"));
	assert_non_null(strstr(text, "}\nbehind\n"));
}

static void test_write_errors(void **state)
{
	static const size_t lengths[] = { 0, 10, 1000, 4096, 100000 };
	struct ndjson out;

	(void)state;
	if (access("/dev/full", W_OK) != 0) {
		print_message("skipped: this host has no /dev/full\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(lengths); i++) {
		assert_int_equal(ndjson_open(&out, "/dev/full", "test", "unit"), 0);
		write_all_kinds(&out, lengths[i]);
		assert_int_equal(out.error, ENOSPC);
		write_all_kinds(&out, lengths[i]);
		assert_int_equal(ndjson_close(&out), -ENOSPC);
		assert_int_equal(ndjson_open(&out, "/dev/full", "test", "unit"), 0);
		ndjson_begin(&out, "unfinished");
		assert_int_equal(ndjson_close(&out), -ENOSPC);
	}
	/* The first error is the one that is told. */
	assert_int_equal(ndjson_open(&out, "/dev/full", "test", "unit"), 0);
	write_all_kinds(&out, 10);
	assert_int_equal(close(fileno(out.file)), 0);
	write_all_kinds(&out, 10);
	assert_int_equal(ndjson_close(&out), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),          cmocka_unit_test(test_strings),
		cmocka_unit_test(test_every_byte),      cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_shortest),        cmocka_unit_test(test_keys),
		cmocka_unit_test(test_nested),          cmocka_unit_test(test_closed),
		cmocka_unit_test(test_standard_output), cmocka_unit_test(test_write_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
