/* link: probes/top/keys.c probes/top/model.c probes/top/window.c probes/top/flows.c */
/* link: probes/top/history.c probes/top/reading.c */
/* What keys ask for. */
#include "tests/unit/helpers.h"

#include "common/clock.h"
#include "probes/top/keys.h"

static void test_switches(void **state)
{
	struct wishes wishes = { .interval = NS_PER_SECOND };

	(void)state;
	assert_true(keys_press(&wishes, 'p', 10) && wishes.paused);
	assert_true(keys_press(&wishes, ' ', 10) && !wishes.paused);
	assert_true(keys_press(&wishes, 'r', 10) && wishes.reverse);
	assert_true(keys_press(&wishes, '?', 10) && wishes.help);
	assert_true(keys_press(&wishes, 'h', 10) && !wishes.help);
	assert_false(keys_press(&wishes, 'z', 10));
	assert_false(wishes.quit);
	assert_true(keys_press(&wishes, 'q', 10) && wishes.quit);
}

static void test_order(void **state)
{
	struct wishes wishes = { .sort = SORT_SLOT };

	(void)state;
	for (size_t i = 1; i < SORT_KEYS; i++) {
		assert_true(keys_press(&wishes, 's', 10));
		assert_int_equal(wishes.sort, i);
	}
	keys_press(&wishes, '>', 10);
	assert_int_equal(wishes.sort, SORT_SLOT);
	keys_press(&wishes, '<', 10);
	assert_int_equal(wishes.sort, SORT_KEYS - 1);
}

static void test_interval(void **state)
{
	struct wishes wishes = { .interval = 700 * NS_PER_MS };

	(void)state;
	keys_press(&wishes, '+', 10);
	assert_int_equal(wishes.interval, NS_PER_SECOND);
	wishes.interval = 700 * NS_PER_MS;
	keys_press(&wishes, '-', 10);
	assert_int_equal(wishes.interval, 500 * NS_PER_MS);
	for (int i = 0; i < 20; i++)
		keys_press(&wishes, '-', 10);
	assert_int_equal(wishes.interval, 100 * NS_PER_MS);
	for (int i = 0; i < 20; i++)
		keys_press(&wishes, '+', 10);
	assert_int_equal(wishes.interval, 60 * NS_PER_SECOND);
}

static void test_scrolling(void **state)
{
	struct wishes wishes = { .scroll = 0 };

	(void)state;
	keys_press(&wishes, KEY_OF_UP, 10);
	assert_int_equal(wishes.scroll, 0);
	keys_press(&wishes, KEY_OF_PAGE_DOWN, 10);
	keys_press(&wishes, KEY_OF_DOWN, 10);
	assert_int_equal(wishes.scroll, 11);
	keys_press(&wishes, KEY_OF_UP, 10);
	keys_press(&wishes, KEY_OF_PAGE_UP, 7);
	assert_int_equal(wishes.scroll, 3);
	keys_press(&wishes, KEY_OF_HOME, 10);
	assert_int_equal(wishes.scroll, 0);
	keys_press(&wishes, KEY_OF_END, 10);
	assert_true(wishes.scroll > 1000000);
	/* Not beyond what there is. */
	keys_press(&wishes, KEY_OF_PAGE_DOWN, 10);
	assert_true(wishes.scroll > 1000000);
}

static void test_footer(void **state)
{
	char text[KEYS_TEXT];
	struct wishes wishes = { .sort = SORT_COMMAND, .reverse = true, .paused = true };

	(void)state;
	for (size_t width = 1; width < 100; width++)
		assert_true(strlen(keys_footer(text, &wishes, width)) <= width);
	assert_string_equal(
		keys_footer(text, &wishes, 79),
		"q quit  p go on  s sort: command, reversed  r reverse  +- interval  h help");
	for (size_t i = 0; keys_help[i]; i++)
		assert_true(strlen(keys_help[i]) <= 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_switches), cmocka_unit_test(test_order),
		cmocka_unit_test(test_interval), cmocka_unit_test(test_scrolling),
		cmocka_unit_test(test_footer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
