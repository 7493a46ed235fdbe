/*
 * What a uniform hash does: formulas against simulation, both against enumeration and values that
 * are known elsewhere.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/expected.h"
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

/* By simulation in another program: to the digits that were written down. */
static void test_table(void **state)
{
	static const struct {
		size_t workers;
		uint64_t flows;
		double max_over_mean, cv;
	} rows[] = {
		{ 4, 1, 4.00, 1.73 },  { 4, 4, 2.11, 0.87 },    { 4, 16, 1.54, 0.43 },
		{ 4, 64, 1.26, 0.22 }, { 8, 8, 2.60, 0.94 },    { 8, 16, 2.10, 0.66 },
		{ 8, 64, 1.53, 0.33 }, { 8, 1024, 1.13, 0.08 }, { 4, 1024, 1.06, 0.05 },
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
			assert_true(got.cv.q2_5 <= got.cv.q50 && got.cv.q50 <= got.cv.q97_5);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formula), cmocka_unit_test(test_table),
		cmocka_unit_test(test_agree),   cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_crowds),  cmocka_unit_test(test_conserved),
		cmocka_unit_test(test_band),    cmocka_unit_test(test_expected_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
