/*
 * False alarms of a check of evenness, of equal flows and of others: against the binomial
 * distribution of another program, and against enumeration.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/flakes.h"
#include "analysis/stats/mix.h"
#include "analysis/stats/theory.h"

static struct mix equal(uint64_t flows)
{
	return mix_of((double)flows, (double)flows, 0);
}

static double false_alarm(const struct flakes_check *check, uint64_t flows)
{
	struct mix mix = equal(flows);

	return flakes_false_alarm(check, &mix);
}

/*
 * scipy.stats.binom 1.10.1: N * sf(k, F, 1/N). The last is a published test: 10 workers, 1000
 * packets at random, each within 30 % of the mean - it fails in 1.3 % of its runs.
 */
static void test_false_alarm(void **state)
{
	static const struct {
		struct flakes_check check;
		uint64_t flows;
		double want;
	} rows[] = {
		{ { 4, 0.1, NAN }, 100, 1 },
		{ { 4, 0.2, NAN }, 1000, 4 * 0.00014792917454344777 },
		{ { 4, 0.1, NAN }, 4000, 4 * 0.00013965730295723664 },
		{ { 10, 0.4, NAN }, 1000, 10 * 2.4239633252343388e-05 },
		{ { 10, 0.3, 0.3 }, 1000, 0.013475431324049963 },
		/* 1.4 * 90 / 2 is 63, and 62.999999999999993 in doubles. */
		{ { 2, 0.4, NAN }, 90, 7.657072931048342e-05 },
		{ { 1, 0.1, 0.1 }, 5, 0 },
		{ { 4, 3, NAN }, 1, 0 },
		{ { 4, NAN, 1 }, 1, 0 },
		{ { 4, 0.1, NAN }, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_near("false alarm", false_alarm(&rows[i].check, rows[i].flows), rows[i].want,
			   1e-9);
}

/* All 3^9 assignments: the bound is above the truth, and the truth above the other bound. */
static void test_bounds(void **state)
{
	struct flakes_check check = { 3, 0.5, NAN };
	double bound = false_alarm(&check, 9);
	size_t all = 19683, over = 0;

	(void)state;
	for (size_t code = 0; code < all; code++) {
		size_t counts[3] = { 0 }, rest = code;

		for (int i = 0; i < 9; i++, rest /= 3)
			counts[rest % 3]++;
		/* 1.5 times the mean of 3. */
		over += counts[0] > 4.5 || counts[1] > 4.5 || counts[2] > 4.5;
	}
	assert_true((double)over / (double)all <= bound + 1e-12);
	assert_true((double)over / (double)all >= 1 - pow(1 - bound / 3, 3));
}

/* From so many flows on the budget holds for each number, and for the one before it does not. */
static void test_flows_for(void **state)
{
	static const struct {
		struct flakes_check check;
		double budget;
		uint64_t want; /* 0: not known from elsewhere */
	} rows[] = {
		/* By scipy.stats.binom, number by number up to 20,000. */
		{ { 4, 0.1, NAN }, 1e-6, 7768 }, { { 4, 0.5, NAN }, 1e-6, 334 },
		{ { 8, 0.3, NAN }, 1e-3, 1139 }, { { 2, 0.2, NAN }, 0.01, 169 },
		{ { 16, 0.2, 0.3 }, 1e-4, 0 },   { { 3, NAN, 0.5 }, 1e-3, 0 },
		{ { 2, 0.9, 0.9 }, 1e-6, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct flakes_check *check = &rows[i].check;
		uint64_t flows = flakes_flows_for(check, rows[i].budget);

		if (rows[i].want)
			assert_int_equal(flows, rows[i].want);
		assert_true(false_alarm(check, flows - 1) > rows[i].budget);
		for (uint64_t more = flows; more < flows + 3000; more++)
			if (false_alarm(check, more) > rows[i].budget)
				fail_msg("row %zu: %zu flows keep it, %zu do not", i, (size_t)flows,
					 (size_t)more);
	}
}

/* The ends: always, never, and numbers that are large. */
static void test_flows_for_extremes(void **state)
{
	uint64_t many = flakes_flows_for(&(struct flakes_check){ 512, 0.01, NAN }, 1e-6);

	(void)state;
	assert_int_equal(flakes_flows_for(&(struct flakes_check){ 1, 0.1, NAN }, 1e-6), 1);
	assert_int_equal(flakes_flows_for(&(struct flakes_check){ 4, 3, NAN }, 1e-6), 1);
	assert_int_equal(flakes_flows_for(&(struct flakes_check){ 4, 0, NAN }, 1e-6), 0);
	assert_int_equal(flakes_flows_for(&(struct flakes_check){ 4, 0.000001, NAN }, 0.01), 0);
	/* Normal: z of 1e-6 / 512 is 5.887, so F = (z / 0.01)^2 (N - 1) = 1.77e8. */
	check_within("many", (double)many, 1.7e8, 1.85e8);
}

/* The largest share that is possible: attained by one flow of 10 among 90 of 1. */
static void test_mix(void **state)
{
	struct mix mix = mix_of(91, 100.0 * 100 / 190, 0);

	(void)state;
	check_near("heaviest", mix.heaviest, 0.1, 1e-12);
	check_near("known", mix_of(91, 100.0 * 100 / 190, 0.02).heaviest, 0.02, 0);
	check_near("impossible", mix_of(91, 100.0 * 100 / 190, 0.5).heaviest, 0.1, 1e-12);
	assert_true(mix_is_equal(&(struct mix){ 50, 50, 0.02 }) && !mix_is_equal(&mix));
	check_near("unknown", mix_of(NAN, NAN, 0).count, 0, 0);
	check_near("unknown", mix_of(5, NAN, 0).count, 0, 0);
	check_near("none", mix_of(0, 0, 0).count, 0, 0);
	mix = mix_of(1, 1, 0);
	check_near("one", mix.heaviest, 1, 0);
}

/* 200 flows of 1 to 20 packets, of which 3 in 10 arrive. */
static void test_received(void **state)
{
	enum { FLOWS = 200, TRIALS = 400 };
	double sent = 0, squares = 0, inverse = 0, received = 0;
	struct mix mix;
	struct rng rng;

	(void)state;
	for (size_t i = 0; i < FLOWS; i++) {
		double packets = (double)(i % 20) + 1;

		sent += packets;
		squares += packets * packets;
	}
	rng_seed(&rng, 13, 0);
	for (size_t trial = 0; trial < TRIALS; trial++) {
		double sum = 0, came_squares = 0;

		for (size_t i = 0; i < FLOWS; i++) {
			double came = 0;

			for (size_t k = 0; k <= i % 20; k++)
				came += rng_unit(&rng) < 0.3;
			sum += came;
			came_squares += came * came;
		}
		received += sum / TRIALS;
		inverse += came_squares / (sum * sum) / TRIALS;
	}
	mix = mix_of(FLOWS, sent * sent / squares, 20 / sent);
	mix = mix_received(&mix, sent, received);
	check_near("effective", mix.effective, 1 / inverse, 0.01);
	/* Each from a flow of its own: as many flows as packets, and equal. */
	mix = equal(10000);
	mix = mix_received(&mix, 10000, 500);
	check_near("count", mix.count, 500, 0);
	check_near("effective", mix.effective, 500, 1e-9);
	assert_true(mix_is_equal(&mix));
	/* A stranger's 100 on top of 900 flows: (1000)^2 / (900 + 100^2). */
	mix = equal(900);
	mix = mix_received(&mix, 900, 1000);
	check_near("effective", mix.effective, 1e6 / 10900, 1e-12);
	check_near("heaviest", mix.heaviest, 0.1, 1e-12);
}

/* scipy.stats.binom 1.10.1, times e^2 / 2; in between, the geometric mean of two tails. */
static void test_bounds_of_sums(void **state)
{
	struct mix mix = equal(1000);

	(void)state;
	check_near("most", theory_most_share(4, &mix, 0.3), 0.00286089949818353, 1e-9);
	check_near("least", theory_least_share(4, &mix, 0.2), 0.00161052160534284, 1e-9);
	check_near("between", theory_most_share(4, &mix, 0.3005), 0.00250085030945747, 1e-9);
	check_near("sum", theory_sum_tail(50, 2, 30, 25), 0.000269442112242877, 1e-9);
	check_near("mean", theory_sum_tail(50, 2, 30, 0), 1, 0);
	/* One flow in 500 packets of a million decides among 64 workers: that is no bad luck. */
	mix = mix_of(1e6, 1e6 / (1 + 2000.0 * 2000 / 1e6), 0.002);
	check_near("heavy", theory_most_share(64, &mix, 1.1 / 64), 1, 0);
}

/* All 3^9 places of unequal flows: the bounds are never below the truth. */
static void test_bounds_by_enumeration(void **state)
{
	static const double weights[][9] = {
		{ 1, 1, 1, 1, 1, 1, 1, 1, 2 },  { 8, 4, 2, 1, 1, 1, 1, 1, 1 },
		{ 20, 1, 1, 1, 1, 1, 1, 1, 1 }, { 9, 9, 9, 1, 1, 1, 1, 1, 1 },
		{ 9, 8, 7, 6, 5, 4, 3, 2, 1 },
	};
	enum { ALL = 19683 };
	static double most[ALL], least[ALL];

	(void)state;
	for (size_t row = 0; row < COUNT(weights); row++) {
		double sum = 0, squares = 0, heaviest = 0;
		struct mix known, guessed;

		for (size_t i = 0; i < 9; i++) {
			sum += weights[row][i];
			squares += weights[row][i] * weights[row][i];
			heaviest = fmax(heaviest, weights[row][i]);
		}
		for (size_t code = 0; code < ALL; code++) {
			double shares[3] = { 0 };
			size_t rest = code;

			for (int i = 0; i < 9; i++, rest /= 3)
				shares[rest % 3] += weights[row][i] / sum;
			most[code] = fmax(fmax(shares[0], shares[1]), shares[2]);
			least[code] = fmin(fmin(shares[0], shares[1]), shares[2]);
		}
		known = mix_of(9, sum * sum / squares, heaviest / sum);
		guessed = mix_of(9, sum * sum / squares, 0);
		for (double share = 0; share <= 1; share += 0.01) {
			double over = 0, under = 0;

			for (size_t code = 0; code < ALL; code++) {
				over += most[code] >= share;
				under += least[code] <= share;
			}
			assert_true(theory_most_share(3, &known, share) >= over / ALL);
			assert_true(theory_most_share(3, &guessed, share) >= over / ALL);
			assert_true(theory_least_share(3, &known, share) >= under / ALL);
			assert_true(theory_least_share(3, &guessed, share) >= under / ALL);
		}
	}
}

/* More such flows keep the budget, one less does not; of equal ones it is the exact number. */
static void test_flows_like(void **state)
{
	static const struct {
		double count, effective, heaviest;
	} rows[] = {
		{ 1000, 900, 0 },
		{ 50, 3, 0.5 },
		{ 1e6, 2e5, 0.001 },
		{ 30000, 15000, 0.0005 },
	};
	static const struct flakes_check checks[] = {
		{ 4, 0.1, NAN }, { 64, 0.2, NAN }, { 8, NAN, 0.3 }, { 2, 0.5, 0.5 }
	};
	struct mix mix = equal(17);

	(void)state;
	assert_int_equal(flakes_flows_like(&checks[0], &mix, 1e-6), 7768);
	for (size_t i = 0; i < COUNT(rows) * COUNT(checks); i++) {
		const struct flakes_check *check = &checks[i % COUNT(checks)];
		size_t row = i / COUNT(checks);
		struct mix more, less;
		uint64_t flows;

		mix = mix_of(rows[row].count, rows[row].effective, rows[row].heaviest);
		flows = flakes_flows_like(check, &mix, 1e-6);
		assert_true((double)flows > (double)flakes_flows_for(check, 1e-6));
		less = mix_times(&mix, ((double)flows - 1) / mix.count);
		assert_true(flakes_false_alarm(check, &less) > 1e-6);
		for (double times = 1; times < 100; times *= 1.37) {
			more = mix_times(&mix, (double)flows * times / mix.count);
			assert_true(flakes_false_alarm(check, &more) <= 1e-6 * (1 + 1e-9));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarm),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_flows_for),
		cmocka_unit_test(test_flows_for_extremes),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_received),
		cmocka_unit_test(test_bounds_of_sums),
		cmocka_unit_test(test_bounds_by_enumeration),
		cmocka_unit_test(test_flows_like),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
