/* Command lines: values, errors, --help, the options of the header record, secrets. */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <getopt.h>

#include "common/message.h"
#include "common/options.h"
#include "common/version.h"

struct pair {
	const char *text;
	unsigned int left, right;
};

struct values {
	bool loud;
	const char *text, *dsn;
	uint64_t number, count, copies, rate, size, wait, limit;
	int file;
	size_t mode;
	double share, part;
	struct pair pair, other;
};

static const char *const modes[] = { "slow", "even", "fast", NULL };

#define AT(member) offsetof(struct values, member)
#define SECOND     1000000000ull

/* One of the struct values, as OPTION_PARSED has it. */
static int parse_pair(void *value, const char **expected)
{
	struct pair *pair = value;

	if (sscanf(pair->text, "%u:%u", &pair->left, &pair->right) >= 1)
		return 0;
	*expected = "LEFT or LEFT:RIGHT";
	return -EINVAL;
}

static const struct option_row rows[] = {
	{ .name = "loud",
	  .help = "say more",
	  .heading = "Sound",
	  .offset = AT(loud),
	  .kind = OPTION_FLAG,
	  .letter = 'l' },
	{ .name = "text",
	  .metavar = "TEXT",
	  .help = "text",
	  .offset = AT(text),
	  .kind = OPTION_TEXT,
	  .letter = 't' },
	{ .name = "dsn",
	  .metavar = "DSN",
	  .help = "where to, which may\nhold a password",
	  .offset = AT(dsn),
	  .kind = OPTION_TEXT,
	  .letter = 'd',
	  .secret = true },
	{ .name = "number",
	  .fallback = "7",
	  .metavar = "N",
	  .help = "a number",
	  .heading = "Numbers",
	  .offset = AT(number),
	  .least = 1,
	  .most = 2000,
	  .kind = OPTION_NUMBER },
	{ .name = "count",
	  .fallback = "200k",
	  .metavar = "N",
	  .help = "how many",
	  .offset = AT(count),
	  .kind = OPTION_COUNT,
	  .letter = 'c' },
	{ .name = "copies",
	  .fallback = "1",
	  .metavar = "N",
	  .help = "each, with its default on a line of its own here",
	  .offset = AT(copies),
	  .least = 1,
	  .kind = OPTION_COUNT },
	{ .name = "rate",
	  .fallback = "max",
	  .metavar = "RATE",
	  .help = "how fast",
	  .offset = AT(rate),
	  .kind = OPTION_RATE,
	  .letter = 'r' },
	{ .name = "size",
	  .fallback = "64KiB",
	  .metavar = "SIZE",
	  .help = "how large",
	  .offset = AT(size),
	  .least = 1024,
	  .most = 4u << 20,
	  .kind = OPTION_SIZE },
	{ .name = "wait",
	  .fallback = "1.5s",
	  .metavar = "DURATION",
	  .help = "before",
	  .offset = AT(wait),
	  .least = SECOND / 100,
	  .kind = OPTION_DURATION,
	  .letter = 'w' },
	{ .name = "limit",
	  .fallback = "2s",
	  .metavar = "DURATION",
	  .help = "at most",
	  .offset = AT(limit),
	  .least = SECOND,
	  .most = 60 * SECOND,
	  .kind = OPTION_DURATION },
	{ .name = "file-number",
	  .metavar = "N",
	  .help = "which",
	  .offset = AT(file),
	  .kind = OPTION_FILE_NUMBER },
	{ .name = "mode",
	  .fallback = "even",
	  .metavar = "MODE",
	  .help = "how",
	  .choices = modes,
	  .offset = AT(mode),
	  .kind = OPTION_CHOICE },
	{ .name = "share",
	  .fallback = "75%",
	  .metavar = "SHARE",
	  .help = "how much of it",
	  .offset = AT(share),
	  .kind = OPTION_SHARE },
	{ .name = "part",
	  .metavar = "SHARE",
	  .help = "how much of that",
	  .offset = AT(part),
	  .kind = OPTION_SHARE },
	{ .name = "pair",
	  .fallback = "3:4",
	  .metavar = "LEFT[:RIGHT]",
	  .help = "both",
	  .parse = parse_pair,
	  .size = sizeof(struct pair),
	  .offset = AT(pair),
	  .kind = OPTION_PARSED,
	  .letter = 'p' },
	{ .name = "other",
	  .metavar = "LEFT[:RIGHT]...",
	  .help = "others",
	  .parse = parse_pair,
	  .size = sizeof(struct pair),
	  .offset = AT(other),
	  .kind = OPTION_PARSED },
	OPTIONS_END,
};

static const struct program program = { .name = "test-tool",
					.summary = "Tests options.",
					.usage = "FILE [options]",
					.rows = rows,
					.examples = "  # the usual\n  test-tool x\n" };

struct run {
	enum options_result result;
	int argc, positional;
	char line[512];
	char *argv[16];
	struct values values;
	char out[8192], err[1024];
};

static struct run run;

/* Parses "test-tool ARGUMENTS" with arguments between single spaces. */
static void parse_as(const struct program *as, const char *arguments)
{
	struct capture out, err;
	char *rest = NULL;

	memset(&run, 0, sizeof(run));
	memset(&run.values, 0xa5, sizeof(run.values));
	snprintf(run.line, sizeof(run.line), "test-tool %s", arguments);
	for (char *word = strtok_r(run.line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		run.argv[run.argc++] = word;
	optind = 0;
	capture_begin(&out, stdout);
	capture_begin(&err, stderr);
	run.result = options_parse(as, &run.values, run.argc, run.argv, &run.positional);
	capture_end(&err, run.err, sizeof(run.err));
	capture_end(&out, run.out, sizeof(run.out));
}

static void parse(const char *arguments)
{
	parse_as(&program, arguments);
}

/* The options as a record has them. */
static json_t *recorded(void)
{
	struct memory_record record;
	json_t *json, *options;

	options_record(&program, &run.values, memory_record_begin(&record));
	json = memory_record_end(&record);
	options = json_incref(json_object_get(json, "options"));
	assert_non_null(options);
	json_decref(json);
	free(record.text);
	return options;
}

static void test_defaults(void **state)
{
	json_t *options;

	(void)state;
	parse("");
	assert_int_equal(run.result, OPTIONS_RUN);
	assert_int_equal(run.positional, 1);
	assert_string_equal(run.out, "");
	assert_string_equal(run.err, "");
	assert_false(run.values.loud);
	assert_null(run.values.text);
	assert_null(run.values.dsn);
	assert_int_equal(run.values.number, 7);
	assert_int_equal(run.values.count, 200000);
	assert_int_equal(run.values.copies, 1);
	assert_int_equal(run.values.rate, 0);
	assert_int_equal(run.values.size, 65536);
	assert_int_equal(run.values.wait, 1500000000);
	assert_int_equal(run.values.limit, 2000000000);
	assert_int_equal(run.values.file, -1);
	assert_int_equal(run.values.mode, 1);
	assert_true(run.values.share == 0.75);
	assert_true(run.values.part == 0);
	assert_string_equal(run.values.pair.text, "3:4");
	assert_int_equal(run.values.pair.left, 3);
	assert_int_equal(run.values.pair.right, 4);
	assert_null(run.values.other.text);
	assert_int_equal(run.values.other.left, 0);
	assert_int_equal(run.values.other.right, 0);
	options = recorded();
	assert_json(options, "{\"loud\":false,\"text\":null,\"dsn\":null,\"number\":7,"
			     "\"count\":200000,\"copies\":1,\"rate\":0,\"size\":65536,"
			     "\"wait\":1500000000,\"limit\":2000000000,\"file-number\":-1,"
			     "\"mode\":\"even\",\"share\":0.75,\"part\":0,"
			     "\"pair\":\"3:4\",\"other\":null}");
	json_decref(options);
}

static void test_values(void **state)
{
	static const struct {
		const char *arguments, *name, *want;
	} cases[] = {
		{ "--loud", "loud", "true" },
		{ "-l -l", "loud", "true" },
		{ "--loud=yes", "loud", "true" },
		{ "-l --loud=no", "loud", "false" },
		{ "--text=a=b", "text", "\"a=b\"" },
		{ "--text --loud", "text", "\"--loud\"" },
		{ "-tabc", "text", "\"abc\"" },
		{ "-t abc", "text", "\"abc\"" },
		{ "-lt abc", "text", "\"abc\"" },
		{ "--number 1", "number", "1" },
		{ "--numb=2000", "number", "2000" },
		{ "--count=5k", "count", "5000" },
		{ "-c 1.5M", "count", "1500000" },
		{ "-c0", "count", "0" },
		{ "-c 1 --count 2 -c3", "count", "3" },
		{ "--copies 9223372036854775807", "copies", "9223372036854775807" },
		{ "--rate=max", "rate", "0" },
		{ "-r20k -rmax", "rate", "0" },
		{ "-r 20k", "rate", "20000" },
		{ "--size=4MiB", "size", "4194304" },
		{ "--size 1024", "size", "1024" },
		{ "-w10ms", "wait", "10000000" },
		{ "--wait 2m", "wait", "120000000000" },
		{ "--limit 60", "limit", "60000000000" },
		{ "--file-number 0", "file-number", "0" },
		{ "--file-number=2147483647", "file-number", "2147483647" },
		{ "--mode slow", "mode", "\"slow\"" },
		{ "--mode=fast", "mode", "\"fast\"" },
		{ "--share 0.25", "share", "0.25" },
		{ "--share=100%", "share", "1" },
		{ "--part=12.5%", "part", "0.125" },
		{ "--pair=5", "pair", "\"5\"" },
		{ "-p 5:6", "pair", "\"5:6\"" },
		{ "--other 1:2 --pair 3", "other", "\"1:2\"" },
		{ "--dsn=x", "dsn", "\"(not shown)\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *options;

		parse(cases[i].arguments);
		if (run.result != OPTIONS_RUN || run.positional != run.argc || *run.err || *run.out)
			fail_msg("%s: result %d, %s", cases[i].arguments, (int)run.result, run.err);
		options = recorded();
		assert_json(json_object_get(options, cases[i].name), cases[i].want);
		json_decref(options);
	}
}

/* Nothing of one value is left in the next. */
static void test_parsed_twice(void **state)
{
	(void)state;
	parse("--pair=5:6 --pair 7 --other=8");
	assert_int_equal(run.result, OPTIONS_RUN);
	assert_string_equal(run.values.pair.text, "7");
	assert_int_equal(run.values.pair.left, 7);
	assert_int_equal(run.values.pair.right, 0);
	assert_string_equal(run.values.other.text, "8");
	assert_int_equal(run.values.other.left, 8);
}

static void test_positional(void **state)
{
	static const char *const want[] = { "a", "b", "-c", "--nope" };

	(void)state;
	parse("a --count 5 b -l -- -c --nope");
	assert_int_equal(run.result, OPTIONS_RUN);
	assert_int_equal(run.values.count, 5);
	assert_true(run.values.loud);
	assert_int_equal(run.argc - run.positional, 4);
	for (size_t i = 0; i < COUNT(want); i++)
		assert_string_equal(run.argv[run.positional + (int)i], want[i]);
}

#define FILE_NUMBER "the number of an open file descriptor"

static void test_refused(void **state)
{
	static const struct {
		const char *arguments, *message;
	} cases[] = {
		{ "--nope", "unknown or ambiguous option \"--nope\"" },
		{ "a --nope=5 b", "unknown or ambiguous option \"--nope=5\"" },
		{ "--co 5", "unknown or ambiguous option \"--co\"" },
		{ "-x", "unknown option -x" },
		{ "-lx", "unknown option -x" },
		{ "-l5", "unknown option -5" },
		{ "--count", "option --count needs a value" },
		{ "-c", "option --count needs a value" },
		{ "a -lc", "option --count needs a value" },
		{ "--dsn", "option --dsn needs a value" },
		{ "a --help=yes", "option \"--help=yes\" takes no value" },
		{ "--version=1", "option \"--version=1\" takes no value" },
#define BAD(value, name, form) "invalid value \"" value "\" for --" name " (expected " form ")"
		{ "--loud=maybe", BAD("maybe", "loud", "yes, no, or nothing") },
		{ "--loud=", BAD("", "loud", "yes, no, or nothing") },
		{ "--text=", BAD("", "text", "some text") },
		{ "--number=1k", BAD("1k", "number", "a whole number") },
		{ "--number=1.0", BAD("1.0", "number", "a whole number") },
		{ "--number=", BAD("", "number", "a whole number") },
		{ "--number 0", BAD("0", "number", "1 to 2,000") },
		{ "--number 2001", BAD("2001", "number", "1 to 2,000") },
		{ "--number 99999999999999999999",
		  BAD("99999999999999999999", "number", "a smaller number") },
		{ "-c10x", BAD("10x", "count", "e.g. 500, 10k, 1M") },
		{ "-c -5", BAD("-5", "count", "e.g. 500, 10k, 1M") },
		{ "--count=1.5", BAD("1.5", "count", "e.g. 500, 10k, 1M") },
		{ "-c 18446744073709551616",
		  BAD("18446744073709551616", "count", "a smaller number") },
		{ "--copies 0", BAD("0", "copies", "at least 1") },
		{ "--copies 18446744073709551616",
		  BAD("18446744073709551616", "copies", "a smaller number") },
		{ "-r0", BAD("0", "rate", "e.g. 500, 10k, 1M, or max") },
		{ "-r Max", BAD("Max", "rate", "e.g. 500, 10k, 1M, or max") },
		{ "--size 64k", BAD("64k", "size", "e.g. 512, 64kB, 8MiB") },
		{ "--size 1023", BAD("1023", "size", "1,024 to 4,194,304") },
		{ "--size 5MiB", BAD("5MiB", "size", "1,024 to 4,194,304") },
		{ "-w 1x", BAD("1x", "wait", "e.g. 10, 1.5s, 250ms") },
		{ "-w 9ms", BAD("9ms", "wait", "at least 10.0 ms") },
		{ "-w 6000000h", BAD("6000000h", "wait", "a smaller number") },
		{ "--limit 61", BAD("61", "limit", "1.00 s to 60.0 s") },
		{ "--limit 0", BAD("0", "limit", "1.00 s to 60.0 s") },
		{ "--file-number x", BAD("x", "file-number", FILE_NUMBER) },
		{ "--file-number -1", BAD("-1", "file-number", FILE_NUMBER) },
		{ "--file-number 2147483648", BAD("2147483648", "file-number", FILE_NUMBER) },
		{ "--mode=", BAD("", "mode", "one of slow, even, fast") },
		{ "--mode=fas", BAD("fas", "mode", "one of slow, even, fast") },
		{ "--share=", BAD("", "share", "0 to 1, e.g. 0.05, 5%") },
		{ "--share=1.5", BAD("1.5", "share", "0 to 1, e.g. 0.05, 5%") },
		{ "--share=-0.5", BAD("-0.5", "share", "0 to 1, e.g. 0.05, 5%") },
		{ "--pair=", BAD("", "pair", "LEFT or LEFT:RIGHT") },
		{ "--pair=5 -px:y", BAD("x:y", "pair", "LEFT or LEFT:RIGHT") },
		/* The first error is told, and it alone. */
		{ "-c5 --number=0 --nope --help", BAD("0", "number", "1 to 2,000") },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char want[512];

		snprintf(want, sizeof(want), "test-tool: error: %s\nTry 'test-tool --help'\n",
			 cases[i].message);
		parse(cases[i].arguments);
		if (run.result != OPTIONS_BAD || *run.out || strcmp(run.err, want) != 0)
			fail_msg("%s: result %d, %s instead of %s", cases[i].arguments,
				 (int)run.result, run.err, want);
	}
}

static void test_help(void **state)
{
	static const char *const parts[] = {
		"test-tool: Tests options.\n\nUsage: test-tool FILE [options]\n\nSound:\n",
		"\n  -l, --loud                say more\n",
		"\n      --number N            a number (default 7)\n",
		"\nNumbers:\n",
		"\n  -c, --count N             how many (default 200k)\n",
		"\n  -d, --dsn DSN             where to, which may\n"
		"                            hold a password\n",
		" here\n                            (default 1)\n",
		" (default max)\n",
		" (default 64KiB)\n",
		" (default 1.5s)\n",
		" (default even)\n",
		" (default 75%)\n",
		"\n  -p, --pair LEFT[:RIGHT]   both (default 3:4)\n",
		"\n      --other LEFT[:RIGHT]...\n                            others\n",
		"\n  -h, --help ",
		"\n  -V, --version ",
		"\nUnits: ",
		" shares 0.05, 5%.\n",
		"\nExamples:\n  # the usual\n  test-tool x\n",
	};
	static const char *const ways[] = { "--help", "-h", "-lh", "--he", "x --help --nope" };

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		parse(ways[i]);
		assert_int_equal(run.result, OPTIONS_DONE);
		assert_string_equal(run.err, "");
		for (size_t k = 0; k < COUNT(parts); k++)
			if (!strstr(run.out, parts[k]))
				fail_msg("%s: no \"%s\" in %s", ways[i], parts[k], run.out);
		for (const char *line = run.out; *line; line += strcspn(line, "\n") + 1)
			assert_true(strcspn(line, "\n") <= 80);
		assert_null(strstr(run.out, " \n"));
	}
	for (int i = 0; i < 2; i++) {
		parse(i ? "--version" : "-V");
		assert_int_equal(run.result, OPTIONS_DONE);
		assert_string_equal(run.out, "test-tool " FAIRPORT_VERSION "\n");
		assert_string_equal(run.err, "");
	}
}

static void test_bad_default(void **state)
{
	static const struct option_row bad_rows[][2] = {
		{ { .name = "count",
		    .fallback = "many",
		    .offset = AT(count),
		    .kind = OPTION_COUNT },
		  OPTIONS_END },
		{ { .name = "count",
		    .fallback = "many",
		    .parse = parse_pair,
		    .size = sizeof(struct pair),
		    .offset = AT(pair),
		    .kind = OPTION_PARSED },
		  OPTIONS_END },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const struct program bad = { .name = "test-tool", .rows = bad_rows[i] };

		parse_as(&bad, "--count=5");
		assert_int_equal(run.result, OPTIONS_BAD);
		assert_non_null(strstr(run.err, "the default \"many\" of --count is not valid"));
	}
}

/* What may be shown of each argument, with bars between. */
static void show(char *text)
{
	for (int i = 1; i < run.argc; i++) {
		size_t length = options_showable(&program, &run.values, run.argv[i]);

		text += sprintf(text, "%s%.*s", i > 1 ? "|" : "", (int)length, run.argv[i]);
	}
}

static void test_secrets(void **state)
{
	static const struct {
		const char *arguments, *want;
	} cases[] = {
		{ "--text=abc", "--text=abc" },
		{ "--dsn abc", "--dsn|" },
		{ "--dsn=abc", "--dsn=" },
		{ "--ds=abc -l", "--ds=|-l" },
		{ "-dabc", "-d" },
		{ "-d abc", "-d|" },
		{ "-ldabc x", "-ld|x" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		parse(cases[i].arguments);
		assert_int_equal(run.result, OPTIONS_RUN);
		assert_string_equal(run.values.dsn ? run.values.dsn : "abc", "abc");
		show(text);
		assert_string_equal(text, cases[i].want);
	}
	/* A second one must not bring the first to light; it may be refused. */
	parse("--dsn=abc -d xyz");
	show(text);
	if (run.result == OPTIONS_RUN)
		assert_string_equal(text, "--dsn=|-d|");
	assert_null(strstr(run.err, "abc"));
	assert_null(strstr(run.err, "xyz"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),     cmocka_unit_test(test_values),
		cmocka_unit_test(test_parsed_twice), cmocka_unit_test(test_positional),
		cmocka_unit_test(test_refused),      cmocka_unit_test(test_help),
		cmocka_unit_test(test_bad_default),  cmocka_unit_test(test_secrets),
	};

	message_program("test-tool");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
