/* Numbers with units: what is accepted, what is refused and why, and how they are shown. */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "common/units.h"

#define UNTOUCHED 0xdeadbeef
#define SECOND    1000000000ull

typedef int parser(const char *text, uint64_t *out);

static void test_accepted(void **state)
{
	static const struct {
		parser *parse;
		const char *text;
		uint64_t want;
	} cases[] = {
		{ units_count, "0", 0 },
		{ units_count, "500", 500 },
		{ units_count, "007", 7 },
		{ units_count, "10k", 10000 },
		{ units_count, "1.5M", 1500000 },
		{ units_count, "1.0", 1 },
		{ units_count, "0.001k", 1 },
		{ units_count, "2G", 2000000000 },
		{ units_count, "1.000000001G", 1000000001 },
		{ units_count, "1.500000000000k", 1500 },
		{ units_count, "18446744073709551615", UINT64_MAX },
		{ units_count, "18446744073709551615.000", UINT64_MAX },
		{ units_count, "18446744073.709551615G", UINT64_MAX },
		{ units_count, "0000000000000000000000000000000000000001", 1 },
		{ units_size, "0", 0 },
		{ units_size, "512", 512 },
		{ units_size, "512B", 512 },
		{ units_size, "64kB", 64000 },
		{ units_size, "64KiB", 65536 },
		{ units_size, "1MB", 1000000 },
		{ units_size, "8MiB", 8388608 },
		{ units_size, "1GB", 1000000000 },
		{ units_size, "1GiB", 1073741824 },
		{ units_size, "1.5KiB", 1536 },
		{ units_size, "0.0009765625KiB", 1 },
		{ units_size, "0.999755859375GiB", 1073741824 - 262144 },
		{ units_size, "17179869183GiB", 17179869183ull << 30 },
		{ units_duration, "0", 0 },
		{ units_duration, "10", 10 * SECOND },
		{ units_duration, "1.5", 1500000000 },
		{ units_duration, "1.5s", 1500000000 },
		{ units_duration, "0.1s", 100000000 },
		{ units_duration, "250ms", 250000000 },
		{ units_duration, "10us", 10000 },
		{ units_duration, "1ns", 1 },
		{ units_duration, "5m", 300 * SECOND },
		{ units_duration, "2h", 7200 * SECOND },
		{ units_duration, "0.000000001s", 1 },
		{ units_duration, "1.23456789h", 4444444404000 },
		{ units_duration, "0.123456789015h", 444444440454 },
		{ units_duration, "9223372036854775807ns", INT64_MAX },
		{ units_duration, "9223372036.854775807s", INT64_MAX },
		{ units_duration, "2562047h", 2562047 * 3600ull * SECOND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t out = UNTOUCHED;
		int error = cases[i].parse(cases[i].text, &out);

		if (error || out != cases[i].want)
			fail_msg("%s: error %d, value %ju", cases[i].text, error, (uintmax_t)out);
	}
}

static void test_times(void **state)
{
	static const struct {
		const char *text;
		int error;
		int64_t want;
	} cases[] = {
		{ "0", 0, 0 },
		{ "-1", 0, -1 },
		{ "1700000000123456789", 0, 1700000000123456789 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "-9223372036854775808", 0, INT64_MIN },
		{ "9223372036854775808", -ERANGE, 0 },
		{ "-9223372036854775809", -ERANGE, 0 },
		{ "99999999999999999999", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "-", -EINVAL, 0 },
		{ "--1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1.5", -EINVAL, 0 },
		{ "1s", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t out = UNTOUCHED;
		int error = units_time(cases[i].text, &out);

		if (error != cases[i].error || out != (error ? (int64_t)UNTOUCHED : cases[i].want))
			fail_msg("%s: error %d, value %jd", cases[i].text, error, (intmax_t)out);
	}
}

static void test_refused(void **state)
{
	static const struct {
		parser *parse;
		const char *text;
		int want;
	} cases[] = {
		{ units_count, "", -EINVAL },
		{ units_count, " ", -EINVAL },
		{ units_count, "k", -EINVAL },
		{ units_count, "-1", -EINVAL },
		{ units_count, "+1", -EINVAL },
		{ units_count, " 1", -EINVAL },
		{ units_count, "1 ", -EINVAL },
		{ units_count, "1 k", -EINVAL },
		{ units_count, "1K", -EINVAL },
		{ units_count, "1m", -EINVAL },
		{ units_count, "1kk", -EINVAL },
		{ units_count, "1kB", -EINVAL },
		{ units_count, "10x", -EINVAL },
		{ units_count, "0x10", -EINVAL },
		{ units_count, "1e3", -EINVAL },
		{ units_count, "1,000", -EINVAL },
		{ units_count, "1.", -EINVAL },
		{ units_count, ".5k", -EINVAL },
		{ units_count, "1.k", -EINVAL },
		{ units_count, "1.5.5M", -EINVAL },
		{ units_count, "1.-5M", -EINVAL },
		{ units_count, "inf", -EINVAL },
		{ units_count, "1.5", -EINVAL },
		{ units_count, "1.0005k", -EINVAL },
		{ units_count, "0.0000000001G", -EINVAL },
		{ units_count, "18446744073709551616", -ERANGE },
		{ units_count, "18446744073709551620", -ERANGE },
		{ units_count, "99999999999999999999999", -ERANGE },
		{ units_count, "18446744073709552k", -ERANGE },
		{ units_count, "18446744073.709551616G", -ERANGE },
		{ units_count, "18446744074G", -ERANGE },
		{ units_count, "99999999999999999999x", -EINVAL },
		{ units_count, "99999999999999999999.", -EINVAL },
		{ units_size, "", -EINVAL },
		{ units_size, "64k", -EINVAL },
		{ units_size, "64K", -EINVAL },
		{ units_size, "64KB", -EINVAL },
		{ units_size, "64kiB", -EINVAL },
		{ units_size, "64kb", -EINVAL },
		{ units_size, "8Mi", -EINVAL },
		{ units_size, "-8MiB", -EINVAL },
		{ units_size, "1.5", -EINVAL },
		{ units_size, "1.5B", -EINVAL },
		{ units_size, "0.1KiB", -EINVAL },
		{ units_size, "17179869184GiB", -ERANGE },
		{ units_size, "18446744073709551616B", -ERANGE },
		{ units_duration, "", -EINVAL },
		{ units_duration, "s", -EINVAL },
		{ units_duration, "10 s", -EINVAL },
		{ units_duration, "1S", -EINVAL },
		{ units_duration, "1min", -EINVAL },
		{ units_duration, "1d", -EINVAL },
		{ units_duration, "1h30m", -EINVAL },
		{ units_duration, "-1s", -EINVAL },
		{ units_duration, "1.5ns", -EINVAL },
		{ units_duration, "0.0001us", -EINVAL },
		{ units_duration, "0.0000000001", -EINVAL },
		{ units_duration, "0.999999999999h", -EINVAL },
		{ units_duration, "9223372037", -ERANGE },
		{ units_duration, "9223372036.854775808s", -ERANGE },
		{ units_duration, "307445735m", -ERANGE },
		{ units_duration, "5124096h", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t out = UNTOUCHED;
		int error = cases[i].parse(cases[i].text, &out);

		if (error != cases[i].want || out != UNTOUCHED)
			fail_msg("\"%s\": error %d instead of %d, value %ju", cases[i].text, error,
				 cases[i].want, (uintmax_t)out);
	}
}

static void test_shares(void **state)
{
	static const struct {
		const char *text;
		double want;
	} cases[] = {
		{ "0", 0 },
		{ "0%", 0 },
		{ "0.0", 0 },
		{ "1", 1 },
		{ "1.000", 1 },
		{ "100%", 1 },
		{ "0.05", 0.05 },
		{ "5%", 0.05 },
		{ "005.0%", 0.05 },
		{ "0.1", 0.1 },
		{ "12.5%", 0.125 },
		{ "0.3333333", 0.3333333 },
		{ "33.3%", 0.333 },
		{ "0.7", 0.7 },
		{ "0.000000000001", 1e-12 },
		{ "0.001%", 1e-5 },
		{ "99.9%", 0.999 },
		{ "0.999999999999", 0.999999999999 },
		{ "0.0000000001%", 1e-12 },
	};
	static const struct {
		const char *text;
		int want;
	} refused[] = {
		{ "", -EINVAL },
		{ "%", -EINVAL },
		{ " 5%", -EINVAL },
		{ "5 %", -EINVAL },
		{ "5%%", -EINVAL },
		{ "5% ", -EINVAL },
		{ "+0.5", -EINVAL },
		{ "-0.5", -EINVAL },
		{ "-0", -EINVAL },
		{ ".5", -EINVAL },
		{ "1.", -EINVAL },
		{ "0,5", -EINVAL },
		{ "1e-2", -EINVAL },
		{ "0x0.8", -EINVAL },
		{ "0x1", -EINVAL },
		{ "inf", -EINVAL },
		{ "nan", -EINVAL },
		{ "0.5k", -EINVAL },
		{ "half", -EINVAL },
		{ "0.0000000000001", -EINVAL },
		{ "0.00000000001%", -EINVAL },
		{ "1.000000000001", -ERANGE },
		{ "1.01", -ERANGE },
		{ "2", -ERANGE },
		{ "100.0000000001%", -ERANGE },
		{ "101%", -ERANGE },
		{ "18446744073709551616", -ERANGE },
		{ "99999999999999999999%", -ERANGE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double share = -1;
		int error = units_share(cases[i].text, &share);

		if (error || share != cases[i].want)
			fail_msg("%s: error %d, value %.17g", cases[i].text, error, share);
	}
	for (size_t i = 0; i < COUNT(refused); i++) {
		double share = -1;
		int error = units_share(refused[i].text, &share);

		if (error != refused[i].want || share != -1)
			fail_msg("\"%s\": error %d instead of %d, value %.17g", refused[i].text,
				 error, refused[i].want, share);
	}
}

static void test_texts(void **state)
{
	static const struct {
		const char *(*format)(char *buffer, uint64_t value);
		uint64_t value;
		const char *want;
	} cases[] = {
		{ units_grouped, 0, "0" },
		{ units_grouped, 12, "12" },
		{ units_grouped, 999, "999" },
		{ units_grouped, 1000, "1,000" },
		{ units_grouped, 12345, "12,345" },
		{ units_grouped, 1234567, "1,234,567" },
		{ units_grouped, UINT64_MAX, "18,446,744,073,709,551,615" },
		{ units_duration_text, 0, "0 ns" },
		{ units_duration_text, 1, "1 ns" },
		{ units_duration_text, 999, "999 ns" },
		{ units_duration_text, 1000, "1.00 us" },
		{ units_duration_text, 9990, "9.99 us" },
		{ units_duration_text, 123456, "123.5 us" },
		{ units_duration_text, 12300000, "12.3 ms" },
		{ units_duration_text, 1500000000, "1.50 s" },
		{ units_duration_text, 999 * SECOND, "999.0 s" },
		/* What rounds up to 1000 is one of the next unit. */
		{ units_duration_text, 999940, "999.9 us" },
		{ units_duration_text, 999960, "1.00 ms" },
		{ units_duration_text, 999999999, "1.00 s" },
		/* Seconds are the largest unit. */
		{ units_duration_text, UINT64_MAX, "18446744073.7 s" },
		{ units_size_text, 0, "0 B" },
		{ units_size_text, 512, "512 B" },
		{ units_size_text, 1023, "1023 B" },
		{ units_size_text, 1024, "1.0 KiB" },
		{ units_size_text, 1536, "1.5 KiB" },
		{ units_size_text, 7969178, "7.6 MiB" },
		{ units_size_text, 1048575, "1.0 MiB" },
		{ units_size_text, 1ull << 30, "1.0 GiB" },
		{ units_size_text, 1ull << 40, "1.0 TiB" },
		{ units_size_text, UINT64_MAX, "16777216.0 TiB" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *buffer = malloc(UNITS_TEXT);

		assert_ptr_equal(cases[i].format(buffer, cases[i].value), buffer);
		assert_string_equal(buffer, cases[i].want);
		free(buffer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted), cmocka_unit_test(test_times),
		cmocka_unit_test(test_refused),  cmocka_unit_test(test_shares),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
