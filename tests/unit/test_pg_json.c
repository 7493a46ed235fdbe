/* The JSON inside of a jsonb: its bytes, and that a parser reads what was meant. */
/* link: receiver/sinks/postgres/rows.c receiver/sinks/postgres/json.c */
#include "tests/unit/helpers.h"

#include <float.h>

#include "common/rng.h"
#include "tests/unit/pg_scene.h"

static struct pg_rows rows;
static struct pg_json json;

static int free_rows(void **state)
{
	(void)state;
	pg_rows_free(&rows);
	return 0;
}

static void begin(void)
{
	rows.length = 0;
	assert_true(pg_rows_json_begin(&rows, &json));
}

/* Ends the object and checks the text, behind the cell's length and the version. */
static void assert_text(const char *want)
{
	struct pg_cell cell;

	assert_true(pg_rows_json_end(&rows, &json));
	cell = first_cell(&rows);
	assert_int_equal(rows.length, 4 + cell.length);
	assert_int_equal(cell.data[0], 1);
	if (cell.length - 1 != strlen(want) || memcmp(cell.data + 1, want, cell.length - 1) != 0)
		fail_msg("%.*s instead of %s", (int)cell.length - 1, cell.data + 1, want);
}

static void key(const char *text)
{
	assert_true(pg_rows_json_key(&rows, &json, plain_text(text, strlen(text))));
}

static void value(struct lp_field field)
{
	key("k");
	assert_true(pg_rows_json_value(&rows, &field));
}

static void test_frame(void **state)
{
	(void)state;
	begin();
	assert_text("{}");
	assert_hex("empty", rows.data, rows.length, "00000003 017b7d");
	/* Not at the start of the buffer, which grows meanwhile. */
	rows.length = 0;
	for (int i = 0; i < 4095; i++)
		rows.data[rows.length++] = 'x';
	assert_true(pg_rows_json_begin(&rows, &json));
	key("a");
	assert_true(pg_rows_json_string(&rows, plain_text("b", 1), true));
	assert_true(pg_rows_json_end(&rows, &json));
	assert_hex("one member", rows.data + 4095, rows.length - 4095,
		   "0000000a 017b2261 223a2262 227d");
}

static void test_values(void **state)
{
	(void)state;
	begin();
	value((struct lp_field){ .type = LP_FLOAT, .value.number = 0.1 });
	value((struct lp_field){ .type = LP_FLOAT, .value.number = -0.0 });
	value((struct lp_field){ .type = LP_FLOAT, .value.number = 1e100 });
	value((struct lp_field){ .type = LP_FLOAT, .value.number = -0x1p-1074 });
	value((struct lp_field){ .type = LP_FLOAT, .value.number = DBL_MAX });
	value((struct lp_field){ .type = LP_INTEGER, .value.integer = INT64_MIN });
	value((struct lp_field){ .type = LP_UNSIGNED, .value.natural = UINT64_MAX });
	value((struct lp_field){ .type = LP_BOOLEAN, .value.boolean = true });
	value((struct lp_field){ .type = LP_BOOLEAN, .value.boolean = false });
	value((struct lp_field){ .type = LP_STRING, .value.string = plain_text("t", 1) });
	assert_text("{\"k\":0.1,\"k\":-0,\"k\":1e+100,\"k\":-5e-324,"
		    "\"k\":1.7976931348623157e+308,\"k\":-9223372036854775808,"
		    "\"k\":18446744073709551615,\"k\":true,\"k\":false,\"k\":\"t\"}");
}

static void test_strings(void **state)
{
	static const struct {
		const char *text;
		bool escaped, string;
		const char *want;
	} cases[] = {
		{ "", false, true, "\"\"" },
		{ "abc", false, true, "\"abc\"" },
		{ "\303\251\342\202\254\360\237\230\200", false, true,
		  "\"\303\251\342\202\254\360\237\230\200\"" },
		{ "a\"b", false, false, "\"a\\\"b\"" },
		/* A backslash is itself where nothing is escaped. */
		{ "a\\n", false, true, "\"a\\\\n\"" },
		{ "\b\t\n\v\f\r", false, true, "\"\\b\\t\\n\\u000b\\f\\r\"" },
		{ "\001\037\177", false, true, "\"\\u0001\\u001f\177\"" },
		{ "a\\ b\\,\\=", true, false, "\"a b,=\"" },
		{ "a\\\"\\n", true, false, "\"a\\\\\\\"\\\\n\"" },
		{ "a\\\"\\n\\\\\\ ", true, true, "\"a\\\"\\n\\\\\\\\ \"" },
		{ "0123456789\"", false, true, "\"0123456789\\\"\"" },
		{ "\n123456789", false, true, "\"\\n123456789\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		char *copy = exact_copy(cases[i].text, length), want[200];
		struct lp_text text = { copy, (uint32_t)length, cases[i].escaped };

		begin();
		key("k");
		assert_true(pg_rows_json_string(&rows, text, cases[i].string));
		snprintf(want, sizeof(want), "{\"k\":%s}", cases[i].want);
		assert_text(want);
		free(copy);
		if (cases[i].string)
			continue;
		copy = exact_copy(cases[i].text, length);
		text.at = copy;
		begin();
		assert_true(pg_rows_json_key(&rows, &json, text));
		assert_true(pg_rows_json_string(&rows, plain_text("v", 1), true));
		snprintf(want, sizeof(want), "{%s:\"v\"}", cases[i].want);
		assert_text(want);
		free(copy);
	}
}

/* Reads {"k": TEXT} back. */
static void assert_reads_back(const char *text, size_t length)
{
	struct pg_cell cell;
	json_error_t error;
	json_t *object, *string;

	assert_true(pg_rows_json_end(&rows, &json));
	cell = first_cell(&rows);
	object = json_loadb(cell.data + 1, cell.length - 1, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			    &error);
	if (!object)
		fail_msg("%.*s: %s", (int)cell.length - 1, cell.data + 1, error.text);
	string = json_object_get(object, "k");
	assert_int_equal(json_string_length(string), length);
	assert_memory_equal(json_string_value(string), text, length);
	json_decref(object);
}

/* Every byte of ASCII at every place, in words of eight and in what is left of them. */
static void test_every_byte(void **state)
{
	(void)state;
	for (size_t length = 1; length < 20; length++) {
		char *text = malloc(length);

		for (size_t i = 0; i < length; i++) {
			for (int byte = 0; byte < 128; byte++) {
				memset(text, 'x', length);
				text[i] = (char)byte;
				begin();
				key("k");
				assert_true(
					pg_rows_json_string(&rows, plain_text(text, length), true));
				assert_reads_back(text, length);
			}
		}
		free(text);
	}
}

/* What grows most, of all lengths: it is written where it is read. */
static void test_all_special(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(1 + i % 7);
	for (size_t length = 1; length <= sizeof(text); length++) {
		begin();
		key("k");
		assert_true(pg_rows_json_string(&rows, plain_text(text, length), true));
		assert_reads_back(text, length);
	}
}

/* Random texts of what is special, as they stand in lines. */
static void test_random_texts(void **state)
{
	static const char *const pieces[] = {
		"\\\\", "\\\"", "\\n",  "\\r", "\\t",      "\\ ",
		"\\x",  "\n",   "\001", "abc", "\303\251", ",",
	};
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 20000; i++) {
		char line[100] = "", *copy, meant[100];
		struct lp_text text = { .escaped = true };
		size_t length;

		for (uint64_t left = rng_below(&rng, 20); left > 0; left--)
			strcat(line, pieces[rng_below(&rng, COUNT(pieces))]);
		text.length = (uint32_t)strlen(line);
		text.at = copy = exact_copy(line, text.length);
		begin();
		key("k");
		if (i % 2) {
			length = lp_unescape_string(meant, text);
			assert_true(pg_rows_json_string(&rows, text, true));
		} else {
			length = lp_unescape_key(meant, text);
			assert_true(pg_rows_json_string(&rows, text, false));
		}
		assert_reads_back(meant, length);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_frame, free_rows),
		cmocka_unit_test_teardown(test_values, free_rows),
		cmocka_unit_test_teardown(test_strings, free_rows),
		cmocka_unit_test_teardown(test_every_byte, free_rows),
		cmocka_unit_test_teardown(test_all_special, free_rows),
		cmocka_unit_test_teardown(test_random_texts, free_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
