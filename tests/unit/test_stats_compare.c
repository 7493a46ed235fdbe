/*
 * Rank tests against published tables and examples, enumeration and scipy; comparisons that say
 * "faster" when it is, and not oftener than promised when it is not.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/compare.h"
#include "analysis/stats/quantile.h"
#include "analysis/stats/rank_test.h"

/* Hollander and Wolfe, "Nonparametric Statistical Methods" (1973), pages 29 and 69. */
static const double depression_before[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
static const double depression_after[] = {
	0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29
};
static const double permeability_term[] = { 0.80, 0.83, 1.89, 1.04, 1.45,
					    1.38, 1.91, 1.64, 0.73, 1.46 };
static const double permeability_early[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };

/* As R prints them: V = 40, p = 0.03906; W = 35, p = 0.2544. */
static void test_published(void **state)
{
	struct rank_test got;
	double differences[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		differences[i] = depression_before[i] - depression_after[i];
	assert_int_equal(rank_test_paired(&got, differences, 9), 0);
	check_near("V", got.statistic, 40, 0);
	check_near("p", got.p_value, 0.0390625, 1e-12);
	check_near("least", got.least_p_value, 2.0 / 512, 1e-12);
	assert_true(got.exact);
	assert_int_equal(rank_test_independent(&got, permeability_early, 5, permeability_term, 10),
			 0);
	check_near("W", got.statistic, 35, 0);
	check_near("p", got.p_value, 0.2544122544122544, 1e-12);
	check_near("least", got.least_p_value, 2.0 / 3003, 1e-9);
}

/* Samples of these sizes with this U, without ties. */
static double p_of_u(size_t n1, size_t n2, size_t u)
{
	double a[32], b[32];
	struct rank_test got;

	for (size_t i = 0; i < n1; i++)
		a[i] = (double)i + 1;
	for (size_t i = 0; i < n2; i++) {
		size_t below = u < n1 ? u : n1;

		b[i] = (double)below + 0.5 + 0.001 * (double)i;
		u -= below;
	}
	assert_int_equal(rank_test_independent(&got, a, n1, b, n2), 0);
	assert_true(got.exact);
	return got.p_value;
}

/* The critical values of U, two-sided 5 %: the highest U that is significant. */
static void test_table_of_u(void **state)
{
	static const struct {
		size_t n1, n2, u;
	} rows[] = {
		{ 4, 4, 0 },    { 3, 5, 0 },   { 5, 5, 2 },     { 6, 6, 5 },    { 7, 7, 8 },
		{ 8, 8, 13 },   { 7, 9, 12 },  { 9, 9, 17 },    { 10, 10, 23 }, { 12, 12, 37 },
		{ 15, 15, 64 }, { 8, 20, 41 }, { 20, 20, 127 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double at = p_of_u(rows[i].n1, rows[i].n2, rows[i].u);
		double next = p_of_u(rows[i].n1, rows[i].n2, rows[i].u + 1);

		if (at > 0.05 || next <= 0.05)
			fail_msg("%zu, %zu: %g and %g", rows[i].n1, rows[i].n2, at, next);
	}
}

/* The critical values of Wilcoxon's T, two-sided 5 %. */
static void test_table_of_t(void **state)
{
	static const struct {
		size_t n;
		double t;
	} rows[] = {
		{ 6, 0 },   { 7, 2 },   { 8, 3 },   { 9, 5 },   { 10, 8 },   { 11, 10 }, { 12, 13 },
		{ 13, 17 }, { 14, 21 }, { 15, 25 }, { 16, 29 }, { 17, 34 },  { 18, 40 }, { 19, 46 },
		{ 20, 52 }, { 21, 58 }, { 22, 65 }, { 25, 89 }, { 30, 137 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		double p_values[2];

		for (int more = 0; more < 2; more++) {
			double differences[32], left = rows[i].t + more;
			struct rank_test got;

			for (size_t rank = rows[i].n; rank > 0; rank--) {
				bool above = (double)rank <= left;

				left -= above ? (double)rank : 0;
				differences[rank - 1] = above ? (double)rank : -(double)rank;
			}
			assert_int_equal(rank_test_paired(&got, differences, rows[i].n), 0);
			check_near("T", got.statistic, rows[i].t + more, 0);
			p_values[more] = got.p_value;
		}
		if (p_values[0] > 0.05 || p_values[1] <= 0.05)
			fail_msg("n %zu: %g and %g", rows[i].n, p_values[0], p_values[1]);
	}
}

/* U by its definition. */
static double u_of(const double *a, size_t a_count, const double *b, size_t b_count)
{
	double u = 0;

	for (size_t i = 0; i < a_count; i++)
		for (size_t k = 0; k < b_count; k++)
			u += b[k] > a[i] ? 1 : b[k] == a[i] ? 0.5 : 0;
	return u;
}

/* With ties: all 210 ways to choose 4 of 10, and all 1024 choices of signs. */
static void test_ties_by_enumeration(void **state)
{
	static const double all[] = { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3 };
	double observed = u_of(all, 6, all + 6, 4), far = 0, ways = 0;
	struct rank_test got;

	(void)state;
	for (unsigned choice = 0; choice < 1024; choice++) {
		double a[10], b[10];
		size_t na = 0, nb = 0;

		for (size_t i = 0; i < 10; i++) {
			if (choice >> i & 1)
				b[nb++] = all[i];
			else
				a[na++] = all[i];
		}
		if (nb != 4)
			continue;
		ways++;
		far += fabs(u_of(a, 6, b, 4) - 12) >= fabs(observed - 12);
	}
	check_near("ways", ways, 210, 0);
	assert_int_equal(rank_test_independent(&got, all, 6, all + 6, 4), 0);
	check_near("U", got.statistic, observed, 0);
	check_near("p", got.p_value, far / ways, 1e-12);
}

static void test_signs_by_enumeration(void **state)
{
	static const double sizes[] = { 1, 2, 2, 3, 3, 3, 4, 7, 7, 9 };
	/* Their midranks. */
	static const double ranks[] = { 1, 2.5, 2.5, 5, 5, 5, 7, 8.5, 8.5, 10 };
	double differences[11], far = 0, observed = 0;
	struct rank_test got;

	(void)state;
	for (size_t i = 0; i < 10; i++) {
		differences[i] = i == 2 || i == 4 ? -sizes[i] : sizes[i];
		observed += differences[i] > 0 ? ranks[i] : 0;
	}
	differences[10] = 0;
	for (unsigned choice = 0; choice < 1024; choice++) {
		double sum = 0;

		for (size_t i = 0; i < 10; i++)
			sum += choice >> i & 1 ? ranks[i] : 0;
		far += fabs(sum - 27.5) >= fabs(observed - 27.5);
	}
	assert_int_equal(rank_test_paired(&got, differences, 11), 0);
	check_near("V", got.statistic, observed, 0);
	check_near("p", got.p_value, far / 1024, 1e-12);
}

/* Many values, with ties: scipy.stats.mannwhitneyu and wilcoxon 1.10.1, asymptotic, corrected. */
static void test_normal(void **state)
{
	static const double a[] = { 8.4,  7.4,  9.5, 10.8, 12.3, 10.2, 8.9, 8.4, 11.5, 13.3,
				    10.5, 7.5,  8.1, 13.2, 10.4, 6.5,  9.8, 7.7, 8.7,  9.0,
				    8.6,  11.1, 9.9, 8.8,  10.8, 11.7, 6.7, 9.5, 8.0,  9.7,
				    7.4,  10.0, 9.9, 9.4,  7.9,  9.2,  7.8, 7.3, 10.4, 7.8 };
	static const double b[] = { 13.1, 12.2, 6.8,  11.3, 8.6,  10.9, 10.9, 6.8,  10.3,
				    10.3, 12.7, 8.4,  12.3, 8.6,  10.1, 9.1,  13.7, 11.9,
				    15.7, 12.1, 12.5, 12.5, 9.6,  10.7, 13.5, 10.0, 11.2,
				    10.8, 12.0, 10.1, 10.5, 11.3, 11.0, 9.1,  12.6 };
	static const double differences[] = {
		-2.2, -2.0, -2.2, 2.3,  -0.3, -1.5, -1.9, 1.2,  -1.7, -2.1, 1.6,  -2.0, -0.2, 0.4,
		-0.5, 0.3,  3.1,  -0.6, -2.1, -3.3, -0.0, -0.3, 0.9,  -0.5, -0.6, -1.0, -0.6, 0.7,
		-0.4, 0.6,  4.2,  1.4,  -2.8, 3.9,  1.1,  -1.5, 2.2,  0.4,  -0.8, -0.9, -1.6, 0.5,
		2.5,  -0.3, 1.2,  4.2,  -2.0, 0.9,  -0.2, -1.7, -1.7, 0.4,  1.3,  -0.7, 0.5,  1.8,
		1.0,  2.1,  1.3,  1.4,  4.1,  1.6,  0.7,  1.8,  -1.4, -0.3, 2.0,  1.7,  3.5,  0.4,
		-2.5, 4.3,  2.6,  -1.7, 3.2,  0.5,  -3.2, -0.4, -0.6, 3.6
	};
	struct rank_test got;

	(void)state;
	assert_int_equal(rank_test_independent(&got, a, COUNT(a), b, COUNT(b)), 0);
	assert_false(got.exact);
	check_near("U", got.statistic, 1047.5, 0);
	check_near("p", got.p_value, 0.00022797825074248663, 1e-9);
	assert_int_equal(rank_test_paired(&got, differences, COUNT(differences)), 0);
	assert_false(got.exact);
	check_near("V", got.statistic, 79 * 80 / 2 - 1368, 0);
	check_near("p", got.p_value, 0.3012020505614671, 1e-9);
}

/* The most that is exact is close to normal, by the formula. */
static void test_exact_meets_normal(void **state)
{
	double a[32], b[32], z;
	struct rank_test got;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3, 0);
	for (size_t i = 0; i < 32; i++) {
		a[i] = normal(&rng);
		b[i] = normal(&rng) + 0.5;
	}
	assert_int_equal(rank_test_independent(&got, a, 32, b, 32), 0);
	assert_true(got.exact);
	z = (fabs(got.statistic - 512) - 0.5) / sqrt(32.0 * 32 * 65 / 12);
	check_near("p", got.p_value, erfc(z / M_SQRT2), 0.01);
	for (size_t i = 0; i < 32; i++)
		a[i] = b[i] - a[i];
	assert_int_equal(rank_test_paired(&got, a, 32), 0);
	z = (fabs(got.statistic - 264) - 0.5) / sqrt(32.0 * 33 * 65 / 24);
	check_near("p", got.p_value, erfc(z / M_SQRT2), 0.05);
}

/* No difference: p-values are uniform, and "faster" or "slower" is said in no more than 5 %. */
static void test_under_the_null(void **state)
{
	enum { TRIALS = 600, EACH = 15 };
	struct resampling how = { 200, 1 };
	double independent[TRIALS], paired[TRIALS];
	size_t said[2] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 17, 0);
	for (size_t trial = 0; trial < TRIALS; trial++) {
		struct comparison got;
		double a[EACH], b[EACH];

		for (size_t i = 0; i < EACH; i++) {
			a[i] = exp(normal(&rng));
			b[i] = exp(normal(&rng));
		}
		how.seed = trial;
		assert_int_equal(compare_independent(&got, a, EACH, b, EACH, &how), 0);
		independent[trial] = got.test.p_value;
		said[0] += got.outcome != COMPARE_NOT_SHOWN;
		assert_int_equal(compare_paired(&got, a, b, EACH, &how), 0);
		paired[trial] = got.test.p_value;
		said[1] += got.outcome != COMPARE_NOT_SHOWN;
	}
	check_uniform("independent", independent, TRIALS, 0.04);
	check_uniform("paired", paired, TRIALS, 0.04);
	/* 30 on average at most; 50 has a probability of 3e-4. */
	assert_true(said[0] < 50 && said[1] < 50);
}

/* How often the interval holds a difference that is there, and that it is seen. */
static void test_coverage(void **state)
{
	enum { TRIALS = 300, EACH = 20 };
	size_t held = 0, held_ratio = 0, seen = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 19, 0);
	for (size_t trial = 0; trial < TRIALS; trial++) {
		struct resampling how = { 400, trial };
		struct comparison got;
		double a[EACH], b[EACH];

		for (size_t i = 0; i < EACH; i++) {
			a[i] = 100 + 5 * normal(&rng);
			b[i] = 108 + 5 * normal(&rng);
		}
		assert_int_equal(compare_independent(&got, a, EACH, b, EACH, &how), 0);
		held += got.difference.interval.low <= 8 && got.difference.interval.high >= 8;
		held_ratio += got.ratio.interval.low <= 1.08 && got.ratio.interval.high >= 1.08;
		seen += got.outcome == COMPARE_HIGHER;
		assert_true(got.outcome != COMPARE_LOWER);
	}
	check_within("held", (double)held / TRIALS, 0.92, 1);
	check_within("held, ratio", (double)held_ratio / TRIALS, 0.92, 1);
	assert_true(seen > 0.95 * TRIALS);
}

/* Rounds differ by more than A and B: only pairs can show it. */
static void test_pairs(void **state)
{
	double a[12], b[12];
	struct comparison got;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 23, 0);
	for (size_t i = 0; i < 12; i++) {
		a[i] = 100 + 50 * rng_unit(&rng);
		b[i] = a[i] - 2 - rng_unit(&rng);
	}
	assert_int_equal(compare_independent(&got, a, 12, b, 12, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
	assert_int_equal(compare_paired(&got, a, b, 12, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_LOWER);
	check_within("difference", got.difference.value, -3, -2);
	check_within("low", got.difference.interval.low, -3, got.difference.value);
	check_within("high", got.difference.interval.high, got.difference.value, -2);
	check_within("ratio", got.ratio.value, 0.97, 0.99);
	check_within("shift", got.shift, -3, -2);
}

/* A and B change places: all changes sign. Scaling both scales the difference, not the ratio. */
static void test_symmetry(void **state)
{
	double a[10], b[14], a_scaled[10], b_scaled[14];
	struct comparison one, two;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 29, 0);
	for (size_t i = 0; i < 14; i++) {
		b[i] = 10 + rng_unit(&rng);
		b_scaled[i] = 4 * b[i];
	}
	for (size_t i = 0; i < 10; i++) {
		a[i] = 10 + rng_unit(&rng);
		a_scaled[i] = 4 * a[i];
	}
	assert_int_equal(compare_independent(&one, a, 10, b, 14, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(compare_independent(&two, b, 14, a, 10, &RESAMPLING_DEFAULT), 0);
	check_near("difference", two.difference.value, -one.difference.value, 1e-12);
	check_near("shift", two.shift, -one.shift, 1e-12);
	check_near("ratio", two.ratio.value, 1 / one.ratio.value, 1e-12);
	check_near("p", two.test.p_value, one.test.p_value, 1e-12);
	check_near("U", two.test.statistic, 140 - one.test.statistic, 0);
	assert_int_equal(compare_independent(&two, a_scaled, 10, b_scaled, 14, &RESAMPLING_DEFAULT),
			 0);
	check_near("difference", two.difference.value, 4 * one.difference.value, 1e-12);
	check_near("low", two.difference.interval.low, 4 * one.difference.interval.low, 1e-12);
	check_near("ratio", two.ratio.value, one.ratio.value, 1e-12);
	check_near("ratio", two.ratio.interval.high, one.ratio.interval.high, 1e-12);
}

/* Hollander and Wolfe, page 75 and 33: shifts of 0.305 (R: 0.305) and -0.46. */
static void test_shift(void **state)
{
	struct comparison got;

	(void)state;
	assert_int_equal(compare_paired(&got, depression_before, depression_after, 9,
					&RESAMPLING_DEFAULT),
			 0);
	check_near("shift", got.shift, -0.46, 1e-9);
	check_near("p", got.test.p_value, 0.0390625, 1e-12);
	assert_int_equal(compare_independent(&got, permeability_early, 5, permeability_term, 10,
					     &RESAMPLING_DEFAULT),
			 0);
	check_near("shift", got.shift, 0.305, 1e-9);
	check_near("median", got.median_b, 1.415, 1e-12);
	check_near("difference", got.difference.value, 1.415 - 0.90, 1e-12);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
}

static void test_outcomes(void **state)
{
	static const double low[] = { 1, 2, 3, 4, 5, 6 }, high[] = { 11, 12, 13, 14, 15, 16 };
	static const double zero[] = { 0, 0, 0, 0, 0, 0 };
	struct comparison got;

	(void)state;
	assert_int_equal(compare_independent(&got, low, 6, high, 6, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_HIGHER);
	assert_int_equal(compare_paired(&got, high, low, 6, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_LOWER);
	/* 3 and 3: 2 / 20 at best. 5 pairs: 2 / 32. */
	assert_int_equal(compare_independent(&got, low, 3, high, 3, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_TOO_FEW);
	assert_int_equal(compare_paired(&got, low, high, 5, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_TOO_FEW);
	/* 8 pairs, of which 5 are equal: that is no want of repeats. */
	assert_int_equal(compare_paired(&got, (const double[]){ 1, 2, 3, 4, 5, 6, 7, 8 },
					(const double[]){ 1, 2, 3, 4, 5, 7, 8, 9 }, 8,
					&RESAMPLING_DEFAULT),
			 0);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
	check_near("p", got.test.p_value, 0.25, 1e-12);
	check_near("least", got.test.least_p_value, 2.0 / 256, 1e-12);
	/* The same, again and again. */
	assert_int_equal(compare_independent(&got, low, 6, low, 6, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
	check_near("p", got.test.p_value, 1, 1e-12);
	assert_int_equal(compare_paired(&got, low, low, 6, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
	check_near("p", got.test.p_value, 1, 0);
	/* No ratio to 0; nothing of nothing. */
	assert_int_equal(compare_independent(&got, zero, 6, high, 6, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(got.ratio.value) && isnan(got.ratio.interval.low));
	assert_int_equal(got.outcome, COMPARE_HIGHER);
	assert_int_equal(compare_independent(&got, NULL, 0, high, 6, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(got.difference.value) && isnan(got.test.p_value));
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
	assert_int_equal(compare_paired(&got, NULL, NULL, 0, &RESAMPLING_DEFAULT), 0);
	assert_int_equal(got.outcome, COMPARE_NOT_SHOWN);
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(compare_word(COMPARE_HIGHER, COMPARE_MORE_IS_FASTER), "faster");
	assert_string_equal(compare_word(COMPARE_LOWER, COMPARE_MORE_IS_FASTER), "slower");
	assert_string_equal(compare_word(COMPARE_HIGHER, COMPARE_MORE_IS_SLOWER), "slower");
	assert_string_equal(compare_word(COMPARE_LOWER, COMPARE_MORE_IS_SLOWER), "faster");
	assert_string_equal(compare_word(COMPARE_LOWER, COMPARE_MORE_IS_MORE), "lower");
	assert_string_equal(compare_word(COMPARE_NOT_SHOWN, COMPARE_MORE_IS_MORE),
			    "no difference shown");
	assert_string_equal(compare_word(COMPARE_TOO_FEW, COMPARE_MORE_IS_MORE), "too few repeats");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_table_of_u),
		cmocka_unit_test(test_table_of_t),
		cmocka_unit_test(test_ties_by_enumeration),
		cmocka_unit_test(test_signs_by_enumeration),
		cmocka_unit_test(test_normal),
		cmocka_unit_test(test_exact_meets_normal),
		cmocka_unit_test(test_under_the_null),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_symmetry),
		cmocka_unit_test(test_shift),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
