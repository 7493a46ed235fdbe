/*
 * The statistics against answers that were worked out by hand. Tail probabilities come from the
 * closed forms of the chi-square distribution: 1 degree of freedom erfc(sqrt(x/2)), 2 exp(-x/2),
 * 3 erfc(sqrt(x/2)) + sqrt(2x/pi) exp(-x/2).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "analysis/distribution.h"
#include "analysis/stats/flow_test.h"
#include "analysis/stats/theory.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOLERANCE    0.1
#define UNKNOWN      ((double)NAN)

/* Equal to twelve digits, which is what summary.json shows. */
static void check(const char *what, double got, double want)
{
	if (!(fabs(got - want) <= 1e-12 * fmax(fabs(want), 1e-300)))
		fail_msg("%s is %.17g instead of %.17g", what, got, want);
}

static struct distribution describe_as(const uint64_t *packets, size_t workers, double flows,
				       bool hashed)
{
	struct distribution_input input = { .counts = packets,
					    .workers = workers,
					    .flows = flows,
					    .effective_flows = flows,
					    .tolerance = TOLERANCE,
					    .hashed = hashed };
	struct distribution out;

	distribution_describe(&out, &input);
	return out;
}

static struct distribution describe(const uint64_t *packets, size_t workers, double flows)
{
	return describe_as(packets, workers, flows, true);
}

static void test_all_on_one(void **state)
{
	static const uint64_t packets[] = { 200000, 0, 0, 0 };
	struct distribution d = describe(packets, 4, 1);

	(void)state;
	check("max_share", d.max_share, 1);
	check("min_share", d.min_share, 0);
	check("max_over_mean", d.max_over_mean, 4);
	check("cv", d.cv, sqrt(3));
	check("jain", d.jain, 0.25);
	check("effective_workers", d.effective_workers, 1);
	check("expected_cv", d.expected_cv, sqrt(3));
	check("p_value", d.p_value, 1);
	assert_int_equal(d.busiest, 0);
	assert_int_equal(d.busy, 1);
	assert_int_equal(d.verdict, VERDICT_FEW_FLOWS);
}

static void test_equal(void **state)
{
	static const uint64_t packets[] = { 50, 50, 50, 50 };
	struct distribution d = describe(packets, 4, 200);

	(void)state;
	check("max_share", d.max_share, 0.25);
	check("min_share", d.min_share, 0.25);
	check("max_over_mean", d.max_over_mean, 1);
	check("cv", d.cv, 0);
	check("jain", d.jain, 1);
	check("effective_workers", d.effective_workers, 4);
	check("p_value", d.p_value, 1);
	assert_int_equal(d.total, 200);
	assert_int_equal(d.verdict, VERDICT_EVEN);
}

/* Mean 2.5, variance 1.25, so cv^2 = 0.2; sum 10, sum of squares 30. */
static void test_one_to_four(void **state)
{
	static const uint64_t packets[] = { 1, 2, 3, 4 };
	struct distribution d = describe(packets, 4, 100);

	(void)state;
	check("max_share", d.max_share, 0.4);
	check("min_share", d.min_share, 0.1);
	check("max_over_mean", d.max_over_mean, 1.6);
	check("cv", d.cv, sqrt(0.2));
	check("jain", d.jain, 100.0 / 120);
	check("effective_workers", d.effective_workers, 10.0 / 3);
	check("p_value", d.p_value, 0.00016974243555282643);
	assert_int_equal(d.busiest, 3);
	assert_int_equal(d.idlest, 0);
	assert_int_equal(d.verdict, VERDICT_FEW_FLOWS);
}

static void test_expected_cv(void **state)
{
	static const struct {
		size_t workers;
		double flows, cv;
	} rows[] = {
		{ 1, 1, 0 },     { 2, 1, 1 },       { 4, 3, 1 },         { 4, 12, 0.5 },
		{ 4, 300, 0.1 }, { 16, 1500, 0.1 }, { 512, 51100, 0.1 }, { 5, 0.25, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check("expected_cv", theory_cv(rows[i].workers, rows[i].flows), rows[i].cv);
	assert_true(isnan(theory_cv(4, UNKNOWN)));
	assert_true(isnan(theory_cv(4, 0)));
}

static void test_flows_for(void **state)
{
	(void)state;
	check("flows", theory_flows_for(4, 0.05), 1200);
	check("flows", theory_flows_for(2, 0.1), 100);
	check("flows", theory_flows_for(4, 2), 1);
}

static void test_p_value(void **state)
{
	static const struct {
		size_t workers;
		double flows, cv, p;
	} rows[] = {
		{ 2, 100, 0.2, 0.045500263896358424 },    /* 60 and 40: x = 4 */
		{ 4, 8, M_SQRT1_2, 0.26146412994911065 }, /* 2, 2, 4 and 0: x = 4 */
		{ 4, 100, 0.2, 0.26146412994911065 },
		{ 4, 100, 0, 1 },
		/* All on one: not below N^(1 - flows), however small the tail is. */
		{ 4, 1, 1.7320508075688772, 1 },
		{ 4, 2, 1.7320508075688772, 0.25 },
		{ 4, 5, 1.7320508075688772, 0.00390625 },
		{ 2, 3, 1, 0.25 },
		{ 512, 1, 22.60530911, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check("p_value",
		      theory_p_value(rows[i].workers, rows[i].flows, rows[i].flows, rows[i].cv),
		      rows[i].p);
}

/* 3 workers, 100 flows as 50, 30, 20: x = 14, and 2 degrees of freedom. */
static void test_p_value_of_counts(void **state)
{
	static const uint64_t packets[] = { 50, 30, 20 };
	struct distribution d = describe(packets, 3, 100);

	(void)state;
	check("p_value", d.p_value, exp(-7));
}

static void test_p_value_unknown(void **state)
{
	(void)state;
	assert_true(isnan(theory_p_value(1, 100, 100, 0)));
	assert_true(isnan(theory_p_value(4, UNKNOWN, UNKNOWN, 1)));
	assert_true(isnan(theory_p_value(4, 0, 0, 1)));
	assert_true(isnan(theory_p_value(4, 100, 100, UNKNOWN)));
}

/* A million flows on one of four workers: no underflow, no trap, just 0. */
static void test_p_value_far_out(void **state)
{
	double p = theory_p_value(4, 1e6, 1e6, sqrt(3));

	(void)state;
	assert_true(p >= 0 && p < 1e-300);
}

static void test_verdicts(void **state)
{
	static const struct {
		uint64_t packets[4];
		size_t workers;
		double flows;
		enum verdict verdict;
	} rows[] = {
		{ { 110, 100, 100, 90 }, 4, 400, VERDICT_EVEN },      /* 1.1: just within */
		{ { 111, 100, 100, 89 }, 4, 400, VERDICT_FEW_FLOWS }, /* x = 2.42 */
		{ { 111, 100, 100, 89 }, 4, 1e6, VERDICT_UNEXPLAINED },
		{ { 110, 100, 100, 90 }, 4, 1e6, VERDICT_EVEN }, /* even whatever the flows */
		/* x = cv^2 flows, and p = 1e-6 is at 30.6648. */
		{ { 1, 2, 3, 4 }, 4, 153, VERDICT_FEW_FLOWS },
		{ { 1, 2, 3, 4 }, 4, 154, VERDICT_UNEXPLAINED },
		{ { 100, 0, 0, 0 }, 4, UNKNOWN, VERDICT_UNEXPLAINED },
		{ { 60, 40, 0, 0 }, 4, 1, VERDICT_UNEXPLAINED }, /* a flow was split */
		{ { 60, 40, 0, 0 }, 4, 2, VERDICT_FEW_FLOWS },
		{ { 0, 0, 0, 0 }, 4, 10, VERDICT_IDLE },
		{ { 7 }, 1, 10, VERDICT_SINGLE },
		{ { 0 }, 1, UNKNOWN, VERDICT_SINGLE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct distribution d = describe(rows[i].packets, rows[i].workers, rows[i].flows);

		if (d.verdict != rows[i].verdict)
			fail_msg("row %zu: %s instead of %s", i, verdict_names[d.verdict],
				 verdict_names[rows[i].verdict]);
	}
}

/* What the flows themselves say counts for more than what their number does. */
static void test_of_flows(void **state)
{
	static const uint64_t packets[] = { 1, 2, 3, 4 };
	struct flow_test tested = { .p_value = 1e-9 };
	struct distribution_input input = { .counts = packets,
					    .workers = 4,
					    .flows = 100,
					    .effective_flows = 100,
					    .tolerance = TOLERANCE,
					    .hashed = true,
					    .tested = &tested };
	struct distribution out;

	(void)state;
	distribution_describe(&out, &input);
	check("p_value", out.p_value, 1e-9);
	assert_int_equal(out.verdict, VERDICT_UNEXPLAINED);
	tested.p_value = UNKNOWN;
	distribution_describe(&out, &input);
	assert_int_equal(out.verdict, VERDICT_FEW_FLOWS);
}

/* What no hash assigned is described, and not tested. */
static void test_not_by_hash(void **state)
{
	static const uint64_t uneven[] = { 3, 1 }, even[] = { 50, 50 }, none[] = { 0, 0 };
	struct distribution d = describe_as(uneven, 2, 1, false);

	(void)state;
	check("cv", d.cv, 0.5);
	check("flows", d.flows, 1);
	assert_true(isnan(d.expected_cv) && isnan(d.p_value));
	assert_int_equal(d.verdict, VERDICT_UNEVEN);
	assert_int_equal(describe_as(even, 2, 1, false).verdict, VERDICT_EVEN);
	assert_int_equal(describe_as(none, 2, 1, false).verdict, VERDICT_IDLE);
	assert_int_equal(describe_as(uneven, 1, 1, false).verdict, VERDICT_SINGLE);
}

static void test_idle_is_undefined(void **state)
{
	static const uint64_t packets[] = { 0, 0 };
	struct distribution d = describe(packets, 2, 4);

	(void)state;
	assert_true(isnan(d.max_share) && isnan(d.min_share) && isnan(d.max_over_mean));
	assert_true(isnan(d.cv) && isnan(d.jain) && isnan(d.effective_workers));
	assert_true(isnan(d.p_value));
	check("expected_cv", d.expected_cv, 0.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_on_one),        cmocka_unit_test(test_equal),
		cmocka_unit_test(test_one_to_four),       cmocka_unit_test(test_expected_cv),
		cmocka_unit_test(test_flows_for),         cmocka_unit_test(test_p_value),
		cmocka_unit_test(test_p_value_of_counts), cmocka_unit_test(test_p_value_unknown),
		cmocka_unit_test(test_p_value_far_out),   cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_idle_is_undefined), cmocka_unit_test(test_not_by_hash),
		cmocka_unit_test(test_of_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
