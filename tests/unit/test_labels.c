/* Labels of a run: what is taken, what is refused, and what a second value of a key does. */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "common/labels.h"

static int give(struct labels *labels, const char *text)
{
	const char *expected = NULL;

	labels->text = text;
	return labels_parse(labels, &expected);
}

static void test_taken(void **state)
{
	static const struct {
		const char *text, *key, *value;
	} cases[] = {
		{ "version=1.4.2", "version", "1.4.2" },
		{ "a=b", "a", "b" },
		{ "a=b=c", "a", "b=c" },
		{ "A.b_c-9= x ", "A.b_c-9", " x " },
		{ "tuning=4 MiB \xc3\xa9\xf0\x9f\x90\x87", "tuning",
		  "4 MiB \xc3\xa9\xf0\x9f\x90\x87" },
		{ "abcdefghijklmnopqrstuvwxyz012345=1", "abcdefghijklmnopqrstuvwxyz012345", "1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct labels labels = { .count = 0 };

		assert_int_equal(give(&labels, cases[i].text), 0);
		assert_int_equal(labels.count, 1);
		assert_string_equal(labels.items[0].key, cases[i].key);
		assert_string_equal(labels.items[0].value, cases[i].value);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"a",
		"=",
		"=b",
		"a=",
		"1a=b",
		"_a=b",
		"-a=b",
		" a=b",
		"a b=c",
		"\xc3\xa9=b",
		"a\n=b",
		"a=b\n",
		"a=\x1b[1m",
		"a=\t",
		"a=\x7f",
		"a=\xff",
		"a=\xc3",
		"abcdefghijklmnopqrstuvwxyz0123456=1",
	};
	char longest[2 + LABEL_LENGTH + 2] = "a=";
	struct labels labels = { .count = 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (give(&labels, cases[i]) != -EINVAL || labels.count)
			fail_msg("\"%s\" was taken", cases[i]);
	memset(longest + 2, 'x', LABEL_LENGTH + 1);
	assert_int_equal(give(&labels, longest), -EINVAL);
	longest[2 + LABEL_LENGTH] = '\0';
	assert_int_equal(give(&labels, longest), 0);
}

/* What a scenario says first, the command line says better. */
static void test_last_counts(void **state)
{
	struct labels labels = { .count = 0 };
	char texts[LABELS_MOST + 1][8];

	(void)state;
	for (int i = 0; i < LABELS_MOST + 1; i++)
		snprintf(texts[i], sizeof(texts[i]), "k%d=%d", i, i);
	for (int i = 0; i < LABELS_MOST; i++)
		assert_int_equal(give(&labels, texts[i]), 0);
	assert_int_equal(give(&labels, texts[LABELS_MOST]), -EINVAL);
	assert_int_equal(give(&labels, "k1=other"), 0);
	assert_int_equal(labels.count, LABELS_MOST);
	assert_string_equal(labels.items[1].value, "other");
	assert_string_equal(labels.items[10].key, "k10");
	assert_string_equal(labels.items[10].value, "10");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_last_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
