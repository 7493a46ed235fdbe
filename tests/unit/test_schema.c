/* Schemas: what is read from them, and what is wrong with them. */
/* link: faker/lines/schema.c faker/lines/schema_parse.c faker/lines/schema_values.c */
/* link: faker/lines/schema_words.c faker/lines/schema_builtin.c */
#include "tests/unit/helpers.h"

#include "common/message.h"
#include "faker/lines/schema.h"

static struct schema *parse(const char *text)
{
	struct schema_error error;
	size_t length = strlen(text);
	char *copy = exact_copy(text, length);
	struct schema *schema = schema_parse("test", copy, length, &error);

	free(copy);
	if (!schema)
		fail_msg("%s\n%u: %s", text, error.line, error.text);
	return schema;
}

static void check_error(const char *text, size_t length, unsigned int line, const char *want)
{
	struct schema_error error = { .line = 999 };
	char *copy = exact_copy(text, length);
	struct schema *schema = schema_parse("test", copy, length, &error);

	free(copy);
	if (schema)
		fail_msg("accepted, not: %s\n%.*s", want, (int)length, text);
	if (error.line != line || strcmp(error.text, want) != 0)
		fail_msg("%u: %s\nnot %u: %s\n%.*s", error.line, error.text, line, want,
			 (int)length, text);
}

#define M     "measurement m\n"
#define F     "field f float uniform 0 1\n"
#define FLOAT "(expected a number of up to 15 digits, "
#define WHOLE "(expected a whole number of up to 18 digits"

static const struct {
	const char *text;
	unsigned int line;
	const char *error;
} wrong[] = {
	/* The whole. */
	{ "", 0, "no measurement (expected measurement NAME)" },
	{ "\n # nothing\n\n", 0, "no measurement (expected measurement NAME)" },
	{ M, 1, "measurement \"m\" has no field (expected field KEY TYPE GENERATOR ARGUMENT...)" },
	{ "\n" M "tag t count 1\nmeasurement n\n" F, 2,
	  "measurement \"m\" has no field (expected field KEY TYPE GENERATOR ARGUMENT...)" },
	/* Words. */
	{ M "tag t values \"a\n" F, 2, "a quote that is not closed (expected \")" },
	{ M "tag t values \"", 2, "a quote that is not closed (expected \")" },
	{ M "tag t values \"a\\", 2, "a backslash in quotes (expected \\\" or \\\\)" },
	{ M "tag t values \"a\\n\"", 2, "a backslash in quotes (expected \\\" or \\\\)" },
	{ M "tag t values \"a\"b", 2, "text behind a closing quote (expected a blank)" },
	{ M "tag t values a\"b\"", 2,
	  "a quote inside of a word (expected the whole word in quotes, and \\\")" },
	{ M "tag t values \"a\tb\"", 2, "a tab in quotes (expected text)" },
	{ M "tag t values a\x01", 2, "control character 0x01 (expected text)" },
	{ M "# \x7f", 2, "control character 0x7f (expected text)" },
	{ M "field f\r float", 2, "control character 0x0d (expected text)" },
	{ M "tag t values \xc3", 2, "invalid UTF-8 (expected text)" },
	/* Statements. */
	{ "Measurement m\n", 1,
	  "unknown statement \"Measurement\" (expected measurement, tag or field)" },
	{ "a b c", 1, "unknown statement \"a\" (expected measurement, tag or field)" },
	{ M "\"\"", 2, "unknown statement \"\" (expected measurement, tag or field)" },
	{ "tag t count 1\n", 1, "tag before any measurement (expected measurement NAME)" },
	{ "#\nfield f float uniform 0 1\n", 2,
	  "field before any measurement (expected measurement NAME)" },
	/* Measurements. */
	{ "measurement\n", 1, "wrong number of words (expected measurement NAME)" },
	{ "measurement a b\n", 1, "wrong number of words (expected measurement NAME)" },
	{ "measurement \"\"\n", 1, "an empty measurement (expected text)" },
	{ "measurement a\\\n", 1,
	  "measurement \"a\\\" ends with a backslash (expected a name that line protocol can "
	  "hold)" },
	{ "measurement \"#a\"\n", 1,
	  "measurement \"#a\" begins with # (expected a name that line protocol can hold)" },
	{ M F "\nmeasurement m\n", 4, "a second measurement \"m\" (expected one of each)" },
	/* Tags. */
	{ M "tag t values\n", 2,
	  "too few words (expected tag KEY values VALUE..., or tag KEY count N[+] [prefix TEXT])" },
	{ M "tag t list a\n", 2, "unknown kind of tag \"list\" (expected values or count)" },
	{ M "tag \"\" count 1\n", 2, "an empty tag (expected text)" },
	{ M "tag t\\ count 1\n", 2,
	  "tag \"t\\\" ends with a backslash (expected a name that line protocol can hold)" },
	{ M "tag t count 1\ntag t count 2\n", 3,
	  "tag \"t\" is a tag already (expected another key)" },
	{ M F "tag f count 1\n", 3, "tag \"f\" is a field already (expected another key)" },
	{ M "tag t values a \"\"\n", 2, "an empty tag value (expected text)" },
	{ M "tag t values a b\\\n", 2,
	  "tag value \"b\\\" ends with a backslash (expected a name that line protocol can "
	  "hold)" },
	{ M "tag t values b a \"b\"\n", 2, "tag value \"b\" twice (expected one of each)" },
	{ M "tag t count 1 2\n", 2,
	  "wrong number of words (expected tag KEY count N[+] [prefix TEXT])" },
	{ M "tag t count 1 before a\n", 2,
	  "wrong number of words (expected tag KEY count N[+] [prefix TEXT])" },
	{ M "tag t count 1 prefix a b\n", 2,
	  "wrong number of words (expected tag KEY count N[+] [prefix TEXT])" },
#define COUNT_FORM "(expected a number from 1 on of up to 18 digits, or one and +)"
	{ M "tag t count 0\n", 2, "invalid count \"0\" of a tag " COUNT_FORM },
	{ M "tag t count -1\n", 2, "invalid count \"-1\" of a tag " COUNT_FORM },
	{ M "tag t count +\n", 2, "invalid count \"\" of a tag " COUNT_FORM },
	{ M "tag t count 1++\n", 2, "invalid count \"1+\" of a tag " COUNT_FORM },
	{ M "tag t count \"\"\n", 2, "invalid count \"\" of a tag " COUNT_FORM },
	{ M "tag t count 1.5\n", 2, "invalid count \"1.5\" of a tag " COUNT_FORM },
	{ M "tag t count 1000000000000000000\n", 2,
	  "invalid count \"1000000000000000000\" of a tag " COUNT_FORM },
	/* Fields. */
	{ M "field\n", 2, "too few words (expected field KEY TYPE GENERATOR ARGUMENT...)" },
	{ M "field f float\n", 2, "too few words (expected field KEY TYPE GENERATOR ARGUMENT...)" },
	{ M "field \"\" float uniform 0 1\n", 2, "an empty field (expected text)" },
	{ M "field f\\ float uniform 0 1\n", 2,
	  "field \"f\\\" ends with a backslash (expected a name that line protocol can hold)" },
	{ M F F, 3, "field \"f\" is a field already (expected another key)" },
	{ M "tag f count 1\n" F, 3, "field \"f\" is a tag already (expected another key)" },
	{ M "field f double uniform 0 1\n", 2,
	  "unknown type \"double\" (expected float, integer, unsigned, string or boolean)" },
	{ M "field f float gauss 0 1\n", 2,
	  "unknown generator \"gauss\" (expected uniform, walk, counter or choice)" },
	{ M "field f string walk 0 1 1\n", 2,
	  "walk of a field of type string (expected choice VALUE...)" },
	{ M "field f boolean uniform 0 1\n", 2,
	  "uniform of a field of type boolean (expected choice VALUE...)" },
	{ M "field f float uniform 0\n", 2,
	  "wrong number of arguments (expected uniform LOW HIGH [decimals D])" },
	{ M "field f float uniform 0 1 2\n", 2,
	  "wrong number of arguments (expected uniform LOW HIGH [decimals D])" },
	{ M "field f float walk 0 1\n", 2,
	  "wrong number of arguments (expected walk LOW HIGH STEP [decimals D])" },
	{ M "field f float counter\n", 2,
	  "wrong number of arguments (expected counter STEP [decimals D])" },
	{ M "field f float counter 1 decimals\n", 2,
	  "wrong number of arguments (expected counter STEP [decimals D])" },
	{ M "field f float counter 1 digits 2\n", 2,
	  "wrong number of arguments (expected counter STEP [decimals D])" },
	{ M "field f float choice\n", 2, "wrong number of arguments (expected choice VALUE...)" },
	/* Numbers. */
	{ M "field f integer uniform 0 1 decimals 0\n", 2,
	  "decimals of a field of type integer (expected float)" },
	{ M "field f unsigned counter 1 decimals 1\n", 2,
	  "decimals of a field of type unsigned (expected float)" },
	{ M "field f float uniform 0 1 decimals 7\n", 2,
	  "invalid number of decimals \"7\" (expected 0 to 6)" },
	{ M "field f float uniform 0 1 decimals -1\n", 2,
	  "invalid number of decimals \"-1\" (expected 0 to 6)" },
	{ M "field f float uniform 0 1 decimals 01\n", 2,
	  "invalid number of decimals \"01\" (expected 0 to 6)" },
	{ M "field f float uniform 0 1 decimals \"\"\n", 2,
	  "invalid number of decimals \"\" (expected 0 to 6)" },
	{ M "field time integer uniform 0 1\n", 2,
	  "field \"time\" would be taken for the time stamp (expected another key)" },
	{ M "field f float uniform x 1\n", 2,
	  "invalid LOW \"x\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform 0 1e3\n", 2,
	  "invalid HIGH \"1e3\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform 0 1.25 decimals 1\n", 2,
	  "invalid HIGH \"1.25\" of a float " FLOAT "1 of them decimals)" },
	{ M "field f float walk 0 1 0.0000001\n", 2,
	  "invalid STEP \"0.0000001\" of a float " FLOAT "6 of them decimals)" },
	{ M "field f float uniform 0 1000000000000000\n", 2,
	  "invalid HIGH \"1000000000000000\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform 0 1000000000 decimals 6\n", 2,
	  "invalid HIGH \"1000000000\" of a float " FLOAT "6 of them decimals)" },
	{ M "field f float uniform -1000000000000000 0\n", 2,
	  "invalid LOW \"-1000000000000000\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform 1. 2\n", 2,
	  "invalid LOW \"1.\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform 1.2.3 2\n", 2,
	  "invalid LOW \"1.2.3\" of a float " FLOAT "3 of them decimals)" },
	{ M "field f float uniform - 2\n", 2,
	  "invalid LOW \"-\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform +1 2\n", 2,
	  "invalid LOW \"+1\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f float uniform \"\" 2\n", 2,
	  "invalid LOW \"\" of a float " FLOAT "2 of them decimals)" },
	{ M "field f integer uniform 1.5 2\n", 2,
	  "invalid LOW \"1.5\" of a field of type integer " WHOLE ")" },
	{ M "field f integer uniform 0 1000000000000000000\n", 2,
	  "invalid HIGH \"1000000000000000000\" of a field of type integer " WHOLE ")" },
	{ M "field f integer uniform 0 99999999999999999999999\n", 2,
	  "invalid HIGH \"99999999999999999999999\" of a field of type integer " WHOLE ")" },
	{ M "field f unsigned uniform -1 1\n", 2,
	  "invalid LOW \"-1\" of a field of type unsigned " WHOLE ", no sign)" },
	{ M "field f float uniform 1 0.9\n", 2,
	  "LOW is above HIGH (expected uniform LOW HIGH [decimals D])" },
	{ M "field f integer walk 0 -1 1\n", 2,
	  "LOW is above HIGH (expected walk LOW HIGH STEP [decimals D])" },
	{ M "field f integer walk 0 1 0\n", 2,
	  "STEP is not above 0 (expected walk LOW HIGH STEP [decimals D])" },
	{ M "field f integer counter -1\n", 2,
	  "STEP is not above 0 (expected counter STEP [decimals D])" },
	{ M "field f float counter 0.00\n", 2,
	  "STEP is not above 0 (expected counter STEP [decimals D])" },
	/* Choices. */
	{ M "field f integer choice 1 1.5\n", 2,
	  "invalid VALUE \"1.5\" of a field of type integer (expected e.g. -42)" },
	{ M "field f integer choice 1i\n", 2,
	  "invalid VALUE \"1i\" of a field of type integer (expected e.g. -42)" },
	{ M "field f integer choice 9223372036854775808\n", 2,
	  "invalid VALUE \"9223372036854775808\" of a field of type integer (expected e.g. -42)" },
	{ M "field f unsigned choice -1\n", 2,
	  "invalid VALUE \"-1\" of a field of type unsigned (expected e.g. 42)" },
	{ M "field f unsigned choice 18446744073709551616\n", 2,
	  "invalid VALUE \"18446744073709551616\" of a field of type unsigned (expected e.g. "
	  "42)" },
	{ M "field f float choice nan\n", 2,
	  "invalid VALUE \"nan\" of a field of type float (expected e.g. 1.5)" },
	{ M "field f float choice 1e999\n", 2,
	  "invalid VALUE \"1e999\" of a field of type float (expected e.g. 1.5)" },
	{ M "field f float choice 1i\n", 2,
	  "invalid VALUE \"1i\" of a field of type float (expected e.g. 1.5)" },
	{ M "field f float choice \"\"\n", 2,
	  "invalid VALUE \"\" of a field of type float (expected e.g. 1.5)" },
	{ M "field f boolean choice true t\n", 2,
	  "invalid VALUE \"t\" of a field of type boolean (expected e.g. true or false)" },
};

static void test_errors(void **state)
{
	static const char nul[] = M "tag t values a\0b\n" F;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		check_error(wrong[i].text, strlen(wrong[i].text), wrong[i].line, wrong[i].error);
	check_error(nul, sizeof(nul) - 1, 2, "control character 0x00 (expected text)");
}

/* "measurement m" and lines from 0 to COUNT - 1 of FORMAT, and a field. */
static char *make_many(size_t count, const char *what, const char *rest, size_t *length)
{
	char *text;
	FILE *file = open_memstream(&text, length);

	assert_non_null(file);
	fputs(M, file);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s k%zu %s\n", what, i, rest);
	fputs("field f float uniform 0 1\n", file);
	fclose(file);
	return text;
}

static void test_limits(void **state)
{
	struct schema_error error;
	struct schema *schema;
	size_t length;
	char *text;

	(void)state;
	for (size_t more = 0; more < 2; more++) {
		text = make_many(LP_MAX_TAGS + more, "tag", "count 1", &length);
		if (more)
			check_error(text, length, 258, "too many tags (expected up to 256)");
		schema = schema_parse("test", text, length, &error);
		assert_int_equal(!schema, more);
		schema_free(schema);
		free(text);
		/* Two may be added, and one is there. */
		text = make_many(LP_MAX_FIELDS - 3 + more, "field", "float uniform 0 1", &length);
		if (more)
			check_error(text, length, 1024, "too many fields (expected up to 1022)");
		schema = schema_parse("test", text, length, &error);
		assert_int_equal(!schema, more);
		schema_free(schema);
		free(text);
	}
	text = malloc(SCHEMA_MAX_BYTES + 1);
	memset(text, '#', SCHEMA_MAX_BYTES + 1);
	memcpy(text, M F, strlen(M F));
	check_error(text, SCHEMA_MAX_BYTES + 1, 0, "larger than 1 MiB (expected a schema)");
	schema = schema_parse("test", text, SCHEMA_MAX_BYTES, &error);
	assert_non_null(schema);
	schema_free(schema);
	free(text);
}

/* As many words as a line can have. */
static void test_most_words(void **state)
{
	static const char start[] = M "field f integer choice";
	size_t length = SCHEMA_MAX_BYTES;
	struct schema_error error;
	struct schema *schema;
	char *text = malloc(length);

	(void)state;
	for (size_t i = 0; i < length; i++)
		text[i] = i % 2 == sizeof(start) % 2 ? '1' : ' ';
	memcpy(text, start, strlen(start));
	schema = schema_parse("test", text, length, &error);
	assert_non_null(schema);
	assert_int_equal(schema->measurements[0].fields[0].choice_count,
			 (length - strlen(start)) / 2);
	schema_free(schema);
	free(text);
}

static void test_everything(void **state)
{
	struct schema *schema = parse("# comment\r\n"
				      "measurement \"a b\"# comment\n"
				      "\t tag  t1 values \"x \\\"y\\\\\\\" #1\" p\\q z#no\n"
				      "tag t2 count 20 prefix \"\"\r\n"
				      "field f1 float walk -1.5 20 0.25\n"
				      "tag t3 count 999999999999999999+\n"
				      "field f2 float uniform .5 1 decimals 6\n"
				      "field f3 unsigned counter 999999999999999999\n"
				      "field f4 integer uniform -999999999999999999 -0\n"
				      "field f5 string choice \"\" \"#\" \xc3\xa4 \xc3\xa4\n"
				      "measurement time\n"
				      "field f1 boolean choice true false\n"
				      "field f2 unsigned choice 18446744073709551615\n"
				      "field f3 integer choice -9223372036854775808\n"
				      "field f4 float choice 1e308 -.5\n"
				      "field f5 float counter 0.5\n"
				      "field f6 float uniform 0 0 decimals 0");
	const struct schema_measurement *m = &schema->measurements[0];
	const struct schema_field *f = m->fields;

	(void)state;
	assert_string_equal(schema->name, "test");
	assert_int_equal(schema->measurement_count, 2);
	assert_string_equal(m->name, "a b");
	assert_int_equal(m->tag_count, 3);
	assert_int_equal(m->field_count, 5);
	assert_string_equal(m->tags[0].key, "t1");
	assert_int_equal(m->tags[0].count, 3);
	assert_string_equal(m->tags[0].values[0], "x \"y\\\" #1");
	assert_string_equal(m->tags[0].values[1], "p\\q");
	assert_string_equal(m->tags[0].values[2], "z");
	assert_null(m->tags[0].values[3]);
	assert_null(m->tags[1].values);
	assert_string_equal(m->tags[1].prefix, "");
	assert_int_equal(m->tags[1].count, 20);
	assert_false(m->tags[1].grows);
	assert_string_equal(m->tags[2].prefix, "t3");
	assert_int_equal(m->tags[2].count, SCHEMA_WHOLE_MOST);
	assert_true(m->tags[2].grows);
	assert_ptr_equal(schema_growing_tag(m), &m->tags[2]);

	assert_true(f[0].type == LP_FLOAT && f[0].generator == GENERATOR_WALK);
	assert_true(f[0].decimals == 2 && f[0].low == -150 && f[0].high == 2000 && f[0].step == 25);
	assert_true(f[1].type == LP_FLOAT && f[1].generator == GENERATOR_UNIFORM);
	assert_true(f[1].decimals == 6 && f[1].low == 500000 && f[1].high == 1000000);
	assert_true(f[2].type == LP_UNSIGNED && f[2].generator == GENERATOR_COUNTER);
	assert_true(f[2].decimals == 0 && f[2].step == SCHEMA_WHOLE_MOST);
	assert_true(f[3].type == LP_INTEGER && f[3].low == -SCHEMA_WHOLE_MOST && f[3].high == 0);
	assert_true(f[4].type == LP_STRING && f[4].generator == GENERATOR_CHOICE);
	assert_int_equal(f[4].choice_count, 4);
	assert_string_equal(f[4].choices[0], "");
	assert_string_equal(f[4].choices[1], "#");
	assert_string_equal(f[4].choices[2], "\xc3\xa4");
	assert_string_equal(f[4].choices[3], "\xc3\xa4");
	assert_null(f[4].choices[4]);

	m = &schema->measurements[1];
	assert_string_equal(m->name, "time");
	assert_int_equal(m->tag_count, 0);
	assert_int_equal(m->field_count, 6);
	assert_true(m->fields[0].type == LP_BOOLEAN);
	assert_string_equal(m->fields[3].choices[1], "-.5");
	assert_true(m->fields[4].decimals == 2 && m->fields[4].step == 50);
	assert_null(schema_growing_tag(m));
	assert_int_equal(schema_measurement_series(m), 1);
	assert_true(schema_grows(schema));
	/* 60 * (10^18 - 1) is beyond. */
	assert_int_equal(schema_series(schema), UINT64_MAX);
	schema_free(schema);
	schema_free(NULL);
}

static void test_series(void **state)
{
	struct schema *schema = parse(M "tag a count 3\ntag b values x y\n" F "measurement n\n" F);

	(void)state;
	assert_int_equal(schema_series(schema), 7);
	assert_false(schema_grows(schema));
	schema_free(schema);
	schema = parse(M "tag a count 999999999999999999\ntag b count 17\n" F
			 "measurement n\ntag a count 999999999999999999\n" F);
	assert_int_equal(schema_series(schema), 17999999999999999982u);
	schema_free(schema);
}

static void test_builtin(void **state)
{
	static const struct {
		const char *name;
		uint64_t series;
		size_t measurements;
	} cases[] = {
		{ "host", 120, 4 }, { "cpu", 72, 1 }, { "web", 80, 1 }, { "sensor", 100, 1 }
	};
	bool types[5] = { false };
	struct schema *schema;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		assert_string_equal(schema_names[i], cases[i].name);
		schema = schema_load(cases[i].name);
		assert_non_null(schema);
		assert_string_equal(schema->name, cases[i].name);
		assert_int_equal(schema->measurement_count, cases[i].measurements);
		assert_int_equal(schema_series(schema), cases[i].series);
		for (size_t k = 0; k < schema->measurement_count; k++)
			assert_non_null(schema_growing_tag(&schema->measurements[k]));
		if (strcmp(cases[i].name, "web") == 0)
			for (size_t k = 0; k < schema->measurements[0].field_count; k++)
				types[schema->measurements[0].fields[k].type] = true;
		schema_free(schema);
	}
	assert_null(schema_names[i]);
	assert_null(schema_builtin("hos"));
	for (i = 0; i < COUNT(types); i++)
		assert_true(types[i]);
}

/* What schema_load() says about PATH. */
static void check_message(const char *path, const char *want)
{
	struct capture capture;
	struct schema *schema;
	char text[1000];

	capture_begin(&capture, stderr);
	schema = schema_load(path);
	capture_end(&capture, text, sizeof(text));
	assert_null(schema);
	assert_string_equal(text, want);
}

static void test_load(void **state)
{
	char directory[] = "/tmp/fairport-schema-XXXXXX", path[64], want[400];
	struct schema *schema;
	FILE *file;

	(void)state;
	message_program("test");
	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/s", directory);
	snprintf(want, sizeof(want),
		 "test: error: unknown schema \"%s\" (expected a file or one of host, cpu, web, "
		 "sensor)\n",
		 path);
	check_message(path, want);
	snprintf(want, sizeof(want), "test: error: could not read schema \"%s\": Is a directory\n",
		 directory);
	check_message(directory, want);

	file = fopen(path, "w");
	fputs(M F, file);
	fclose(file);
	schema = schema_load(path);
	assert_non_null(schema);
	assert_string_equal(schema->name, path);
	schema_free(schema);

	file = fopen(path, "a");
	fputs("bad\n", file);
	fclose(file);
	snprintf(want, sizeof(want),
		 "test: error: %s:3: unknown statement \"bad\" (expected measurement, tag or "
		 "field)\n",
		 path);
	check_message(path, want);

	fclose(fopen(path, "w"));
	snprintf(want, sizeof(want),
		 "test: error: %s: no measurement (expected measurement NAME)\n", path);
	check_message(path, want);

	assert_int_equal(truncate(path, 2 * SCHEMA_MAX_BYTES), 0);
	snprintf(want, sizeof(want), "test: error: %s: larger than 1 MiB (expected a schema)\n",
		 path);
	check_message(path, want);
	unlink(path);
	rmdir(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errors),     cmocka_unit_test(test_limits),
		cmocka_unit_test(test_most_words), cmocka_unit_test(test_everything),
		cmocka_unit_test(test_series),     cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_load),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
