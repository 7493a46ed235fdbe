/*
 * The test of flows against enumeration, tables and scipy; and that it does not cry wolf: under a
 * uniform hash its p-values are uniform.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/chance.h"
#include "analysis/stats/flow_test.h"
#include "analysis/stats/flow_test_exact.h"
#include "analysis/stats/flows.h"

static struct flow_test test_counts_of(const uint64_t *counts, size_t workers)
{
	struct flow_test got;

	assert_int_equal(flow_test_counts(&got, counts, workers), 0);
	return got;
}

static struct flow_test test_weights_of(const struct hashed_flow *flows, size_t count,
					size_t workers, uint64_t seed)
{
	struct resampling how = { 0, seed };
	struct flow_test got;

	assert_int_equal(flow_test_weights(&got, flows, count, workers, &how), 0);
	return got;
}

/* The share of all assignments of FLOWS flows of these weights that scatter at least as much. */
static double enumerate(const double *weights, size_t flows, size_t workers, double scatter)
{
	size_t all = 1, hits = 0;

	for (size_t i = 0; i < flows; i++)
		all *= workers;
	for (size_t code = 0; code < all; code++) {
		double amounts[4] = { 0 }, sum = 0, got = 0;
		size_t rest = code;

		for (size_t i = 0; i < flows; i++, rest /= workers)
			amounts[rest % workers] += weights[i];
		for (size_t i = 0; i < workers; i++)
			sum += amounts[i] / (double)workers;
		for (size_t i = 0; i < workers; i++)
			got += (amounts[i] - sum) * (amounts[i] - sum);
		hits += got >= scatter * (1 - 1e-9);
	}
	return (double)hits / (double)all;
}

static void test_by_enumeration(void **state)
{
	static const double ones[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	static const struct {
		uint64_t counts[4];
		size_t workers, flows;
	} rows[] = {
		{ { 4, 1, 1, 2 }, 4, 8 }, { { 8, 0, 0, 0 }, 4, 8 }, { { 2, 2, 2, 2 }, 4, 8 },
		{ { 3, 3, 2 }, 3, 8 },    { { 6, 1, 1 }, 3, 8 },    { { 7, 1 }, 2, 8 },
		{ { 1, 0 }, 2, 1 },       { { 2, 1, 1, 1 }, 4, 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct flow_test got = test_counts_of(rows[i].counts, rows[i].workers);
		double mean = (double)rows[i].flows / (double)rows[i].workers;

		assert_int_equal(got.method, FLOW_TEST_EXACT);
		check_near("p", got.p_value,
			   enumerate(ones, rows[i].flows, rows[i].workers, got.statistic * mean),
			   1e-11);
	}
}

static double ten_of_64(void)
{
	uint64_t counts[512] = { 10 };

	for (size_t i = 1; i <= 54; i++)
		counts[i] = 1;
	return test_counts_of(counts, 512).p_value;
}

/* At least two of 23 people share their birthday: 0.5072972343 (von Mises 1939, Feller). */
static void test_birthdays(void **state)
{
	uint64_t days[365] = { 2 };

	(void)state;
	for (size_t i = 1; i < 22; i++)
		days[i] = 1;
	check_near("23 people", test_counts_of(days, 365).p_value, 0.5072972343, 1e-9);
	/* Few flows at many workers: 10 at one has a probability of 512 C(64, 10) / 512^10. */
	check_within("10 of 64", ten_of_64(), 0, 1e-12);
	days[0] = 1;
	check_near("no pair", test_counts_of(days, 365).p_value, 1, 1e-12);
}

/* Tables of the chi-square distribution: 7.815 and 16.266 with 3 degrees of freedom. */
static void test_tables(void **state)
{
	/* x = 2 d^2 / mean */
	static const uint64_t five_percent[] = { 1000000 + 1977, 1000000, 1000000 - 1977, 1000000 };
	static const uint64_t one_permille[] = { 1000000 + 2852, 1000000, 1000000 - 2852, 1000000 };
	/* scipy.stats.chisquare([30, 14, 25, 22, 9]): 14.3, 0.006397; times 1000 is far out. */
	static const uint64_t five[] = { 30000, 14000, 25000, 22000, 9000 };
	struct flow_test got = test_counts_of(five_percent, 4);

	(void)state;
	assert_int_equal(got.method, FLOW_TEST_CHI_SQUARE);
	check_near("5 %", got.p_value, 0.05, 0.002);
	check_near("0.1 %", test_counts_of(one_permille, 4).p_value, 0.001, 0.002);
	got = test_counts_of(five, 5);
	check_near("statistic", got.statistic, 14300, 1e-12);
	assert_true(got.p_value < 1e-300);
	assert_int_equal(got.degrees, 4);
}

/* Where both serve they agree, and the exact one is not below all on one. */
static void test_exact_and_chi_square(void **state)
{
	static const uint64_t counts[] = { 46, 33, 41, 40 }, one[] = { 40, 0, 0, 0 };
	struct flow_test got = test_counts_of(counts, 4);

	(void)state;
	assert_int_equal(got.method, FLOW_TEST_EXACT);
	/* x = 2.15, 3 degrees of freedom: 0.5419. */
	check_near("statistic", got.statistic, 2.15, 1e-12);
	check_near("p", got.p_value, 0.5419, 0.03);
	check_within("all on one", test_counts_of(one, 4).p_value, pow(4, -39), 1e-13);
}

/* scipy.stats.ncx2.sf 1.10.1 */
static void test_noncentral(void **state)
{
	(void)state;
	check_near("1", flow_test_noncentral(10, 3, 2), 0.10143503648600136, 1e-12);
	check_near("2", flow_test_noncentral(30, 3, 5), 0.0015290636381232769, 1e-12);
	check_near("3", flow_test_noncentral(80, 15, 10), 2.923735203796277e-06, 1e-12);
	check_near("4", flow_test_noncentral(60, 3, 0.5), 1.0803291646495605e-11, 1e-12);
	check_near("5", flow_test_noncentral(2000, 63, 1500), 7.716619235106587e-08, 1e-9);
	check_near("central", flow_test_noncentral(11.344866730144373, 3, 0), 0.01, 1e-12);
	check_near("0", flow_test_noncentral(0, 3, 1), 1, 0);
	/* Too many terms to be added up. */
	check_near("low", flow_test_noncentral(19154, 3, 2e4), 0.9987793639414345, 2e-4);
	check_near("mean", flow_test_noncentral(20063, 63, 2e4), 0.49859136544527277, 2e-4);
	check_near("high", flow_test_noncentral(21417, 3, 2e4), 4.3901115389954736e-07, 2e-4);
	check_near("6", flow_test_noncentral(1010063, 63, 1e6), 3.050649588404181e-07, 2e-4);
	check_near("9", flow_test_noncentral(1000316231, 3, 1e9), 2.8721068239241954e-07, 2e-4);
}

/* One flow that outweighs all others together by far costs no more than others. */
static void test_one_giant(void **state)
{
	struct hashed_flow flows[201];
	struct flow_test got;

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++)
		flows[i] = (struct hashed_flow){ .weight = i ? 1 : 1e12, .member = i % 4 };
	got = test_weights_of(flows, COUNT(flows), 4, 1);
	assert_int_equal(got.method, FLOW_TEST_MIXED);
	/* The giant makes the scatter, and is somewhere: nothing else can be told. */
	check_within("p", got.p_value, 0.4, 1);
}

/* Few flows of different weights: simulated, and right. */
static void test_simulated(void **state)
{
	static const double weights[] = { 9, 5, 3, 2, 2, 1, 1, 0.5 };
	static const uint32_t places[][8] = {
		{ 0, 0, 1, 2, 0, 1, 0, 2 },
		{ 0, 0, 0, 0, 0, 0, 0, 0 },
		{ 0, 1, 2, 2, 1, 0, 1, 2 },
		{ 0, 0, 0, 0, 1, 0, 1, 2 },
	};

	(void)state;
	for (size_t k = 0; k < COUNT(places); k++) {
		struct hashed_flow flows[8];
		struct flow_test got;
		double squares = 0, want;

		for (size_t i = 0; i < 8; i++) {
			flows[i] = (struct hashed_flow){ weights[i], places[k][i] };
			squares += weights[i] * weights[i];
		}
		got = test_weights_of(flows, 8, 3, 1);
		assert_int_equal(got.method, FLOW_TEST_SIMULATED);
		want = enumerate(weights, 8, 3, got.statistic * squares / 3);
		/* 100 hits: a tenth. Where all runs are hits there is nothing to be wrong about. */
		check_near("p", got.p_value, want, want > 0.999 ? 1e-9 : 0.4);
	}
}

/* 2,000 flows with Zipf's weights at random members: heavy ones decide, light ones add. */
static void assign_zipf(struct hashed_flow *flows, size_t count, uint64_t workers, struct rng *rng)
{
	for (size_t i = 0; i < count; i++)
		flows[i] = (struct hashed_flow){ 1000 / (1 + (double)i),
						 (uint32_t)rng_below(rng, workers) };
}

/* What no run has reached is not impossible, and not said to be: 13 flows on one, 4^-12. */
static void test_never_zero(void **state)
{
	struct hashed_flow flows[2000];
	struct flow_test got;
	struct rng rng;

	(void)state;
	for (size_t i = 0; i < 13; i++)
		flows[i] = (struct hashed_flow){ 1 + 0.1 * (double)i, 2 };
	got = test_weights_of(flows, 13, 4, 1);
	assert_int_equal(got.method, FLOW_TEST_SIMULATED);
	check_near("p", got.p_value, 1.0 / 2000001, 1e-12);
	check_near("least", got.least_p_value, 1.0 / 2000001, 1e-12);
	/* The heaviest 14 of many on one: as good as all heavy ones, which no run has seen. */
	rng_seed(&rng, 22, 0);
	assign_zipf(flows, COUNT(flows), 4, &rng);
	for (size_t i = 0; i < 14; i++)
		flows[i].member = 1;
	got = test_weights_of(flows, COUNT(flows), 4, 1);
	assert_int_equal(got.method, FLOW_TEST_MIXED);
	check_within("least", got.least_p_value, 1e-5, 1e-4);
	check_within("p", got.p_value, got.least_p_value, 2e-4);
}

/* Equal weights are counts, whatever the weight. */
static void test_equal_weights(void **state)
{
	static const uint64_t counts[] = { 4, 1, 1, 2 };
	struct hashed_flow flows[8];
	size_t used = 0;

	(void)state;
	for (uint32_t member = 0; member < 4; member++)
		for (uint64_t i = 0; i < counts[member]; i++)
			flows[used++] = (struct hashed_flow){ 0.7, member };
	check_near("p", test_weights_of(flows, 8, 4, 1).p_value, test_counts_of(counts, 4).p_value,
		   1e-12);
}

/* Mixed and simulated are the same: plain runs as the reference. */
static void test_mixed(void **state)
{
	enum { FLOWS = 2000, WORKERS = 4, RUNS = 20000 };
	struct hashed_flow flows[FLOWS];
	double observed[3], statistics[RUNS];
	struct flow_test got[3];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 21, 0);
	for (size_t k = 0; k < COUNT(got); k++) {
		assign_zipf(flows, FLOWS, WORKERS, &rng);
		if (k == 2)
			for (size_t i = 0; i < 4; i++)
				flows[i].member = 1;
		got[k] = test_weights_of(flows, FLOWS, WORKERS, 1);
		assert_int_equal(got[k].method, FLOW_TEST_MIXED);
		observed[k] = got[k].statistic;
	}
	for (size_t run = 0; run < RUNS; run++) {
		double amounts[WORKERS], squares = 0, sum = 0, scatter = 0;

		assign_zipf(flows, FLOWS, WORKERS, &rng);
		flows_sum(amounts, WORKERS, flows, FLOWS);
		for (size_t i = 0; i < FLOWS; i++) {
			sum += flows[i].weight;
			squares += flows[i].weight * flows[i].weight;
		}
		for (size_t i = 0; i < WORKERS; i++)
			scatter += pow(amounts[i] - sum / WORKERS, 2);
		statistics[run] = scatter * WORKERS / squares;
	}
	for (size_t k = 0; k < COUNT(got); k++) {
		double hits = 0, want;

		for (size_t run = 0; run < RUNS; run++)
			hits += statistics[run] >= observed[k];
		want = hits / RUNS;
		check_within("p", got[k].p_value, want - 5 * sqrt(want / RUNS) - 0.002,
			     want + 5 * sqrt(want / RUNS) + 0.002);
	}
	assert_true(got[2].p_value < 0.05);
}

/* A uniform hash: the p-values of many assignments are uniform, by each method. */
static void test_uniform_under_the_null(void **state)
{
	static const struct {
		size_t flows, workers, trials;
		bool weighted;
		enum flow_test_method method;
		double lump; /* the probability of the most probable result */
	} rows[] = {
		{ 2000, 4, 1000, false, FLOW_TEST_CHI_SQUARE, 0.01 },
		{ 60, 5, 600, false, FLOW_TEST_EXACT, 0.05 },
		{ 2000, 4, 60, true, FLOW_TEST_MIXED, 0 },
		{ 30, 4, 300, true, FLOW_TEST_SIMULATED, 0.01 },
	};
	static struct hashed_flow flows[2000];
	double p_values[1000];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 31, 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t trial = 0; trial < rows[i].trials; trial++) {
			struct flow_test got;

			assign_zipf(flows, rows[i].flows, rows[i].workers, &rng);
			for (size_t k = 0; !rows[i].weighted && k < rows[i].flows; k++)
				flows[k].weight = 1;
			got = test_weights_of(flows, rows[i].flows, rows[i].workers, trial);
			assert_int_equal(got.method, rows[i].method);
			p_values[trial] = got.p_value;
		}
		check_uniform(flow_test_method_names[rows[i].method], p_values, rows[i].trials,
			      rows[i].lump);
	}
}

/* Which worker is which does not matter. */
static void test_permutation(void **state)
{
	static const uint64_t one[] = { 9, 1, 4, 2, 7 }, two[] = { 1, 2, 4, 7, 9 };
	static const uint32_t other[] = { 3, 0, 2, 1 };
	struct hashed_flow flows[40], moved[40];
	struct rng rng;

	(void)state;
	check_near("p", test_counts_of(one, 5).p_value, test_counts_of(two, 5).p_value, 0);
	rng_seed(&rng, 41, 0);
	assign_zipf(flows, COUNT(flows), 4, &rng);
	for (size_t i = 0; i < COUNT(flows); i++)
		moved[i] = (struct hashed_flow){ 5 * flows[i].weight, other[flows[i].member] };
	check_near("p", test_weights_of(flows, COUNT(flows), 4, 1).p_value,
		   test_weights_of(moved, COUNT(moved), 4, 1).p_value, 0);
}

static void test_nothing(void **state)
{
	static const uint64_t none[] = { 0, 0 }, one[] = { 5 };

	(void)state;
	assert_true(isnan(test_counts_of(none, 2).p_value));
	assert_true(isnan(test_counts_of(one, 1).p_value));
	assert_int_equal(test_counts_of(one, 1).method, FLOW_TEST_NONE);
	assert_true(isnan(test_weights_of(NULL, 0, 4, 1).p_value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_enumeration),
		cmocka_unit_test(test_birthdays),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_exact_and_chi_square),
		cmocka_unit_test(test_noncentral),
		cmocka_unit_test(test_one_giant),
		cmocka_unit_test(test_simulated),
		cmocka_unit_test(test_never_zero),
		cmocka_unit_test(test_equal_weights),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_uniform_under_the_null),
		cmocka_unit_test(test_permutation),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
