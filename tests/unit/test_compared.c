/* link: analysis/compare/compared.c analysis/compare/family.c analysis/compare/label.c */
/* link: analysis/compare/compared_finding.c analysis/compare/compared_row.c */
/* link: analysis/history/keys.c analysis/history/numbers.c analysis/history/quantity.c */
/*
 * Groups of runs compared: known answers, what many keys do to them, and that neither the order of
 * the runs nor that of the keys changes anything.
 */
#include "tests/unit/stats_helpers.h"

#include <errno.h>

#include "analysis/compare/compared.h"
#include "analysis/compare/compared_row.h"
#include "analysis/compare/label.h"
#include "analysis/history/quantity.h"
#include "analysis/stats/median.h"

/* A run of GROUP that began at START, with values at keys "k0", "k1", ... */
static void add_run(struct compared *compared, const char *group, unsigned start,
		    const double *values, size_t keys)
{
	json_t *summary = json_object();
	char name[128];

	for (size_t i = 0; i < keys; i++) {
		snprintf(name, sizeof(name), "k%zu", i);
		if (!isnan(values[i]))
			json_object_set_new(summary, name, json_real(values[i]));
	}
	snprintf(name, sizeof(name), "%s/%u", group, start);
	assert_true(compared_add(compared, name, group, name, start * 1000000000ull, summary));
}

static struct compared with_keys(const char *keys)
{
	struct compared compared = { .runs = NULL };

	assert_true(keys_parse(&compared.keys, keys));
	return compared;
}

/* Rounds in turns: as published by Hollander and Wolfe, page 29; R's V = 40, p = 0.03906. */
static void test_paired(void **state)
{
	static const double before[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	static const double after[] = { 0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	struct compared compared = with_keys("k0");

	(void)state;
	for (unsigned i = 0; i < 9; i++) {
		/* Who is first in a round alternates. */
		add_run(&compared, "before", 10 * i + 1 + i % 2, &before[i], 1);
		add_run(&compared, "after", 10 * i + 2 - i % 2, &after[i], 1);
	}
	assert_int_equal(compared_make(&compared), 0);
	assert_true(compared.paired);
	assert_int_equal(compared.result_count, 1);
	check_near("p", compared.results[0].p_value, 0.0390625, 1e-12);
	check_near("median", compared.results[0].result.median_a, 1.68, 1e-12);
	check_near("difference", compared.results[0].result.difference.value, -0.49, 1e-9);
	/* The interval of the median difference reaches 0: one of two tests is not enough. */
	assert_true(compared.results[0].result.difference.interval.high >= -0.01);
	assert_int_equal(compared.results[0].outcome, COMPARE_NOT_SHOWN);
	compared_free(&compared);
}

/* One group after the other: page 69; R's W = 35, p = 0.2544. */
static void test_independent(void **state)
{
	static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
	static const double early[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
	struct compared compared = with_keys("k0");

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		add_run(&compared, "term", i + 1, &term[i], 1);
	for (unsigned i = 0; i < 5; i++)
		add_run(&compared, "early", i + 50, &early[i], 1);
	assert_int_equal(compared_make(&compared), 0);
	assert_false(compared.paired);
	check_near("p", compared.results[0].p_value, 0.2544122544122544, 1e-12);
	assert_int_equal(compared.results[0].outcome, COMPARE_NOT_SHOWN);
	compared_free(&compared);
}

/*
 * Eight rounds; k0 to k2 always higher (p = 2/256), k3 higher but once (4/256), k4 the same. Holm:
 * 4, 3, 2 times 2/256, never falling, then 4/256.
 */
static void test_family(void **state)
{
	struct compared compared = with_keys("k0,k1,k2,k3,k4");

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		const double a[] = { i + 1.0, i + 1.0, i + 1.0, i + 1.0, 5 };
		const double b[] = { i + 2.0 + i * 0.01, i + 3.0, i + 4.0,
				     i == 0 ? 0.99 : i + 2.0 + i * 0.01, 5 };

		add_run(&compared, "a", 10 * i + 1, a, 5);
		add_run(&compared, "b", 10 * i + 2, b, 5);
	}
	assert_int_equal(compared_make(&compared), 0);
	assert_int_equal(compared_family(&compared, 1), 4);
	for (size_t i = 0; i < 3; i++)
		check_near("p", compared.results[i].p_value, 8.0 / 256, 1e-12);
	check_near("own p", compared.results[3].result.test.p_value, 4.0 / 256, 1e-12);
	check_near("p", compared.results[3].p_value, 8.0 / 256, 1e-12);
	assert_true(isnan(compared.results[4].p_value));
	assert_true(compared.results[4].constant);
	assert_int_equal(compared.results[0].outcome, COMPARE_HIGHER);
	assert_int_equal(compared.results[4].outcome, COMPARE_NOT_SHOWN);
	compared_free(&compared);
}

/* What one key shows at 5 % does not do among ten: 6 rounds, p = 2/64. */
/* What tells groups apart may stand at the end of a long name. */
static void test_long_names(void **state)
{
	static const char *const names[] = {
		"a-name-of-some-branch-that-is-longer-than-any-column-of-any-table-could-be-1",
		"a-name-of-some-branch-that-is-longer-than-any-column-of-any-table-could-be-2",
	};
	struct compared compared = with_keys("k0");

	(void)state;
	for (size_t i = 0; i < 4; i++)
		add_run(&compared, names[i % 2], i, (const double[]){ (double)i }, 1);
	assert_int_equal(compared_make(&compared), 0);
	assert_int_equal(compared.group_count, 2);
	assert_string_equal(compared.groups[1].label, names[1]);
	compared_free(&compared);
}

static void test_many_keys(void **state)
{
	static const char *const keys[] = { "k0", "k0,k1,k2,k3,k4,k5,k6,k7,k8,k9" };

	(void)state;
	for (size_t many = 0; many < 2; many++) {
		struct compared compared = with_keys(keys[many]);

		for (unsigned i = 0; i < 6; i++) {
			double a[10], b[10];

			for (size_t k = 0; k < 10; k++) {
				a[k] = 1 + i;
				b[k] = k == 0 ? 3 + i : 1 + i + (i % 2 ? 1 : -0.5);
			}
			add_run(&compared, "a", 10 * i + 1, a, 10);
			add_run(&compared, "b", 10 * i + 2, b, 10);
		}
		assert_int_equal(compared_make(&compared), 0);
		assert_int_equal(compared.results[0].outcome,
				 many ? COMPARE_TOO_FEW : COMPARE_HIGHER);
		compared_free(&compared);
	}
	assert_int_equal(compared_repeats_needed(1, true), 6);
	assert_int_equal(compared_repeats_needed(10, true), 9);
	assert_int_equal(compared_repeats_needed(1, false), 4);
	assert_int_equal(compared_repeats_needed(10, false), 6);
}

/* That equal groups are called different in any of 8 keys in at most 5 % of comparisons. */
static void test_false_alarms(void **state)
{
	struct rng rng;
	unsigned alarms = 0;

	(void)state;
	rng_seed(&rng, 7, 0);
	for (unsigned trial = 0; trial < 300; trial++) {
		struct compared compared = with_keys("k0,k1,k2,k3,k4,k5,k6,k7");
		bool alarm = false;

		for (unsigned i = 0; i < 20; i++) {
			double values[8];

			for (size_t k = 0; k < 8; k++)
				values[k] = exp(normal(&rng));
			add_run(&compared, i % 2 ? "b" : "a", i + 1, values, 8);
		}
		assert_int_equal(compared_make(&compared), 0);
		for (size_t k = 0; k < 8; k++)
			alarm |= compared.results[k].outcome != COMPARE_NOT_SHOWN;
		alarms += alarm;
		compared_free(&compared);
	}
	/* Of 300 at 5 %: 15 and 4.3 standard deviations. */
	if (alarms > 31)
		fail_msg("%u false alarms of 300", alarms);
}

static void check_same(const struct compared_key *x, const struct compared_key *y)
{
	assert_string_equal(x->key->path, y->key->path);
	assert_true(x->p_value == y->p_value || (isnan(x->p_value) && isnan(y->p_value)));
	assert_true(x->result.median_b == y->result.median_b);
	assert_true(x->result.difference.interval.low == y->result.difference.interval.low);
	assert_true(x->result.difference.interval.high == y->result.difference.interval.high);
	assert_int_equal(x->outcome, y->outcome);
}

/* Runs in any order, that of the groups' first ones kept: not one digit differs. */
static void test_permutation(void **state)
{
	enum { RUNS = 24 };
	double values[RUNS][3];
	struct compared first = { .runs = NULL };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < RUNS; i++)
		for (size_t k = 0; k < 3; k++)
			values[i][k] = normal(&rng) + (i % 2 ? 0.8 * (double)k : 0);
	for (unsigned trial = 0; trial < 20; trial++) {
		struct compared compared = with_keys("k0,k1,k2");
		unsigned order[RUNS];

		for (unsigned i = 0; i < RUNS; i++)
			order[i] = i;
		for (unsigned i = RUNS - 1; trial && i > 1; i--) {
			unsigned other = 1 + (unsigned)rng_below(&rng, i);
			unsigned swap = order[i];

			order[i] = order[other];
			order[other] = swap;
		}
		for (unsigned i = 0; i < RUNS; i++)
			add_run(&compared, order[i] % 2 ? "b" : "a", order[i] + 1, values[order[i]],
				3);
		assert_int_equal(compared_make(&compared), 0);
		assert_true(compared.paired);
		if (trial == 0) {
			first = compared;
			continue;
		}
		for (size_t k = 0; k < 3; k++)
			check_same(&compared.results[k], &first.results[k]);
		compared_free(&compared);
	}
	compared_free(&first);
}

/* A round in which one is unknown is no pair; a key that nobody has shows nothing. */
static void test_unknown_values(void **state)
{
	struct compared compared = with_keys("k0,k1");

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		const double a[] = { i == 2 ? NAN : 1 + i, NAN };
		const double b[] = { i == 5 ? NAN : 3 + i, NAN };

		add_run(&compared, "a", 10 * i + 1, a, 2);
		add_run(&compared, "b", 10 * i + 2, b, 2);
	}
	assert_int_equal(compared_make(&compared), 0);
	assert_int_equal(compared.results[0].count_a, 6);
	check_near("difference", compared.results[0].result.difference.value, 2, 0);
	assert_int_equal(compared.results[1].count_a, 0);
	assert_int_equal(compared.results[1].outcome, COMPARE_NOT_SHOWN);
	compared_free(&compared);
}

static void test_refusals(void **state)
{
	static const double value = 1;
	struct compared compared = with_keys("k0");

	(void)state;
	assert_int_equal(compared_make(&compared), -EINVAL);
	compared_free(&compared);
	compared = with_keys("k0");
	add_run(&compared, "a", 1, &value, 1);
	add_run(&compared, "a", 2, &value, 1);
	assert_int_equal(compared_make(&compared), -EINVAL);
	compared_free(&compared);
	compared = with_keys("k0");
	add_run(&compared, "a", 1, &value, 1);
	add_run(&compared, "b", 2, &value, 1);
	add_run(&compared, "a", 1, &value, 1);
	assert_int_equal(compared_make(&compared), -EEXIST);
	compared_free(&compared);
}

static void test_labels(void **state)
{
	static const struct {
		const char *directory, *label;
	} rows[] = {
		{ "runs/20260131T235959Z-4711-skewed", "skewed" },
		{ "runs/20260131T235959Z-4711-skewed/", "skewed" },
		{ "before-1", "before" },
		{ "before_12", "before" },
		{ "x/after3", "after" },
		{ "after", "after" },
		{ "./before/3", "before" },
		{ "3", "3" },
		{ "../3", "3" },
		{ "/3", "3" },
		{ ".", "." },
		{ "a//b-2//", "b" },
	};
	char got[COMPARED_LABEL];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		label_of(got, sizeof(got), rows[i].directory);
		if (strcmp(got, rows[i].label) != 0)
			fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].directory, got,
				 rows[i].label);
	}
}

/* Conover, table A3: the ranks for 95 % of n values. */
static void test_median_interval(void **state)
{
	static const struct {
		size_t n, low;
	} rows[] = { { 6, 1 },  { 8, 1 },  { 9, 2 },  { 10, 2 },
		     { 12, 3 }, { 15, 4 }, { 20, 6 }, { 25, 8 } };
	double values[25];

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++)
		values[i] = (double)i + 1;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bounds got = median_interval(values, rows[i].n);

		check_near("low", got.low, (double)rows[i].low, 0);
		check_near("high", got.high, (double)(rows[i].n + 1 - rows[i].low), 0);
	}
	for (size_t n = 0; n < 6; n++)
		assert_true(isnan(median_interval(values, n).low));
}

/* ROUNDS in turns; B is higher by BY in the first DIFFER of them, and by more in each. */
static void add_rounds(struct compared *compared, unsigned rounds, unsigned differ, double by)
{
	for (unsigned i = 0; i < rounds; i++) {
		double a = 100 + 3 * (i % 4), b = a + (i < differ ? by * (1 + i) : 0);

		add_run(compared, "a", 10 + 20 * i, &a, 1);
		add_run(compared, "b", 20 + 20 * i, &b, 1);
	}
	assert_int_equal(compared_make(compared), 0);
}

/* In words, and in the cells of a table. */
static void check_words(unsigned rounds, unsigned differ, double by, enum compare_meaning meaning,
			const char *verdict, const char *finding, const char *word)
{
	struct compared compared = with_keys("k0");
	char text[COMPARED_FINDING];
	struct compared_row row;

	add_rounds(&compared, rounds, differ, by);
	compared.keys.list[0].meaning = meaning;
	assert_string_equal(compared_verdict(&compared, 1), verdict);
	compared_finding(text, &compared, 1);
	if (strncmp(text, finding, strlen(finding)) != 0)
		fail_msg("\"%s\" does not begin with \"%s\"", text, finding);
	assert_true(compared_row(&row, &compared.results[0]));
	assert_string_equal(row.word, word);
	compared_free(&compared);
}

static void test_words(void **state)
{
	(void)state;
	check_words(10, 10, 1, COMPARE_MORE_IS_FASTER, "faster",
		    "B is faster: k0 is higher by x1.0", "faster");
	check_words(10, 10, 1, COMPARE_MORE_IS_SLOWER, "slower",
		    "B is slower: k0 is higher by x1.0", "slower");
	check_words(10, 10, -1, COMPARE_MORE_IS_MORE, "different", "k0 is lower by x0.9", "lower");
	check_words(10, 0, 1, COMPARE_MORE_IS_FASTER, "no difference shown",
		    "no difference between A and B is shown", "same");
	check_words(3, 3, 1, COMPARE_MORE_IS_FASTER, "too few repeats",
		    "too few repeats to show any difference: with 1 key it takes 6 of each",
		    "too few");
}

/* Enough rounds for one key; that another had too few values says nothing about the repeats. */
static void test_too_few_of_one(void **state)
{
	struct compared compared = with_keys("k0,k1");
	char text[COMPARED_FINDING];

	(void)state;
	for (unsigned i = 0; i < 12; i++) {
		double a[] = { 100 + i, 5 },
		       b[] = { 100 + i + (i % 2 ? 3.0 : -4) * (i + 1), i ? 5 : 6 };

		add_run(&compared, "a", 10 + 20 * i, a, 2);
		add_run(&compared, "b", 20 + 20 * i, b, 2);
	}
	assert_int_equal(compared_make(&compared), 0);
	assert_int_equal(compared.results[0].outcome, COMPARE_NOT_SHOWN);
	compared.results[1].outcome = COMPARE_TOO_FEW;
	assert_string_equal(compared_verdict(&compared, 1), "no difference shown");
	assert_string_equal(compared_finding(text, &compared, 1),
			    "no difference between A and B is shown");
	compared_free(&compared);
}

static void test_quantities(void **state)
{
	static const struct {
		double value;
		const char *unit, *text;
	} rows[] = {
		{ 1000, NULL, "1,000" },
		{ -1000, NULL, "-1,000" },
		{ 0.25, NULL, "0.25" },
		{ 1500, "ns", "1.50 us" },
	};
	char text[TEXT_CELL];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(quantity_text(text, rows[i].value, rows[i].unit), rows[i].text);
}

/* What no run knows is no row; what one side knows says so. */
static void test_rows(void **state)
{
	static const double a[] = { NAN, 1, 0 }, b[] = { NAN, NAN, 2 };
	struct compared compared = with_keys("k0,k1,k2");
	struct compared_row row;

	(void)state;
	add_run(&compared, "a", 10, a, 3);
	add_run(&compared, "a", 15, a, 3);
	add_run(&compared, "b", 20, b, 3);
	assert_int_equal(compared_make(&compared), 0);
	assert_false(compared_row(&row, &compared.results[0]));
	assert_true(compared_row(&row, &compared.results[1]));
	assert_string_equal(row.word, "only A");
	assert_string_equal(row.a, "");
	assert_true(compared_row(&row, &compared.results[2]));
	/* Of 0 there is no ratio, of one value no interval. */
	assert_string_equal(row.change, "+2");
	assert_string_equal(row.interval, "");
	compared_free(&compared);
}

/* In rounds as well, where such a key makes no pair. */
static void test_rows_of_rounds(void **state)
{
	static const double a[] = { 1, 2 }, b[] = { NAN, 2 };
	struct compared compared = with_keys("k0,k1");
	struct compared_row row;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		add_run(&compared, "a", 10 * i + 1, a, 2);
		add_run(&compared, "b", 10 * i + 2, b, 2);
	}
	assert_int_equal(compared_make(&compared), 0);
	assert_true(compared.paired);
	assert_true(compared_row(&row, &compared.results[0]));
	assert_string_equal(row.word, "only A");
	assert_int_equal(compared.results[1].count_a, 3);
	compared_free(&compared);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paired),          cmocka_unit_test(test_independent),
		cmocka_unit_test(test_family),          cmocka_unit_test(test_many_keys),
		cmocka_unit_test(test_long_names),      cmocka_unit_test(test_false_alarms),
		cmocka_unit_test(test_permutation),     cmocka_unit_test(test_unknown_values),
		cmocka_unit_test(test_refusals),        cmocka_unit_test(test_labels),
		cmocka_unit_test(test_median_interval), cmocka_unit_test(test_words),
		cmocka_unit_test(test_too_few_of_one),  cmocka_unit_test(test_rows),
		cmocka_unit_test(test_rows_of_rounds),  cmocka_unit_test(test_quantities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
