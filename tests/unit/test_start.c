/* --start-at: how a time is written, and that it is waited for. */
/* link: faker/start.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <signal.h>

#include "common/clock.h"
#include "faker/start.h"

static void test_times(void **state)
{
	static const struct {
		const char *text;
		uint64_t seconds, ns;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "1970-01-01T00:00:00.000000001Z", 0, 1 },
		{ "2026-01-31T12:00:00Z", 1769860800, 0 },
		{ "2026-01-31t12:00:00z", 1769860800, 0 },
		{ "2026-01-31T12:00:00.5Z", 1769860800, 500000000 },
		{ "2026-01-31T12:00:00.050Z", 1769860800, 50000000 },
		{ "2026-01-31T12:00:00.123456789Z", 1769860800, 123456789 },
		{ "2026-01-31T12:00:00+00:00", 1769860800, 0 },
		{ "2026-01-31T12:00:00-00:00", 1769860800, 0 },
		{ "2026-01-31T13:00:00+01:00", 1769860800, 0 },
		{ "2026-01-31T06:30:00.25-05:30", 1769860800, 250000000 },
		{ "2026-02-01T11:59:00+23:59", 1769860800, 0 },
		{ "2024-02-29T23:59:59Z", 1709251199, 0 },
		{ "2000-02-29T00:00:00Z", 951782400, 0 },
		{ "1970-01-01T01:00:00+01:00", 0, 0 },
		{ "1969-12-31T23:00:00-01:00", 0, 0 },
		{ "2026-12-31T23:30:00-01:30", 1798765200, 0 },
		{ "2262-04-11T23:47:15.999999999Z", 9223372035, 999999999 },
		{ "@0", 0, 0 },
		{ "@1769860800", 1769860800, 0 },
		{ "@1769860800.5", 1769860800, 500000000 },
		{ "@1769860800.123456789", 1769860800, 123456789 },
		{ "@9223372036", 9223372036, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct start_option option = { .text = cases[i].text };
		const char *expected = NULL;
		int error = start_parse(&option, &expected);

		if (error || option.time != cases[i].seconds * NS_PER_SECOND + cases[i].ns)
			fail_msg("%s: error %d, time %ju", cases[i].text, error,
				 (uintmax_t)option.time);
		assert_ptr_equal(option.text, cases[i].text);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"now",
		"12:00",
		"12:00:00Z",
		"2026-01-31",
		"2026-01-31T12:00Z",
		"2026-01-31T12:00:00",
		"2026-01-31 12:00:00Z",
		" 2026-01-31T12:00:00Z",
		"2026-01-31T12:00:00Z ",
		"2026-01-31T12:00:00ZZ",
		"2026-01-31T12:00:00X",
		"2026-1-31T12:00:00Z",
		"26-01-31T12:00:00Z",
		"+026-01-31T12:00:00Z",
		"2026/01/31T12:00:00Z",
		"20260131T120000Z",
		"2026-00-31T12:00:00Z",
		"2026-13-31T12:00:00Z",
		"2026-01-00T12:00:00Z",
		"2026-01-32T12:00:00Z",
		"2026-04-31T12:00:00Z",
		"2026-02-29T12:00:00Z",
		"2024-02-30T12:00:00Z",
		"2100-02-29T12:00:00Z",
		"2026-01-31T24:00:00Z",
		"2026-01-31T12:60:00Z",
		"2026-01-31T12:00:60Z",
		"2026-01-31T12:00:-1Z",
		"2026-01-31T12:00:00.Z",
		"2026-01-31T12:00:00,5Z",
		"2026-01-31T12:00:00.1234567890Z",
		"2026-01-31T12:00:00.5",
		"2026-01-31T12:00:00+1:00",
		"2026-01-31T12:00:00+0100",
		"2026-01-31T12:00:00+01",
		"2026-01-31T12:00:00+24:00",
		"2026-01-31T12:00:00+01:60",
		"2026-01-31T12:00:00+01:00Z",
		/* Before 1970, and beyond the year 2262. */
		"1969-12-31T23:59:59Z",
		"1970-01-01T00:00:00+00:01",
		"0000-01-01T00:00:00Z",
		"2262-04-11T23:47:16Z",
		"9999-12-31T23:59:59Z",
		"@",
		"@-1",
		"@+1",
		"@ 1",
		"@1 ",
		"@1s",
		"@1m",
		"@.5",
		"@1.",
		"@1.5.5",
		"@@1",
		"@1@",
		"@1e9",
		"@0x10",
		"@1.0000000001",
		"@9223372037",
		"@99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct start_option option = { .text = exact_copy(cases[i], strlen(cases[i]) + 1) };
		const char *expected = NULL;

		if (start_parse(&option, &expected) == 0)
			fail_msg("\"%s\" is accepted", cases[i]);
		assert_string_equal(expected, "e.g. 2026-01-31T12:00:00Z, @1769860800");
		free((char *)option.text);
	}
}

/* Not too early; how late depends on the machine. The last takes more than one wait. */
static void test_wait(void **state)
{
	static const uint64_t cases[] = { 0, 1, 30 * NS_PER_MS, 450 * NS_PER_MS };
	const atomic_bool never = false;

	(void)state;
	assert_true(start_wait(0, &never));
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t time = clock_wall() + cases[i];

		assert_true(start_wait(time, &never));
		assert_true(clock_wall() >= time);
	}
}

static void test_stop(void **state)
{
	const atomic_bool stop = true;

	(void)state;
	assert_false(start_wait(clock_wall() + 3600 * NS_PER_SECOND, &stop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_wait),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
