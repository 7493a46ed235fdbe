/* Schedules: what --arrivals may say, and when the packets of one or more threads are due. */
/* link: faker/schedule.c */
#include "tests/unit/helpers.h"

#include <math.h>

#include "common/clock.h"
#include "faker/schedule.h"
#include "faker/source.h"

static void test_arrivals_texts(void **state)
{
	static const struct {
		const char *text;
		enum arrivals_kind kind;
		uint64_t burst;
	} good[] = {
		{ "constant", ARRIVALS_CONSTANT, 1 },       { "poisson", ARRIVALS_POISSON, 1 },
		{ "burst:1", ARRIVALS_BURST, 1 },           { "burst:64", ARRIVALS_BURST, 64 },
		{ "burst:1.5k", ARRIVALS_BURST, 1500 },     { "burst:1M", ARRIVALS_BURST, 1000000 },
		{ "burst:999999", ARRIVALS_BURST, 999999 },
	};
	static const char *const bad[] = {
		"",
		"constant ",
		"constant:1",
		"Poisson",
		"poisson:2",
		"burst",
		"burst:",
		"burst:0",
		"burst:-1",
		"burst:x",
		"burst:1000001",
		"burst:1G",
		"burst:64 ",
		"burst: 64",
		"burst:0.5",
		"burst:64ms",
		"64",
		"burst:18446744073709551617",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct arrivals_option option = { .text = good[i].text };
		const char *expected = NULL;

		if (arrivals_parse(&option, &expected) != 0 || option.kind != good[i].kind ||
		    option.burst != good[i].burst)
			fail_msg("%s: kind %d, burst %ju", good[i].text, (int)option.kind,
				 (uintmax_t)option.burst);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arrivals_option option = { .text = bad[i] };
		const char *expected = NULL;

		if (arrivals_parse(&option, &expected) >= 0)
			fail_msg("\"%s\" is kind %d, burst %ju", bad[i], (int)option.kind,
				 (uintmax_t)option.burst);
		assert_non_null(strstr(expected, "burst:N"));
	}
}

/* FROM and TO are packets per second, over SECONDS. */
static struct rate rate_of(double from, double to, double seconds)
{
	const struct rate_option option = { .from = from, .to = to };
	struct rate rate;

	rate_open(&rate, &option, (uint64_t)(seconds * 1e9), 0);
	return rate;
}

static const struct arrivals_option constant = { .kind = ARRIVALS_CONSTANT, .burst = 1 };
static const struct arrivals_option poisson = { .kind = ARRIVALS_POISSON, .burst = 1 };

static const uint32_t thread_numbers[] = { 1, 2, 3, 7 };

static struct schedule open_schedule(const struct rate *rate,
				     const struct arrivals_option *arrivals, uint32_t thread,
				     uint32_t threads, uint64_t seed)
{
	struct schedule schedule;

	schedule_open(&schedule, rate, arrivals, thread, threads, seed, STREAM_ARRIVALS + thread);
	return schedule;
}

static int by_time(const void *left, const void *right)
{
	const uint64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* The first COUNT packets of each of THREADS, sorted. The caller frees them. */
static uint64_t *due_of_threads(const struct rate *rate, const struct arrivals_option *arrivals,
				uint32_t threads, size_t count)
{
	uint64_t *due = calloc(threads * count, sizeof(*due));
	size_t n = 0;

	assert_non_null(due);
	for (uint32_t thread = 0; thread < threads; thread++) {
		struct schedule schedule = open_schedule(rate, arrivals, thread, threads, 1);

		for (size_t i = 0; i < count; i++) {
			due[n++] = schedule_due(&schedule);
			schedule_advance(&schedule);
		}
	}
	qsort(due, n, sizeof(*due), by_time);
	return due;
}

/* That threads make up what one thread sends: the same times to the nanosecond. */
static void assert_same_union(const struct rate *rate, const struct arrivals_option *arrivals)
{
	/* So many that every number of threads sends whole bursts. */
	const size_t total = 2 * 3 * 7 * 20 * arrivals->burst;
	uint64_t *one = due_of_threads(rate, arrivals, 1, total);

	for (size_t i = 0; i < COUNT(thread_numbers); i++) {
		const uint32_t threads = thread_numbers[i];
		uint64_t *due = due_of_threads(rate, arrivals, threads, total / threads);

		for (size_t k = 0; k < total; k++)
			if (due[k] != one[k])
				fail_msg("%u threads: packet %zu at %ju instead of %ju", threads, k,
					 (uintmax_t)due[k], (uintmax_t)one[k]);
		free(due);
	}
	free(one);
}

/* Due at INDEX / PER_SECOND, rounded down; doubles may put it a nanosecond before. */
static void assert_due(const struct schedule *schedule, uint64_t index, uint64_t per_second)
{
	__extension__ unsigned __int128 product = (unsigned __int128)index * NS_PER_SECOND;
	uint64_t want = (uint64_t)(product / per_second), due = schedule_due(schedule);

	if (due > want + 1 || due + 1 < want)
		fail_msg("packet %ju at %ju/s: %ju instead of %ju", (uintmax_t)index,
			 (uintmax_t)per_second, (uintmax_t)due, (uintmax_t)want);
}

static void test_constant(void **state)
{
	static const uint64_t rates[] = {
		1,      3,       7,       500,      1000,       10000,
		333333, 1000000, 9999991, 20000000, 1ull << 30, 3000000000
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct rate rate = rate_of((double)rates[i], (double)rates[i], 10);
		struct schedule schedule = open_schedule(&rate, &constant, 0, 1, 1);

		for (uint64_t k = 0; k < 10000; k++) {
			assert_due(&schedule, k, rates[i]);
			schedule_advance(&schedule);
		}
		assert_same_union(&rate, &constant);
	}
}

/* After a thousand million packets, and beyond 2^32, they are as exact: nothing adds up. */
static void test_constant_for_long(void **state)
{
	static const uint64_t rates[] = { 10000, 333333, 1000000, 9999991, 20000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		const struct rate rate = rate_of((double)rates[i], (double)rates[i], 0);

		for (size_t n = 0; n < COUNT(thread_numbers); n++) {
			const uint32_t threads = thread_numbers[n], thread = threads - 1;
			struct schedule schedule =
				open_schedule(&rate, &constant, thread, threads, 1);

			for (int k = 0; k < 2000; k++) {
				if (k % 1000 == 0)
					schedule.index = (k ? 5000000000 : 1000000000) / threads;
				schedule_advance(&schedule);
				assert_due(&schedule, schedule.index * threads + thread, rates[i]);
			}
		}
	}
}

static void test_constant_ramp(void **state)
{
	const struct rate rising = rate_of(1000, 9000, 0.1), falling = rate_of(9000, 1000, 0.1);
	struct schedule schedule = open_schedule(&rising, &constant, 0, 1, 1);

	(void)state;
	/* 500 packets in the ramp; from then on every 1/9 ms. */
	for (int i = 0; i < 500; i++) {
		assert_true(schedule_due(&schedule) < 100 * NS_PER_MS);
		schedule_advance(&schedule);
	}
	for (uint64_t i = 0; i < 100; i++) {
		uint64_t want = 100 * NS_PER_MS + i * 1000000 / 9;

		assert_in_range(schedule_due(&schedule), want - 1, want + 1);
		schedule_advance(&schedule);
	}
	assert_same_union(&rising, &constant);
	assert_same_union(&falling, &constant);
}

/* All of a burst at one time, and as many packets in all as the rate says. */
static void test_bursts(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 10, 64, 1000 };
	const struct rate rate = rate_of(1e6, 1e6, 0), ramp = rate_of(1e6, 3e6, 0.001);

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		const struct arrivals_option burst = { .kind = ARRIVALS_BURST, .burst = sizes[i] };
		struct schedule schedule = open_schedule(&rate, &burst, 0, 1, 1);
		struct schedule on_ramp = open_schedule(&ramp, &burst, 0, 1, 1);

		for (uint64_t k = 0; k < 10 * sizes[i]; k++) {
			uint64_t first = k / sizes[i] * sizes[i];

			assert_due(&schedule, first, 1000000);
			assert_int_equal(schedule_due(&on_ramp),
					 (uint64_t)rate_time(&ramp, (double)first));
			schedule_advance(&schedule);
			schedule_advance(&on_ramp);
		}
		/* So the mean is kept: ten bursts took the time of ten bursts. */
		assert_due(&schedule, 10 * sizes[i], 1000000);
		assert_same_union(&rate, &burst);
		assert_same_union(&ramp, &burst);
	}
}

/* "max" has no times: whatever asks is told that all is due at the start. */
static void test_no_rate(void **state)
{
	struct rate_option option = { .text = "max" };
	const char *expected;
	struct rate rate;

	(void)state;
	assert_int_equal(rate_parse(&option, &expected), 0);
	for (uint64_t count = 0; count < 2; count++)
		for (uint32_t thread = 0; thread < 3; thread++) {
			struct schedule schedule;

			rate_open(&rate, &option, 0, count);
			schedule = open_schedule(&rate, &constant, thread, 3, 1);
			assert_int_equal(schedule_due(&schedule), 0);
			schedule_advance(&schedule);
			assert_int_equal(schedule_due(&schedule), 0);
		}
}

static int by_value(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/*
 * Kolmogorov and Smirnov: how far the share of gaps up to x is from 1 - e^(-x / mean). That
 * sqrt(n) times the distance exceeds 2.5 happens to 7 of 10^6 seeds; ours are fixed. Then their
 * mean, the order of neighbours, which that does not see: five standard deviations.
 */
static void assert_exponential(const char *what, double *gaps, size_t count, double mean)
{
	const double n = (double)count;
	double sum = 0, products = 0, distance = 0;

	for (size_t i = 0; i < count; i++) {
		sum += gaps[i];
		if (i > 0)
			products += (gaps[i] / mean - 1) * (gaps[i - 1] / mean - 1);
	}
	if (fabs(sum / n / mean - 1) > 5 / sqrt(n))
		fail_msg("%s: mean of %g instead of %g", what, sum / n, mean);
	if (fabs(products / n) > 5 / sqrt(n))
		fail_msg("%s: neighbours correlate with %g", what, products / n);
	qsort(gaps, count, sizeof(*gaps), by_value);
	for (size_t i = 0; i < count; i++) {
		double share = -expm1(-gaps[i] / mean);

		distance = fmax(distance, fmax(share - (double)i / n, (double)(i + 1) / n - share));
	}
	if (distance * sqrt(n) > 2.5)
		fail_msg("%s: sqrt(n) D of %g", what, distance * sqrt(n));
}

enum { GAPS = 20000 };

static void test_poisson_gaps(void **state)
{
	static double gaps[GAPS];
	const struct rate rate = rate_of(1000, 1000, 10);

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct schedule schedule = open_schedule(&rate, &poisson, 0, 1, seed);
		uint64_t before = 0;

		/* The first counts from the start. */
		for (size_t i = 0; i < GAPS; i++) {
			uint64_t due = schedule_due(&schedule);

			assert_true(due >= before);
			gaps[i] = (double)(due - before);
			before = due;
			schedule_advance(&schedule);
		}
		assert_exponential("gaps", gaps, GAPS, 1e6);
	}
	/* The first one alone, over seeds: not at 0, as others have it. */
	for (uint64_t seed = 0; seed < GAPS; seed++) {
		struct schedule schedule = open_schedule(&rate, &poisson, 0, 1, seed);

		gaps[seed] = (double)schedule_due(&schedule);
	}
	assert_exponential("first gaps", gaps, GAPS, 1e6);
}

static void test_poisson_seeds(void **state)
{
	const struct rate rate = rate_of(1000, 1000, 0);

	(void)state;
	for (uint64_t seed = 0; seed < 100; seed++) {
		struct schedule one = open_schedule(&rate, &poisson, 0, 2, seed);
		struct schedule same = open_schedule(&rate, &poisson, 0, 2, seed);
		struct schedule thread = open_schedule(&rate, &poisson, 1, 2, seed);
		struct schedule other = open_schedule(&rate, &poisson, 0, 2, seed + 1);

		for (int i = 0; i < 100; i++) {
			assert_int_equal(schedule_due(&one), schedule_due(&same));
			assert_int_not_equal(schedule_due(&one), schedule_due(&thread));
			assert_int_not_equal(schedule_due(&one), schedule_due(&other));
			schedule_advance(&one);
			schedule_advance(&same);
			schedule_advance(&thread);
			schedule_advance(&other);
		}
	}
}

/* Packets of all THREADS before END ns, sorted; *COUNT of them. The caller frees them. */
static uint64_t *poisson_until(const struct rate *rate, uint32_t threads, uint64_t seed,
			       uint64_t end, size_t *count)
{
	const size_t room = (size_t)(2 * rate_packets(rate, (double)end)) + 1000;
	uint64_t *due = calloc(room, sizeof(*due));

	assert_non_null(due);
	*count = 0;
	for (uint32_t thread = 0; thread < threads; thread++) {
		struct schedule schedule = open_schedule(rate, &poisson, thread, threads, seed);

		for (; schedule_due(&schedule) < end; schedule_advance(&schedule)) {
			assert_true(*count < room);
			due[(*count)++] = schedule_due(&schedule);
		}
	}
	qsort(due, *count, sizeof(*due), by_time);
	return due;
}

/* As many as WANT, give or take five standard deviations of a Poisson process. */
static void assert_many(const char *what, uint32_t threads, size_t count, double want)
{
	if (fabs((double)count - want) > 5 * sqrt(want))
		fail_msg("%s, %u threads: %zu instead of %g", what, threads, count, want);
}

/*
 * Together, threads have the rate, and are one Poisson process: counts per window have a variance
 * that is their mean (over n windows with a standard deviation of sqrt(2 / n)), and gaps are
 * exponential.
 */
static void test_poisson_union(void **state)
{
	enum { WINDOWS = 4000 };
	const struct rate rate = rate_of(10000, 10000, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(thread_numbers); i++) {
		const uint32_t threads = thread_numbers[i];
		const double mean = 10;
		double windows[WINDOWS] = { 0 }, squares = 0, *gaps;
		uint64_t *due;
		size_t count;

		due = poisson_until(&rate, threads, 5, WINDOWS * NS_PER_MS, &count);
		gaps = calloc(count, sizeof(*gaps));
		assert_non_null(gaps);
		assert_many("all", threads, count, WINDOWS * mean);
		for (size_t k = 0; k < count; k++) {
			windows[due[k] / NS_PER_MS]++;
			gaps[k] = (double)(due[k] - (k ? due[k - 1] : 0));
		}
		for (size_t k = 0; k < WINDOWS; k++)
			squares += (windows[k] - mean) * (windows[k] - mean);
		if (fabs(squares / WINDOWS / mean - 1) > 5 * sqrt(2.0 / WINDOWS))
			fail_msg("%u threads: variance is %g of the mean", threads,
				 squares / WINDOWS / mean);
		assert_exponential("gaps of all threads", gaps, count, 1e5);
		free(gaps);
		free(due);
	}
}

static void test_poisson_ramp(void **state)
{
	static const double pairs[][2] = { { 1000, 9000 }, { 9000, 1000 } };

	(void)state;
	for (size_t i = 0; i < COUNT(pairs) * COUNT(thread_numbers); i++) {
		const uint32_t threads = thread_numbers[i / COUNT(pairs)];
		const double from = pairs[i % COUNT(pairs)][0], to = pairs[i % COUNT(pairs)][1];
		const struct rate rate = rate_of(from, to, 10);
		size_t count, parts[3] = { 0 };
		uint64_t *due = poisson_until(&rate, threads, 6, 15 * NS_PER_SECOND, &count);
		double *gaps = calloc(count, sizeof(*gaps)), before = 0;

		assert_non_null(gaps);
		for (size_t k = 0; k < count; k++) {
			double packets = rate_packets(&rate, (double)due[k]);

			parts[due[k] / (5 * NS_PER_SECOND)]++;
			gaps[k] = packets - before;
			before = packets;
		}
		assert_many("first half", threads, parts[0], 5 * (from + 5000) / 2);
		assert_many("second half", threads, parts[1], 5 * (5000 + to) / 2);
		assert_many("after it", threads, parts[2], 5 * to);
		assert_exponential("gaps in packets", gaps, count, 1);
		free(gaps);
		free(due);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arrivals_texts),
		cmocka_unit_test(test_constant),
		cmocka_unit_test(test_constant_for_long),
		cmocka_unit_test(test_constant_ramp),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_no_rate),
		cmocka_unit_test(test_poisson_gaps),
		cmocka_unit_test(test_poisson_seeds),
		cmocka_unit_test(test_poisson_union),
		cmocka_unit_test(test_poisson_ramp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
