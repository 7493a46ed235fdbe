/* Templates for tables: what becomes of placeholders, wherever they stand, and which are refused.
 */
/* link: receiver/sinks/postgres/template.c receiver/sinks/postgres/template_read.c */
#include "tests/unit/helpers.h"

#include <glob.h>
#include <sys/mman.h>

#include "common/message.h"
#include "receiver/sinks/postgres/template.h"

static char messages[1024];

/* The template with this text, which is in a file. What is said goes to MESSAGES. */
static struct pg_template *open_text(const char *text, size_t length)
{
	struct capture capture;
	struct pg_template *template;
	char path[32];
	int fd = memfd_create("template", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	capture_begin(&capture, stderr);
	template = pg_template_open(path);
	capture_end(&capture, messages, sizeof(messages));
	close(fd);
	return template;
}

static char *put(const struct pg_template *template, const char *schema, const char *table)
{
	struct pg_template_values values = { schema, table, "\"a'b\\\" text", "time" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	pg_template_put(template, &values, out);
	fclose(out);
	return text;
}

static void assert_put(const char *text, const char *want)
{
	struct pg_template *template = open_text(text, strlen(text));
	char *got;
	size_t length = strlen(want);

	if (!template)
		fail_msg("%s: %s", text, messages);
	assert_string_equal(messages, "");
	got = put(template, "s", "\"c'p\\u\"");
	pg_template_free(template);
	if (strncmp(got, want, length) != 0 || strcmp(got + length, "\n;\n") != 0)
		fail_msg("%s: %s instead of %s", text, got, want);
	free(got);
}

/* {table} must stand somewhere. */
#define T "{table} "
#define P "\"c'p\\u\" "

static void test_plain(void **state)
{
	struct pg_template *template = pg_template_open(NULL);
	char *text;

	(void)state;
	assert_non_null(template);
	text = put(template, "s", "\"cpu\"");
	assert_string_equal(text, "CREATE TABLE IF NOT EXISTS s.\"cpu\" (\"a'b\\\" text);\n\n;\n");
	free(text);
	pg_template_free(template);
}

static void test_placeholders(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "{table}", "\"c'p\\u\"" },
		{ "{schema}.{table} ({columns}) {time}{time}",
		  "s.\"c'p\\u\" (\"a'b\\\" text) timetime" },
		/* In strings what is special is doubled, and a string that holds none is left. */
		{ "'{table}'", " E'\"c''p\\\\u\"'" },
		{ "f('{schema}.{table}')", "f( E's.\"c''p\\\\u\"')" },
		{ "E'\\'{table}\\\\'", "E'\\'\"c''p\\\\u\"\\\\'" },
		{ "e'{table}'''", "e'\"c''p\\\\u\"'''" },
		{ "'it''s \\ {table} \\'" T, " E'it''s \\\\ \"c''p\\\\u\" \\\\'" P },
		{ "'\\'{table}", "'\\'\"c'p\\u\"" },
		{ T "'\\ {} {a b} {A} {'", P "'\\ {} {a b} {A} {'" },
		{ T "'it''s' {time}", P "'it''s' time" },
		{ T "name'' {time}", P "name'' time" },
		{ T "E'\\'{time}\\''", P "E'\\'time\\''" },
		{ T "E'\\\\'{time}", P "E'\\\\'time" },
		{ T "U&'\\0061' N'a' x'ff' U&\"a\"", P "U&'\\0061' N'a' x'ff' U&\"a\"" },
		/* Comments are left alone, and what seems to be one is not. */
		{ T "-- it's {table} {x}\n{time}", P "-- it's {table} {x}\ntime" },
		{ T "/* ' {x} /* { */ {table} */ {time}", P "/* ' {x} /* { */ {table} */ time" },
		{ T "'--' {time}", P "'--' time" },
		{ T "\"/*\" {time}", P "\"/*\" time" },
		{ T "--", P "--" },
		{ T "a - - {time} / * {time}", P "a - - time / * time" },
		/* Names, and dollar quotes. */
		{ T "\"a\"\"b {x} '\" {time}", P "\"a\"\"b {x} '\" time" },
		{ T "$$ ' {x} $a$ $$ {time}", P "$$ ' {x} $a$ $$ time" },
		{ T "$a1$ ' $$ $b$ $a1$ {time}", P "$a1$ ' $$ $b$ $a1$ time" },
		{ T "$1 {time} $1", P "$1 time $1" },
		{ T "a$b$ {time}", P "a$b$ time" },
		{ T "$\303\244$ ' $\303\244$ {time}", P "$\303\244$ ' $\303\244$ time" },
		{ T "{", P "{" },
		{ T "{table", P "{table" },
		{ T "{}{A}{a1}{{time}}", P "{}{A}{a1}{time}" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_put(cases[i].text, cases[i].want);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message, *hint;
	} cases[] = {
		{ "", "line 1: {table} does not occur", "" },
		{ "-- {table}\n/* {table} */\n", "line 3: {table} does not occur", "" },
		{ T "\n\n{tabel}", "line 3: {tabel} is unknown (known are {schema}, {table}, ",
		  "" },
		{ T "\n'\n{a_b}'", "line 3: {a_b} is unknown", "" },
		{ T "\n'{time}\n", "line 2: a string without its closing quote", "" },
		{ T "\n'it''", "line 2: a string without", "" },
		{ T "\nE'\\'", "line 2: a string without", "" },
		{ T "E'\\", "line 1: a string without", "" },
		{ T "\n\"a", "line 2: a name without its closing quote", "" },
		{ T "/* /* */", "line 1: a comment without its end", "" },
		{ T "/*/", "line 1: a comment without its end", "" },
		{ T "\n$a$ $b$", "line 2: $a$ without its counterpart", "" },
		{ T "\n$$", "line 2: $$ without", "" },
		{ T "'-- {time}", "line 1: a string without its closing quote", "" },
		{ T "a$b$ $b$ {time} $b$", "line 1: a placeholder stands between dollar", "" },
		{ T "$a$", "line 1: $a$ without", "" },
		{ T "\n\"x{table}\"", "line 2: a placeholder stands between double quotes",
		  "names are quoted already" },
		{ T "$$\n'{schema}'\n$$", "line 2: a placeholder stands between dollar quotes",
		  "set_config('fairport.table', '{schema}.{table}', true)" },
		{ T "U&'{time}'", "line 1: no placeholder can stand in this kind of string", "" },
		{ T "N'{time}'", "line 1: no placeholder can stand", "" },
		{ T "be'{time}'", "line 1: no placeholder can stand", "" },
		{ T "\377", "it is no text in UTF-8", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_null(open_text(cases[i].text, strlen(cases[i].text)));
		if (!strstr(messages, "error: could not use table template \"/proc/self/fd/") ||
		    !strstr(messages, cases[i].message) || !strstr(messages, cases[i].hint))
			fail_msg("%s: %s", cases[i].text, messages);
	}
	assert_null(open_text(T "\0", sizeof(T)));
	assert_non_null(strstr(messages, "it is no text in UTF-8"));
}

static void test_long(void **state)
{
	const size_t room = ((size_t)1 << 20) + 1;
	char *text = malloc(room);
	struct pg_template *template;

	(void)state;
	memset(text, ' ', room);
	memcpy(text, "{table}", 7);
	template = open_text(text, room - 1);
	assert_non_null(template);
	pg_template_free(template);
	assert_null(open_text(text, room));
	assert_non_null(strstr(messages, "File too large"));
	free(text);
}

static void assert_missing(const char *file, const char *message)
{
	struct capture capture;
	struct pg_template *template;

	capture_begin(&capture, stderr);
	template = pg_template_open(file);
	capture_end(&capture, messages, sizeof(messages));
	assert_null(template);
	if (!strstr(messages, "error: could not read table template \"") ||
	    !strstr(messages, message))
		fail_msg("%s: %s", file, messages);
	/* A plain word is no file's name. */
	assert_int_equal(strstr(messages, "\nfairport: hint: a plain word is") != NULL,
			 !strpbrk(file, "./"));
}

static void test_missing(void **state)
{
	char name[300];

	(void)state;
	assert_missing("./no-such.sql", "\"./no-such.sql\": No such file or directory\n");
	assert_missing("no-such", "\"no-such\": No such file or directory\n");
	assert_missing("", "\"\": No such file or directory\n");
	assert_missing("/", "\"/\": Is a directory\n");
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_missing(name, "a\": File name too long\n");
	name[0] = '/';
	assert_missing(name, "a\": File name too long\n");
}

/* Those that come with the program name the table, each in its way. */
static void test_shipped(void **state)
{
	glob_t files;

	(void)state;
	assert_int_equal(glob("receiver/sinks/postgres/tables/*.sql", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 5);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct pg_template *template = pg_template_open(files.gl_pathv[i]);
		char *text;

		assert_non_null(template);
		text = put(template, "s", "\"c'pu\"");
		assert_int_equal(strncmp(text, "-- ", 3), 0);
		assert_non_null(strstr(text, " TABLE IF NOT EXISTS s.\"c'pu\" (\"a'b\\\" text)"));
		assert_null(strstr(text, "{table}"));
		free(text);
		pg_template_free(template);
	}
	globfree(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),   cmocka_unit_test(test_placeholders),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_long),
		cmocka_unit_test(test_missing), cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
