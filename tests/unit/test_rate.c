/* Rates: what --rate may say, and how many packets are due by when, on ramps too. */
/* link: faker/schedule.c */
#include "tests/unit/helpers.h"

#include <math.h>

#include "common/clock.h"
#include "faker/schedule.h"

static void test_rate_texts(void **state)
{
	static const struct {
		const char *text;
		double from, to;
	} good[] = {
		{ "max", 0, 0 },
		{ "1", 1, 1 },
		{ "500", 500, 500 },
		{ "10k", 1e4, 1e4 },
		{ "1.5M", 1.5e6, 1.5e6 },
		{ "2G", 2e9, 2e9 },
		{ "0.001k", 1, 1 },
		{ "10k..500k", 1e4, 5e5 },
		{ "500k..10k", 5e5, 1e4 },
		{ "1..1", 1, 1 },
		{ "1.5k..2.5k", 1500, 2500 },
	};
	static const char *const bad[] = {
		"",
		"0",
		"0k",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1x",
		"1K",
		"k",
		"0.5",
		"1e3",
		"10ms",
		"Max",
		"maxi",
		"max..1k",
		"1k..max",
		"..",
		"1k..",
		"..1k",
		"0..1k",
		"1k..0",
		"1k.2k",
		"1k...2k",
		"1k..2k..3k",
		"1k ..2k",
		"1k.. 2k",
		"1k..2kx",
		"1k..-2k",
		"18446744073709551616",
		"1..18446744073709551616",
		"99999999999G",
		"1000000000000000000000000000000000000000",
		"1..1000000000000000000000000000000000000000",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct rate_option option = { .text = good[i].text, .from = -1, .to = -1 };
		const char *expected = NULL;

		if (rate_parse(&option, &expected) != 0 || option.from != good[i].from ||
		    option.to != good[i].to)
			fail_msg("%s: %g to %g", good[i].text, option.from, option.to);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct rate_option option = { .text = bad[i] };
		const char *expected = NULL;

		if (rate_parse(&option, &expected) >= 0)
			fail_msg("\"%s\" is %g to %g", bad[i], option.from, option.to);
		assert_non_null(strstr(expected, "10k..500k"));
	}
}

static void assert_close(const char *what, double at, double value, double want)
{
	/* What is far below a packet, or a nanosecond, may be lost. */
	if (!(fabs(value - want) <= 1e-11 * fabs(want) + 1e-9))
		fail_msg("%s at %.17g: %.17g instead of %.17g", what, at, value, want);
}

/* From packets per second, over straight lines in seconds: the area of trapezoids. */
static double packets_until(double from, double to, double ramp, double seconds)
{
	if (from == to || ramp == 0)
		return to * seconds;
	if (seconds > ramp)
		return (from + to) / 2 * ramp + to * (seconds - ramp);
	return (from + from + (to - from) * (seconds / ramp)) / 2 * seconds;
}

static void test_rate(void **state)
{
	static const struct {
		double from, to;
		uint64_t duration, count;
		double ramp; /* seconds that this makes */
	} cases[] = {
		{ 1, 1, 0, 0, 0 },
		{ 1e6, 1e6, 0, 0, 0 },
		{ 3, 3, 10 * NS_PER_SECOND, 0, 10 },
		{ 20e6, 20e6, 60 * NS_PER_SECOND, 5, 60 },
		{ 1e4, 5e5, 10 * NS_PER_SECOND, 0, 10 },
		{ 5e5, 1e4, 10 * NS_PER_SECOND, 0, 10 },
		{ 1, 2e7, NS_PER_MS, 0, 1e-3 },
		{ 2e7, 1e4, 100 * NS_PER_SECOND, 0, 100 },
		/* Nearly constant: where a difference of nearly equal numbers would show. */
		{ 1e6, 1e6 + 1, 3600 * NS_PER_SECOND, 0, 3600 },
		{ 1e6 + 1, 1e6, 3600 * NS_PER_SECOND, 0, 3600 },
		/* A duration goes before a count. */
		{ 100, 300, 2 * NS_PER_SECOND, 1000000, 2 },
		/* Without one, COUNT packets at the mean of both rates. */
		{ 100, 300, 0, 1000, 5 },
		{ 300, 100, 0, 1000, 5 },
		{ 1e6, 3e6, 0, 1, 5e-7 },
		{ 100, 300, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct rate_option option = { .from = cases[i].from, .to = cases[i].to };
		const double ramp = cases[i].ramp, end = ramp > 0 ? 2 * ramp : 100;
		double before = -1;
		struct rate rate;

		rate_open(&rate, &option, cases[i].duration, cases[i].count);
		assert_true(rate_time(&rate, 0) == 0);
		assert_true(rate_packets(&rate, 0) == 0);
		for (int step = 1; step <= 1000; step++) {
			double seconds = end * step / 1000;
			double packets = packets_until(cases[i].from, cases[i].to, ramp, seconds);
			double time = rate_time(&rate, packets);

			assert_close("packets", seconds, rate_packets(&rate, seconds * 1e9),
				     packets);
			assert_close("time", packets, time, seconds * 1e9);
			assert_close("inverse", packets, rate_packets(&rate, time), packets);
			assert_true(time > before);
			before = time;
		}
	}
}

/* What a ramp sends in all, and that the last packet that was asked for is due at its end. */
static void test_ramp_total(void **state)
{
	static const double pairs[][2] = { { 1e4, 5e5 }, { 5e5, 1e4 }, { 1, 1000 }, { 7, 3 } };

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const double from = pairs[i][0], to = pairs[i][1];
		const struct rate_option option = { .from = from, .to = to };
		struct rate rate;

		rate_open(&rate, &option, 10 * NS_PER_SECOND, 0);
		assert_close("total", 10, rate_packets(&rate, 10e9), (from + to) * 5);
		assert_close("first half", 5, rate_packets(&rate, 5e9),
			     5 * (from + (from + to) / 2) / 2);
		assert_close("a second later", 11, rate_packets(&rate, 11e9), (from + to) * 5 + to);
		rate_open(&rate, &option, 0, 10000);
		assert_close("last of a count", 10000, rate_time(&rate, 10000),
			     10000 / ((from + to) / 2) * 1e9);
		assert_close("one more", 10001, rate_time(&rate, 10001) - rate_time(&rate, 10000),
			     1e9 / to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rate_texts),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_ramp_total),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
