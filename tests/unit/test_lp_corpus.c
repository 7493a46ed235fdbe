/*
 * The line protocol modules against the conformance corpus of influxdata/line-protocol: every
 * case has to come out the same. The corpus is not part of this tree; FAIRPORT_CORPUS names it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "common/lp.h"

#define DEFAULT_CORPUS "../shared/corpus/line-protocol.json"

struct bytes {
	char *at;
	size_t length;
};

static struct lp_point point;

static struct bytes read_file(const char *path)
{
	struct bytes file = { NULL, 0 };
	FILE *stream = fopen(path, "rb");
	size_t room = 0, got;

	if (!stream)
		return file;
	do {
		room = room ? room * 2 : 1 << 16;
		file.at = realloc(file.at, room);
		assert_non_null(file.at);
		got = fread(file.at + file.length, 1, room - file.length, stream);
		file.length += got;
	} while (file.length == room);
	fclose(stream);
	return file;
}

/*
 * jansson has no integers beyond int64_t, the corpus has: whole numbers of twenty digits and more
 * become strings.
 */
static struct bytes quote_large(struct bytes json)
{
	struct bytes out = { malloc(json.length * 2 + 1), 0 };
	bool in_string = false;
	size_t i = 0;

	assert_non_null(out.at);
	while (i < json.length) {
		size_t digits = in_string ? 0 : strspn(json.at + i, "0123456789.eE+-");
		bool large = digits >= 20 && strspn(json.at + i, "0123456789") == digits;

		if (json.at[i] == '"')
			in_string = !in_string;
		if (in_string && json.at[i] == '\\')
			digits = 2;
		if (large)
			out.at[out.length++] = '"';
		memcpy(out.at + out.length, json.at + i, digits ? digits : 1);
		out.length += digits ? digits : 1;
		i += digits ? digits : 1;
		if (large)
			out.at[out.length++] = '"';
	}
	return out;
}

static const char *corpus_path(void)
{
	const char *path = getenv("FAIRPORT_CORPUS");

	return path ? path : DEFAULT_CORPUS;
}

static int load(void **state)
{
	const char *path = corpus_path();
	struct bytes file = read_file(path), quoted;
	json_error_t error;

	if (!file.at) {
		print_error("could not read %s\n", path);
		return -1;
	}
	file.at = realloc(file.at, file.length + 1);
	assert_non_null(file.at);
	file.at[file.length] = '\0';
	quoted = quote_large(file);
	*state = json_loadb(quoted.at, quoted.length, JSON_ALLOW_NUL, &error);
	free(file.at);
	free(quoted.at);
	if (!*state)
		print_error("%s:%d: %s\n", path, error.line, error.text);
	return *state ? 0 : -1;
}

static int unload(void **state)
{
	json_decref(*state);
	return 0;
}

static struct bytes from_base64(const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct bytes out = { malloc(strlen(text) + 1), 0 };
	unsigned int bits = 0, count = 0;

	assert_non_null(out.at);
	for (; *text && *text != '='; text++) {
		const char *letter = strchr(letters, *text);

		assert_non_null(letter);
		bits = bits << 6 | (unsigned int)(letter - letters);
		count += 6;
		if (count >= 8) {
			count -= 8;
			out.at[out.length++] = (char)(bits >> count);
		}
	}
	return out;
}

/* A string of the corpus, or {"binary": base64}; an exact allocation, so that overruns show. */
static struct bytes text_of(const json_t *json)
{
	struct bytes text;

	if (json_is_object(json)) {
		text = from_base64(json_string_value(json_object_get(json, "binary")));
	} else {
		text.length = json_string_length(json);
		text.at = malloc(text.length + 1);
		assert_non_null(text.at);
		memcpy(text.at, json_string_value(json), text.length);
	}
	if (text.length > 0)
		text.at = realloc(text.at, text.length);
	return text;
}

static int64_t scale_of(const json_t *input)
{
	static const struct {
		const char *name;
		int64_t ns;
	} precisions[] = {
		{ "1ns", 1 }, { "1µs", 1000 }, { "1ms", 1000000 }, { "1s", 1000000000 }
	};
	const char *name = json_string_value(json_object_get(input, "precision"));

	for (size_t i = 0; i < sizeof(precisions) / sizeof(precisions[0]); i++)
		if (strcmp(precisions[i].name, name) == 0)
			return precisions[i].ns;
	fail_msg("unknown precision %s", name);
	return 0;
}

static bool same_text(const json_t *want, struct lp_text text,
		      size_t (*unescape)(char *to, struct lp_text text))
{
	char *meant = malloc(text.length + 1);
	size_t length;
	bool same;

	assert_non_null(meant);
	length = unescape(meant, text);
	same = json_string_length(want) == length &&
	       memcmp(json_string_value(want), meant, length) == 0;
	free(meant);
	return same;
}

static uint64_t unsigned_of(const json_t *json)
{
	return json_is_string(json) ? strtoull(json_string_value(json), NULL, 10)
				    : (uint64_t)json_integer_value(json);
}

static double float_of(const json_t *json)
{
	return json_is_string(json) ? strtod(json_string_value(json), NULL)
				    : json_number_value(json);
}

static bool same_value(const json_t *value, const struct lp_field *field)
{
	const json_t *want;

	switch (field->type) {
	case LP_FLOAT:
		want = json_object_get(value, "float");
		return want && float_of(want) == field->value.number;
	case LP_INTEGER:
		want = json_object_get(value, "int");
		return want && json_integer_value(want) == field->value.integer;
	case LP_UNSIGNED:
		want = json_object_get(value, "uint");
		return want && unsigned_of(want) == field->value.natural;
	case LP_BOOLEAN:
		want = json_object_get(value, "bool");
		return want && json_is_true(want) == field->value.boolean;
	case LP_STRING:
		want = json_object_get(value, "string");
		return want && same_text(want, field->value.string, lp_unescape_string);
	}
	return false;
}

/* The corpus sorts the tags, the decoder leaves them in the order of the line. */
static bool same_tags(const json_t *tags)
{
	if (json_array_size(tags) != point.tag_count)
		return false;
	for (size_t i = 0; i < point.tag_count; i++) {
		const json_t *tag = json_array_get(tags, i);
		bool found = false;

		for (size_t k = 0; k < point.tag_count && !found; k++)
			found = same_text(json_object_get(tag, "key"), point.tags[k].key,
					  lp_unescape_key) &&
				same_text(json_object_get(tag, "value"), point.tags[k].value,
					  lp_unescape_key);
		if (!found)
			return false;
	}
	return true;
}

static bool same_fields(const json_t *fields)
{
	if (json_array_size(fields) != point.field_count)
		return false;
	for (size_t i = 0; i < point.field_count; i++) {
		const json_t *field = json_array_get(fields, i);

		if (!same_text(json_object_get(field, "key"), point.fields[i].key,
			       lp_unescape_key) ||
		    !same_value(json_object_get(field, "value"), &point.fields[i]))
			return false;
	}
	return true;
}

/* In nanoseconds; a time that does not fit is an error. The default loses what is too fine. */
static bool time_in_ns(const json_t *input, int64_t *ns)
{
	int64_t scale = scale_of(input), rest;

	if (point.has_time)
		return !__builtin_mul_overflow(point.time, scale, ns);
	*ns = json_integer_value(json_object_get(input, "defaultTime"));
	rest = *ns % scale;
	*ns -= rest < 0 ? rest + scale : rest;
	return true;
}

static bool same_point(const json_t *want, int64_t ns)
{
	return want && json_integer_value(json_object_get(want, "time")) == ns &&
	       same_text(json_object_get(want, "name"), point.measurement,
			 lp_unescape_measurement) &&
	       same_tags(json_object_get(want, "tags")) &&
	       same_fields(json_object_get(want, "fields"));
}

/* One bad line fails the whole input. */
static bool decode_case(const json_t *input, const json_t *output)
{
	const json_t *want = json_object_get(output, "result");
	struct bytes text = text_of(json_object_get(input, "text"));
	bool good = true, same = true;
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;
	size_t count = 0;

	lp_cursor_init(&cursor, text.at, text.length);
	while ((result = lp_next(&cursor, &point, &error)) != LP_END) {
		int64_t ns;

		if (result == LP_REJECTED || !time_in_ns(input, &ns))
			good = false;
		else if (!same_point(json_array_get(want, count++), ns))
			same = false;
	}
	free(text.at);
	return want ? good && same && count == json_array_size(want) : !good;
}

static void encode_value(struct lp_encoder *line, const json_t *field)
{
	const json_t *key = json_object_get(field, "key"), *value;
	const char *name = json_string_value(key);
	size_t length = json_string_length(key);

	field = json_object_get(field, "value");
	if ((value = json_object_get(field, "float")))
		lp_encode_float(line, name, length, float_of(value));
	else if ((value = json_object_get(field, "int")))
		lp_encode_integer(line, name, length, json_integer_value(value));
	else if ((value = json_object_get(field, "uint")))
		lp_encode_unsigned(line, name, length, unsigned_of(value));
	else if ((value = json_object_get(field, "bool")))
		lp_encode_boolean(line, name, length, json_is_true(value));
	else if ((value = json_object_get(field, "string")))
		lp_encode_string(line, name, length, json_string_value(value),
				 json_string_length(value));
	else
		fail_msg("field of unknown type");
}

static bool encode_case(const json_t *input, const json_t *output)
{
	const json_t *from = json_object_get(input, "point"), *item;
	const json_t *want = json_object_get(output, "result");
	int64_t time = json_integer_value(json_object_get(from, "time")), length;
	struct lp_encoder line;
	char buffer[4096];
	size_t i;

	item = json_object_get(from, "name");
	lp_encode_begin(&line, buffer, sizeof(buffer), json_string_value(item),
			json_string_length(item));
	json_array_foreach(json_object_get(from, "tags"), i, item)
	{
		const json_t *key = json_object_get(item, "key");
		const json_t *value = json_object_get(item, "value");

		lp_encode_tag(&line, json_string_value(key), json_string_length(key),
			      json_string_value(value), json_string_length(value));
	}
	json_array_foreach(json_object_get(from, "fields"), i, item) encode_value(&line, item);
	time /= scale_of(input);
	length = lp_encode_end(&line, &time);
	if (!want || length < 0)
		return !want && length < 0;
	/* The corpus leaves the line feed out. */
	return (size_t)length == json_string_length(want) + 1 && buffer[length - 1] == '\n' &&
	       memcmp(buffer, json_string_value(want), (size_t)length - 1) == 0;
}

static void run_cases(const json_t *corpus, const char *kind,
		      bool (*passes)(const json_t *input, const json_t *output))
{
	const json_t *cases = json_object_get(corpus, kind), *test;
	size_t i, failed = 0;

	assert_true(json_array_size(cases) > 0);
	json_array_foreach(cases, i, test)
	{
		const json_t *input = json_object_get(test, "input");
		char *text;

		if (passes(input, json_object_get(test, "output")))
			continue;
		text = json_dumps(test, JSON_ENSURE_ASCII);
		print_error("%s\n", text);
		free(text);
		failed++;
	}
	print_message("%s: %zu of %zu cases passed\n", kind, json_array_size(cases) - failed,
		      json_array_size(cases));
	assert_int_equal(failed, 0);
}

static void test_decode(void **state)
{
	run_cases(*state, "decode", decode_case);
}

static void test_encode(void **state)
{
	run_cases(*state, "encode", encode_case);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode),
		cmocka_unit_test(test_encode),
	};

	/* Not a skip: test_lp_decode and test_lp_encode have cases of their own for all of it. */
	if (access(corpus_path(), F_OK) != 0) {
		print_message("# no corpus at %s\n", corpus_path());
		return 0;
	}
	return cmocka_run_group_tests(tests, load, unload);
}
