/* link: analysis/report/escape.c analysis/report/gnuplot.c */
/* Text of others in HTML, Markdown and gnuplot's language: it stays text, whatever it is. */
#include "tests/unit/helpers.h"

#include "analysis/printable.h"
#include "analysis/report/escape.h"
#include "analysis/report/gnuplot.h"

typedef void escape(FILE *out, const char *text);

struct example {
	const char *text, *expected;
};

static void check(escape *function, const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *text = NULL;
		size_t length;
		FILE *out = open_memstream(&text, &length);

		function(out, examples[i].text);
		fclose(out);
		assert_string_equal(text, examples[i].expected);
		free(text);
	}
}

static void test_html(void **state)
{
	static const struct example examples[] = {
		{ "", "" },
		{ "a b", "a b" },
		{ "<script>'&\"", "&lt;script&gt;&#39;&amp;&quot;" },
		{ "\u00b5s \u2014", "\u00b5s \u2014" },
		{ "a\nb\x1b[1m\x7f", "a\uFFFDb\uFFFD[1m\uFFFD" },
		{ "\xff\xc3(\xed\xa0\x80", "\uFFFD\uFFFD(\uFFFD" },
		/* What turns the direction of the text around, and C1 controls. */
		{ "a\u202eb\u200b\xc2\x85", "a\uFFFDb\uFFFD\uFFFD" },
		{ "\xe2\x82", "\uFFFD" },
	};

	(void)state;
	check(escape_html, examples, COUNT(examples));
}

static void test_markdown(void **state)
{
	static const struct example examples[] = {
		{ "25.1 % of 4 (even)", "25.1 % of 4 (even)" },
		{ "a|b", "a\\|b" },
		{ "[x](http://y.z)", "\\[x\\](http\\://y\\.z)" },
		{ "www.example.org", "www\\.example\\.org" },
		{ "<b> `*_~", "\\<b\\> \\`\\*\\_\\~" },
		{ "@root #12", "\\@&#8203;root \\#&#8203;12" },
		{ "a: b :smile:", "a: b \\:smile:" },
		{ "a\nb", "a\uFFFDb" },
		{ "back\\slash &amp;", "back\\\\slash \\&amp;" },
	};

	(void)state;
	check(escape_markdown, examples, COUNT(examples));
}

static void test_gnuplot(void **state)
{
	static const struct example examples[] = {
		{ "", "''" },
		{ "it's", "'it''s'" },
		{ "`date` $(x) \"y\" \\n", "'`date` $(x) \"y\" \\n'" },
		{ "a\nb\xff", "'a?b?'" },
	};

	(void)state;
	check(gnuplot_quote, examples, COUNT(examples));
}

/* Within double quotes, where nothing may end them or a line. */
static void data(FILE *out, const char *text)
{
	gnuplot_text(out, text, strlen(text));
}

static void test_gnuplot_data(void **state)
{
	static const struct example examples[] = {
		{ "", "" },
		{ "it's 10.0.0.1:53", "it's 10.0.0.1:53" },
		{ "a\"b\\c\nd", "a?b?c?d" },
		{ "\u00b5s\xff\xc2\x85", "\u00b5s??" },
	};

	(void)state;
	check(data, examples, COUNT(examples));
}

/* A name for a column: whole characters of it, and none that a terminal would obey. */
static void test_printable_text(void **state)
{
	char text[6];

	(void)state;
	assert_string_equal(printable_text(text, sizeof(text), "nginx-worker"), "nginx");
	assert_string_equal(printable_text(text, sizeof(text), "a\x1b\xc2\x9b\xff"), "a???");
	assert_string_equal(printable_text(text, sizeof(text), "abcd\u00e4"), "abcd");
	assert_string_equal(printable_text(text, sizeof(text), ""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),           cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_gnuplot),        cmocka_unit_test(test_gnuplot_data),
		cmocka_unit_test(test_printable_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
