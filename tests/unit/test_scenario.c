/* Scenario files: what is read from them, and where a wrong one is wrong. */
/* link: lab/scenario.c */
#include "tests/unit/helpers.h"

#include "common/message.h"
#include "lab/scenario.h"

static char directory[] = "/tmp/fairport-unit-XXXXXX";
static struct scenario scenario;
static char path[256], messages[4096];

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

/* Reads a scenario of TEXT from a file of that name; MESSAGES is what was said. */
static bool read_named(const char *name, const char *text)
{
	struct capture capture;
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	capture_begin(&capture, stderr);
	good = scenario_read(&scenario, path);
	capture_end(&capture, messages, sizeof(messages));
	unlink(path);
	return good;
}

static bool read_text(const char *text)
{
	return read_named("test.conf", text);
}

/* Every setting as "section: key op value @line", one a line; op only where there is one. */
static void print_settings(char *to)
{
	*to = '\0';
	for (size_t i = 0; i < SECTIONS; i++) {
		const struct setting_list *list = &scenario.sections[i];

		for (size_t k = 0; k < list->count; k++) {
			const struct setting *item = &list->items[k];

			to += sprintf(to, "%s: %s %s%s%s @%u\n", section_names[i], item->key,
				      item->op, *item->op ? " " : "", item->value, item->line);
		}
	}
}

static void test_settings(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "; comment\n# comment\n\n[run]\n", "" },
		{ "[run]\ntitle = A title\n", "run: title A title @2\n" },
		{ "[run]\ntitle=A title", "run: title A title @2\n" },
		{ "[run]\r\ntitle = A title \r\n", "run: title A title @2\n" },
		{ "\n[fake]\ncount = 10k\n\n; rate\nrate = max\n",
		  "fake: count 10k @3\nfake: rate max @6\n" },
		/* Each section; sections again; keys again. */
		{ "[expect]\na = 1\n[probe]\nb = 2\n[fake]\nc = 3\n[receive]\nd = 4\n[run]\ne = 5\n"
		  "[fake]\nc = 6\n",
		  "run: e 5 @10\nreceive: d 4 @8\nfake: c 3 @6\nfake: c 6 @12\nprobe: b 2 @4\n"
		  "expect: a = 1 @2\n" },
		/* An option without a value. */
		{ "[fake]\nallow-public =\nquiet=\n", "fake: allow-public  @2\nfake: quiet  @3\n" },
		{ "[receive]\nconninfo = host=/tmp dbname=x\n",
		  "receive: conninfo host=/tmp dbname=x @2\n" },
		{ "[run]\ntitle = a >= b < c\n", "run: title a >= b < c @2\n" },
		/* An indented line is a setting of its own. */
		{ "[fake]\ncount = 1\n  rate = 2\n\tlines = 3\n\t ; four\n\n",
		  "fake: count 1 @2\nfake: rate 2 @3\nfake: lines 3 @4\n" },
		{ "  [fake]\n  count = 1\n", "fake: count 1 @2\n" },
		/* Expectations. */
		{ "[expect]\na.b = 1\nc=2\nd   =   even\ne == 5\n",
		  "expect: a.b = 1 @2\nexpect: c = 2 @3\nexpect: d = even @4\nexpect: e = 5 @5\n" },
		{ "[expect]\na != 1\nb <= 2\nc >= 3\nd!=4\ne<=5\nf>=-6\n",
		  "expect: a != 1 @2\nexpect: b <= 2 @3\nexpect: c >= 3 @4\nexpect: d != 4 @5\n"
		  "expect: e <= 5 @6\nexpect: f >= -6 @7\n" },
		{ "[expect]\na < 1\nb > 2\nc<3\nd>-4\n",
		  "expect: a < 1 @2\nexpect: b > 2 @3\nexpect: c < 3 @4\nexpect: d > -4 @5\n" },
	};
	char settings[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		if (!read_text(cases[i].text) || *messages)
			fail_msg("%s: %s", cases[i].text, messages);
		print_settings(settings);
		assert_string_equal(settings, cases[i].want);
		assert_string_equal(scenario.path, path);
		scenario_free(&scenario);
	}
}

static void test_errors(void **state)
{
	static const char sections[] = "(expected [run], [receive], [fake], [probe] or [expect])";
	static const struct {
		const char *text;
		unsigned int line;
		const char *message;
	} cases[] = {
		{ "[run]\n\n; x\n[nope]\nkey = 1\n", 5, "unknown section \"nope\" " },
		{ "[Run]\nkey = 1\n", 2, "unknown section \"Run\" " },
		{ "key = 1\n[run]\n", 1, "unknown section \"\" " },
		{ "[run]\nkey\n", 2, "neither a [section] nor key = value" },
		{ "[run]\na < 1\n", 2, "neither a [section] nor key = value" },
		{ "[run]\nkey = 1\n  continued\n", 3, "neither a [section] nor key = value" },
		{ "[run\n", 1, "neither a [section] nor key = value" },
		{ "[fake]\n= 5\n", 2, "no key before \"5\" (expected key = value)" },
		{ "[expect]\na = 1\nb =\n", 3,
		  "no value for \"b\" (expected key = value, key >= value, ...)" },
		{ "[expect]\nb >=\n", 2, "no value for \"b" },
		{ "[expect]\nb ==\n", 2, "no value for \"b\" " },
		{ "[expect]\n>= 5\n", 2, "no key before \"" },
	};
	char want[512];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool section = strncmp(cases[i].message, "unknown", 7) == 0;

		if (read_text(cases[i].text))
			fail_msg("%s: accepted", cases[i].text);
		scenario_free(&scenario);
		snprintf(want, sizeof(want), "fairport-run: error: %s:%u: %s%s", path,
			 cases[i].line, cases[i].message, section ? sections : "");
		if (strncmp(messages, want, strlen(want)) != 0)
			fail_msg("%s: %s instead of %s", cases[i].text, messages, want);
		assert_ptr_equal(strchr(messages, '\n'), messages + strlen(messages) - 1);
	}
}

/* What the message gives as the limit fits, with a line end and without; one byte more does not. */
static void test_long_lines(void **state)
{
	static const char start[] = "[run]\ntitle = ";
	char text[1200];
	unsigned long limit;

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, start, sizeof(start) - 1);
	strcpy(text + sizeof(text) - 10, "\nseed = 5");
	assert_false(read_text(text));
	scenario_free(&scenario);
	assert_non_null(strstr(messages, "/test.conf:2: line is longer than "));
	assert_ptr_equal(strchr(messages, '\n'), messages + strlen(messages) - 1);
	limit = strtoul(strstr(messages, "than ") + 5, NULL, 10);
	assert_in_range(limit, 100, 1000);
	for (int more = 0; more < 2; more++) {
		static const char *const ends[] = { "\nseed = 5", "\n", "" };

		for (size_t i = 0; i < COUNT(ends); i++) {
			size_t length = limit + (size_t)more - strlen("title = ");

			memset(text + sizeof(start) - 1, 'x', length);
			strcpy(text + sizeof(start) - 1 + length, ends[i]);
			assert_int_equal(read_text(text), !more);
			if (!more)
				assert_int_equal(
					strlen(scenario.sections[SECTION_RUN].items[0].value),
					length);
			scenario_free(&scenario);
		}
	}
}

static void test_names(void **state)
{
	static const char sixty[] = "a123456789b123456789c123456789d123456789e123456789f123456789";
	static const struct {
		const char *file, *want;
	} cases[] = {
		{ "even.conf", "even" },    { "even", "even" },
		{ ".conf", ".conf" },       { "my.config.conf", "my.config" },
		{ "a.conf.d", "a.conf.d" }, { "a.conf.conf", "a.conf" },
	};
	char name[100];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_true(read_named(cases[i].file, "[run]\n"));
		assert_string_equal(scenario.name, cases[i].want);
		scenario_free(&scenario);
	}
	snprintf(name, sizeof(name), "%s.conf", sixty);
	assert_true(read_named(name, "[run]\n"));
	assert_string_equal(scenario.name, sixty);
	scenario_free(&scenario);
	snprintf(name, sizeof(name), "%syz123.conf", sixty);
	assert_true(read_named(name, "[run]\n"));
	assert_int_equal(strlen(scenario.name), SCENARIO_NAME - 1);
	assert_int_equal(strncmp(scenario.name, name, SCENARIO_NAME - 1), 0);
	scenario_free(&scenario);
}

/* No such file, and a directory, which opens but cannot be read. */
static void test_unreadable(void **state)
{
	static const char *const files[] = { "/nonexistent/x.conf", directory };
	struct capture capture;
	bool good;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		char want[128];

		capture_begin(&capture, stderr);
		good = scenario_read(&scenario, files[i]);
		capture_end(&capture, messages, sizeof(messages));
		scenario_free(&scenario);
		assert_false(good);
		snprintf(want, sizeof(want),
			 "fairport-run: error: could not read scenario %s: ", files[i]);
		assert_ptr_equal(strstr(messages, want), messages);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),   cmocka_unit_test(test_errors),
		cmocka_unit_test(test_long_lines), cmocka_unit_test(test_names),
		cmocka_unit_test(test_unreadable),
	};

	message_program("fairport-run");
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
