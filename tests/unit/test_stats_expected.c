/*
 * What a uniform hash does: formulas against simulation, both against enumeration and values that
 * are known elsewhere; and what a check of evenness has to expect of it.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/expected.h"
#include "analysis/stats/flakes.h"
#include "analysis/stats/hashing.h"
#include "analysis/stats/theory.h"

static void test_formula(void **state)
{
	(void)state;
	check_near("cv", theory_cv(4, 1), sqrt(3), 1e-15);
	check_near("cv", theory_cv(4, 300), 0.1, 1e-15);
	check_near("cv", theory_cv(1, 5), 0, 0);
	assert_true(isnan(theory_cv(4, 0)) && isnan(theory_cv(4, NAN)));
	check_near("flows", theory_flows_for(4, 0.05), 1200, 0);
}

/*
 * 4 flows at 4 of 4: 4! / 4^4. All 365 birthdays in a party: at least even odds with 2287 guests
 * and not with one less (Feller, volume 1, has 2287 from the exact distribution).
 */
static void test_all_hit(void **state)
{
	(void)state;
	check_near("4 of 4", theory_all_hit(4, 4), 24.0 / 256, 1e-14);
	check_near("2 of 3", theory_all_hit(2, 3), 0.75, 1e-14);
	check_near("none missed", theory_all_hit(4, 100000), 1, 0);
	check_near("too few", theory_all_hit(8, 7), 0, 0);
	check_near("1", theory_all_hit(1, 1), 1, 0);
	assert_true(theory_all_hit(365, 2286) < 0.5);
	assert_true(theory_all_hit(365, 2287) > 0.5);
}

/* By simulation in another program: to the digits that were written down. */
static void test_table(void **state)
{
	static const struct {
		size_t workers;
		uint64_t flows;
		double hit, hit_digit, max_over_mean, cv;
	} rows[] = {
		{ 4, 1, 0, 0.01, 4.00, 1.73 },       { 4, 4, 0.10, 0.01, 2.11, 0.87 },
		{ 4, 16, 0.96, 0.01, 1.54, 0.43 },   { 4, 64, 1, 0.01, 1.26, 0.22 },
		{ 8, 8, 0.002, 0.001, 2.60, 0.94 },  { 8, 16, 0.31, 0.01, 2.10, 0.66 },
		{ 8, 64, 0.999, 0.001, 1.53, 0.33 }, { 8, 1024, 1, 0.01, 1.13, 0.08 },
		{ 4, 1024, 1, 0.01, 1.06, 0.05 },
	};
	struct resampling how = { 20000, 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct expected got;
		double room;

		assert_int_equal(expected_simulate(&got, NULL, rows[i].flows, rows[i].workers,
						   &how),
				 0);
		room = 0.006 + 4 * got.max_over_mean.error;
		check_within("hit", theory_all_hit(rows[i].workers, rows[i].flows),
			     rows[i].hit - rows[i].hit_digit, rows[i].hit + rows[i].hit_digit);
		check_within("max_over_mean", got.max_over_mean.mean, rows[i].max_over_mean - room,
			     rows[i].max_over_mean + room);
		check_within("cv", theory_cv(rows[i].workers, (double)rows[i].flows),
			     rows[i].cv - 0.006, rows[i].cv + 0.006);
	}
}

/* Formula and simulation agree, for weights of every kind. */
static void test_agree(void **state)
{
	enum { FLOWS = 500 };
	double weights[4][FLOWS];
	struct resampling how = { 20000, 9 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2, 0);
	for (size_t i = 0; i < FLOWS; i++) {
		weights[0][i] = 2;
		weights[1][i] = i < 100 ? 10 : 1;
		weights[2][i] = 1000 / (1 + (double)i);
		weights[3][i] = rng_unit(&rng);
	}
	for (size_t k = 0; k < COUNT(weights); k++) {
		double sum = 0, squares = 0;

		for (size_t i = 0; i < FLOWS; i++) {
			sum += weights[k][i];
			squares += weights[k][i] * weights[k][i];
		}
		for (size_t workers = 2; workers <= 32; workers *= 4) {
			struct expected got;

			assert_int_equal(expected_simulate(&got, weights[k], FLOWS, workers, &how),
					 0);
			/* 20,000 runs: the rms is right to less than 1 %. */
			check_near("cv", got.cv.rms, theory_cv(workers, sum * sum / squares), 0.02);
			assert_true(got.cv.mean < got.cv.rms);
			assert_true(got.cv.q2_5 <= got.cv.q25 && got.cv.q25 <= got.cv.q50 &&
				    got.cv.q50 <= got.cv.q75 && got.cv.q75 <= got.cv.q97_5);
		}
	}
}

/* 2 workers and 10 flows: the larger share is binomial. By simulation and by counting. */
static void test_quantiles(void **state)
{
	struct resampling how = { 50000, 4 };
	struct expected got;
	double mean = 0;
	static const double ways[] = { 1, 10, 45, 120, 210, 252, 210, 120, 45, 10, 1 };

	(void)state;
	for (size_t k = 0; k <= 10; k++)
		mean += ways[k] / 1024 * fmax((double)k, 10 - (double)k) / 5;
	assert_int_equal(expected_simulate(&got, NULL, 10, 2, &how), 0);
	check_within("mean", got.max_over_mean.mean, mean - 4 * got.max_over_mean.error,
		     mean + 4 * got.max_over_mean.error);
	/* 252/1024 have 5, 420/1024 have 6 (50 % is there), 240/1024 7, 90/1024 8, 22/1024 more. */
	check_near("q2.5", got.max_over_mean.q2_5, 1, 0);
	check_near("q50", got.max_over_mean.q50, 1.2, 1e-15);
	check_near("q97.5", got.max_over_mean.q97_5, 1.6, 1e-15);
}

/*
 * Together and one by one is the same distribution: equal flows against flows that differ in the
 * 12th digit, so that none are equal.
 */
static void test_crowds(void **state)
{
	enum { FLOWS = 1000 };
	double weights[FLOWS];
	struct resampling how = { 20000, 6 };
	struct expected crowd, single;

	(void)state;
	for (size_t i = 0; i < FLOWS; i++)
		weights[i] = 1 + 1e-12 * (double)i;
	assert_int_equal(expected_simulate(&crowd, NULL, FLOWS, 5, &how), 0);
	assert_int_equal(expected_simulate(&single, weights, FLOWS, 5, &how), 0);
	check_near("mean", crowd.max_over_mean.mean, single.max_over_mean.mean, 0.002);
	check_near("q2.5", crowd.max_over_mean.q2_5, single.max_over_mean.q2_5, 0.006);
	check_near("q97.5", crowd.max_over_mean.q97_5, single.max_over_mean.q97_5, 0.006);
	check_near("cv", crowd.cv.mean, single.cv.mean, 0.02);
	check_near("cv 97.5", crowd.cv.q97_5, single.cv.q97_5, 0.03);
}

/* Every flow goes somewhere, and none twice. */
static void test_conserved(void **state)
{
	static const double weights[] = { 1, 1, 1, 5, 0.5 };
	double amounts[3];
	struct hashing *hashing;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	assert_int_equal(hashing_open(&hashing, weights, COUNT(weights), 3), 0);
	for (int i = 0; i < 100; i++) {
		hashing_draw(hashing, &rng, amounts);
		check_near("sum", amounts[0] + amounts[1] + amounts[2], 8.5, 1e-15);
	}
	hashing_close(hashing);
	assert_int_equal(hashing_open(&hashing, NULL, 1234567890, 3), 0);
	for (int i = 0; i < 100; i++) {
		hashing_draw(hashing, &rng, amounts);
		check_near("sum", amounts[0] + amounts[1] + amounts[2], 1234567890, 0);
		check_near("share", amounts[0], 411522630, 0.001);
	}
	hashing_close(hashing);
}

static void test_band(void **state)
{
	struct band_point points[30];
	struct resampling how = { 500, 1 };
	size_t filled;

	(void)state;
	assert_int_equal(expected_band(points, COUNT(points), &filled, 1, 10000, 4, &how), 0);
	check_within("filled", (double)filled, 20, 30);
	assert_int_equal(points[0].flows, 1);
	assert_int_equal(points[filled - 1].flows, 10000);
	check_near("first", points[0].expected.max_over_mean.mean, 4, 0);
	for (size_t i = 0; i < filled; i++) {
		const struct spread *spread = &points[i].expected.cv;

		assert_true(i == 0 || points[i].flows > points[i - 1].flows);
		check_near("cv", points[i].cv, theory_cv(4, (double)points[i].flows), 0);
		/* One flow: they are all the same. */
		check_within("mean", spread->mean, spread->q2_5 - 1e-9, spread->q97_5 + 1e-9);
	}
	assert_int_equal(expected_band(points, 1, &filled, 5, 5, 4, &how), 0);
	assert_int_equal(filled, 1);
}

static void test_expected_of_nothing(void **state)
{
	struct expected got;

	(void)state;
	assert_int_equal(expected_simulate(&got, NULL, 0, 4, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(got.cv.mean) && isnan(got.max_over_mean.q97_5));
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
		check_near("false alarm", flakes_false_alarm(&rows[i].check, rows[i].flows),
			   rows[i].want, 1e-9);
}

/* All 3^9 assignments: the bound is above the truth, and the truth above the other bound. */
static void test_bounds(void **state)
{
	struct flakes_check check = { 3, 0.5, NAN };
	double bound = flakes_false_alarm(&check, 9);
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
		assert_true(flakes_false_alarm(check, flows - 1) > rows[i].budget);
		for (uint64_t more = flows; more < flows + 3000; more++)
			if (flakes_false_alarm(check, more) > rows[i].budget)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formula),
		cmocka_unit_test(test_all_hit),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_crowds),
		cmocka_unit_test(test_conserved),
		cmocka_unit_test(test_band),
		cmocka_unit_test(test_expected_of_nothing),
		cmocka_unit_test(test_false_alarm),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_flows_for),
		cmocka_unit_test(test_flows_for_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
