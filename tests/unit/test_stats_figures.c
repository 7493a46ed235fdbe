/*
 * The figures of unevenness against answers worked out by hand, what has to hold for all of them,
 * and whether their intervals cover the truth as often as they promise.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/stats/certainty.h"
#include "analysis/stats/figures.h"
#include "analysis/stats/flows.h"
#include "analysis/stats/quantile.h"
#include "common/imbalance.h"

static void test_known(void **state)
{
	static const struct {
		double amounts[4];
		size_t workers;
		double want[FIGURES]; /* in the order of enum figure */
	} rows[] = {
		{ { 5, 5, 5, 5 }, 4, { 0.25, 0.25, 1, 0, 1, 4, 0, 1 } },
		{ { 0, 7, 0, 0 }, 4, { 1, 0, 4, 1.7320508075688772, 0.25, 1, 0.75, 0 } },
		/* Entropy of a quarter: 0.8112781244591328 bits, as in any table of it. */
		{ { 3, 1 }, 2, { 0.75, 0.25, 1.5, 0.5, 0.8, 1.6, 0.25, 0.8112781244591328 } },
		/* Cumulated 1, 3, 6, 10: the area above the Lorenz curve is 1/8. */
		{ { 4, 1, 3, 2 },
		  4,
		  { 0.4, 0.1, 1.6, 0.4472135954999579, 0.8333333333333334, 3.3333333333333335, 0.25,
		    0.9232196723355078 } },
		{ { 9 }, 1, { 1, 1, 1, 0, 1, 1, 0, 1 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct figures got;

		assert_int_equal(figures_of(&got, rows[i].amounts, rows[i].workers), 0);
		for (size_t k = 0; k < FIGURES; k++)
			if (fabs(got.of[k] - rows[i].want[k]) > 1e-14)
				fail_msg("row %zu: %s is %.17g", i, figure_names[k], got.of[k]);
	}
}

static void test_nothing(void **state)
{
	static const double none[] = { 0, 0 };
	struct figures got;

	(void)state;
	for (size_t workers = 0; workers <= 2; workers++) {
		assert_int_equal(figures_of(&got, none, workers), 0);
		for (size_t i = 0; i < FIGURES; i++)
			assert_true(isnan(got.of[i]));
	}
}

/* Of random counts: order and scale do not matter, and the bounds hold. */
static void test_properties(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7, 0);
	for (int round = 0; round < 200; round++) {
		size_t workers = 2 + rng_below(&rng, 30), swap = rng_below(&rng, workers);
		double amounts[32], other[32];
		struct figures one, two;

		for (size_t i = 0; i < workers; i++)
			amounts[i] = (double)rng_below(&rng, 1000) + (i == 0);
		for (size_t i = 0; i < workers; i++)
			other[i] = 3 * amounts[(i * (workers - 1) + swap) % workers];
		assert_int_equal(figures_of(&one, amounts, workers), 0);
		assert_int_equal(figures_of(&two, other, workers), 0);
		for (size_t i = 0; i < FIGURES; i++)
			check_within(figure_names[i], two.of[i], one.of[i] - 1e-12,
				     one.of[i] + 1e-12);
		check_within("jain", one.of[FIGURE_JAIN], 1 / (double)workers, 1);
		check_within("entropy", one.of[FIGURE_ENTROPY], 0, 1);
		check_within("gini", one.of[FIGURE_GINI], 0, 1 - 1 / (double)workers);
		/* Two workers made one are never less than the busier of them. */
		amounts[workers - 2] += amounts[workers - 1];
		assert_int_equal(figures_of(&two, amounts, workers - 1), 0);
		assert_true(two.of[FIGURE_MAX_SHARE] >= one.of[FIGURE_MAX_SHARE]);
	}
}

/* The same words mean the same in the programs that have no GSL. */
static void test_as_imbalance(void **state)
{
	static const uint64_t counts[] = { 12, 999999999999, 0, 5, 123456 };
	static const double amounts[] = { 12, 999999999999, 0, 5, 123456 };
	struct imbalance simple = imbalance_of(counts, COUNT(counts));
	struct figures got;

	(void)state;
	assert_int_equal(figures_of(&got, amounts, COUNT(amounts)), 0);
	check_near("max_over_mean", got.of[FIGURE_MAX_OVER_MEAN], simple.max_over_mean, 1e-14);
	check_near("cv", got.of[FIGURE_CV], simple.cv, 1e-14);
	check_near("jain", got.of[FIGURE_JAIN], simple.jain, 1e-14);
}

static void test_quantiles(void **state)
{
	/* As NumPy and R (type 7) have them. */
	double values[] = { 15, 20, 35, 40, 50 }, four[] = { 4, 1, 3, 2 };
	struct bounds bounds;

	(void)state;
	check_near("0.4", quantile_of(values, 5, 0.4), 29, 1e-15);
	check_near("0.25", quantile_of(values, 5, 0.25), 20, 1e-15);
	check_near("1", quantile_of(values, 5, 1), 50, 1e-15);
	check_near("0", quantile_of(values, 5, 0), 15, 1e-15);
	check_near("median", quantile_median(four, 4), 2.5, 1e-15);
	check_near("0.25", quantile_of(four, 4, 0.25), 1.75, 1e-15);
	bounds = quantile_interval(values, 5);
	check_near("low", bounds.low, 15.5, 1e-12);
	check_near("high", bounds.high, 49, 1e-12);
	assert_true(isnan(quantile_of(values, 0, 0.5)));
}

static void test_merge(void **state)
{
	struct flow_seen seen[] = {
		{ 77, 2, 1 }, { 5, 1, 3 }, { 77, 3, 0 }, { 9, 4, 2 },
		{ 77, 2, 1 }, { 8, 0, 1 }, { 9, 1, 2 },
	};
	struct flow_seen halves[] = { { 6, 1, 2 }, { 6, 1, 1 } };
	struct hashed_flow flows[COUNT(seen)];
	struct flows_merged merged = flows_merge(flows, seen, COUNT(seen));

	(void)state;
	assert_int_equal(merged.flows, 3);
	assert_int_equal(merged.split, 1);
	check_near("weight", merged.weight, 13, 0);
	check_near("split_weight", merged.split_weight, 7, 0);
	assert_int_equal(flows[0].member, 3);
	assert_int_equal(flows[1].member, 2);
	check_near("5", flows[0].weight, 1, 0);
	check_near("9", flows[1].weight, 5, 0);
	check_near("77", flows[2].weight, 7, 0);
	/* 4 at member 1 in two pieces, 3 at member 0. */
	assert_int_equal(flows[2].member, 1);
	assert_int_equal(flows_merge(flows, NULL, 0).flows, 0);
	assert_int_equal(flows_merge(flows, halves, 2).split, 1);
	assert_int_equal(flows[0].member, 1);
}

static void test_weigh(void **state)
{
	static const struct hashed_flow flows[] = { { 1, 0 }, { 6, 1 }, { 2, 1 }, { 1, 2 } };
	struct flows_weight weight = flows_weigh(flows, 4, 2, 0.1);

	(void)state;
	check_near("total", weight.total, 10, 0);
	check_near("effective", weight.effective, 100.0 / 42, 1e-15);
	assert_int_equal(weight.heaviest, 1);
	check_near("heaviest_share", weight.heaviest_share, 0.6, 1e-15);
	/* 0.6 is beyond (1 + 0.1) / 2, and not beyond (1 + 0.2) / 2. */
	assert_int_equal(weight.heavy, 1);
	check_near("heavy_share", weight.heavy_share, 0.6, 1e-15);
	assert_int_equal(flows_weigh(flows, 4, 2, 0.2).heavy, 0);
	assert_int_equal(flows_weigh(flows, 4, 8, 0.1).heavy, 2);
	assert_true(isnan(flows_weigh(flows, 0, 2, 0.1).effective));
}

/* FLOWS of weight 1, or of very different ones, to members with these probabilities. */
static void assign(struct hashed_flow *flows, size_t count, const double *shares, bool weighted,
		   struct rng *rng)
{
	for (size_t i = 0; i < count; i++) {
		double place = rng_unit(rng);
		uint32_t member = 0;

		while (place >= shares[member] && shares[member + 1] > 0)
			place -= shares[member++];
		flows[i] = (struct hashed_flow){ weighted ? exp(normal(rng)) : 1, member };
	}
}

/* Such a share of the intervals holds the truth, and so many leave out "even". */
struct promise {
	double least[FIGURES];
	double uneven_shown;
};

/* 95 % less three standard deviations of 80 trials; of a hot member, about as much is promised. */
static const struct promise even = { { 0.87, 0.87, 0.87, 0.87, 0.87, 0.87, 0.87, 0.87 }, 0 };
static const struct promise hot = { { 0.80, 0.80, 0.80, 0.80, 0.80, 0.80, 0.75, 0.80 }, 0.9 };

/* 0 ends the shares; none: even. */
static const struct coverage {
	size_t workers, flows;
	double shares[9];
	bool weighted;
	const struct promise *promise;
} coverages[] = {
	{ 4, 1, { 0 }, false, &even },
	{ 8, 3, { 0 }, false, &even },
	{ 2, 8, { 0 }, false, &even },
	{ 4, 16, { 0 }, true, &even },
	{ 16, 20, { 0 }, true, &even },
	{ 64, 100, { 0 }, true, &even },
	{ 4, 1024, { 0 }, false, &even },
	{ 8, 200, { 0 }, true, &even },
	{ 4, 1024, { .3, .25, .25, .2 }, false, &hot },
	{ 4, 1100, { .55, .25, .15, .05 }, true, &hot },
	{ 8, 256, { .3, .1, .1, .1, .1, .1, .1, .1 }, false, &hot },
};

static void cover(const struct coverage *row, struct rng *rng)
{
	size_t held[FIGURES] = { 0 }, shown = 0, trials = 80;
	struct hashed_flow flows[1100];
	double shares[65] = { 0 };
	struct figures truth;

	for (size_t i = 0; i < row->workers; i++)
		shares[i] = row->promise == &even ? 1 / (double)row->workers : row->shares[i];
	assert_int_equal(figures_of(&truth, shares, row->workers), 0);
	for (size_t trial = 0; trial < trials; trial++) {
		struct resampling how = { 200, trial };
		struct certainty got;

		assign(flows, row->flows, shares, row->weighted, rng);
		assert_int_equal(certainty_of_flows(&got, flows, row->flows, row->workers, &how),
				 0);
		for (size_t k = 0; k < FIGURES; k++)
			held[k] += got.of[k].low <= truth.of[k] + 1e-9 &&
				   got.of[k].high >= truth.of[k] - 1e-9;
		shown += got.of[FIGURE_CV].low > 1e-9;
	}
	for (size_t k = 0; k < FIGURES; k++)
		if ((double)held[k] < row->promise->least[k] * (double)trials)
			fail_msg("%zu workers, %zu flows: %s is covered %zu times of %zu",
				 row->workers, row->flows, figure_names[k], held[k], trials);
	if (row->promise->uneven_shown > 0)
		assert_true((double)shown >= row->promise->uneven_shown * (double)trials);
	else
		assert_true((double)shown <= 0.1 * (double)trials);
}

/* How often intervals of assignments at random hold the truth. */
static void test_coverage(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11, 0);
	for (size_t i = 0; i < COUNT(coverages); i++)
		cover(&coverages[i], &rng);
}

/* Ends that are apart by such a part of the interval's length are the same. */
static void check_same(const struct certainty *one, const struct certainty *other, double part)
{
	for (size_t i = 0; i < FIGURES; i++) {
		double room = part * (one->of[i].high - one->of[i].low) + 1e-12;

		check_within(figure_names[i], other->of[i].low, one->of[i].low - room,
			     one->of[i].low + room);
		check_within(figure_names[i], other->of[i].high, one->of[i].high - room,
			     one->of[i].high + room);
	}
}

/* One by one and together, as a normal amount, is nearly the same, as soon as it is done. */
static void test_together(void **state)
{
	static const double shares[] = { 0.4, 0.3, 0.2, 0.1, 0 };
	struct hashed_flow flows[1000];
	struct certainty one, together;
	struct resampling how = { 4000, 3 };
	double amounts[4];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5, 0);
	assign(flows, 119, shares, false, &rng);
	flows_sum(amounts, 4, flows, 119);
	/* 4 times 30 is where it changes. */
	assert_int_equal(certainty_of_amounts(&one, amounts, 4, 119, &how), 0);
	assert_int_equal(certainty_of_amounts(&together, amounts, 4, 120, &how), 0);
	check_same(&one, &together, 0.2);
	/* As seen, and as told by their number. */
	assign(flows, 1000, shares, false, &rng);
	flows_sum(amounts, 4, flows, 1000);
	assert_int_equal(certainty_of_flows(&one, flows, 1000, 4, &how), 0);
	assert_int_equal(certainty_of_amounts(&together, amounts, 4, 1000, &how), 0);
	check_same(&one, &together, 0.05);
	assert_true(one.of[FIGURE_CV].high - one.of[FIGURE_CV].low > 0.1);
}

/*
 * 2 workers, 10 flows, 8 at one: the interval of Clopper and Pearson for a share of 8 of 10 is
 * 0.4439 to 0.9748 (scipy.stats.binomtest), and less than a half is more than a half at the other.
 */
static void test_binomial(void **state)
{
	static const double amounts[] = { 8, 2 };
	struct certainty got;

	(void)state;
	assert_int_equal(certainty_of_amounts(&got, amounts, 2, 10, &RESAMPLING_DEFAULT), 0);
	check_near("low", got.of[FIGURE_MAX_SHARE].low, 0.5, 1e-12);
	check_near("high", got.of[FIGURE_MAX_SHARE].high, 0.9748, 0.01);
	/* 600 of 1,000, which is normal: 0.5689 to 0.6305. */
	assert_int_equal(certainty_of_amounts(&got, (const double[]){ 60, 40 }, 2, 1000,
					      &RESAMPLING_DEFAULT),
			 0);
	check_near("low", got.of[FIGURE_MAX_SHARE].low, 0.5689, 0.005);
	check_near("high", got.of[FIGURE_MAX_SHARE].high, 0.6305, 0.005);
}

/* One flow shows nothing: it had to be somewhere. */
static void test_one_flow(void **state)
{
	static const double amounts[] = { 0, 700, 0, 0 };
	struct certainty got;

	(void)state;
	assert_int_equal(certainty_of_amounts(&got, amounts, 4, 1, &RESAMPLING_DEFAULT), 0);
	check_near("low", got.of[FIGURE_MAX_SHARE].low, 0.25, 1e-12);
	check_near("high", got.of[FIGURE_MAX_SHARE].high, 1, 1e-12);
	check_near("low", got.of[FIGURE_CV].low, 0, 1e-12);
	check_near("high", got.of[FIGURE_CV].high, sqrt(3), 1e-12);
}

/* 3,000 flows, most of them together: the unit they are measured in does not matter. */
static void test_scale(void **state)
{
	static const double shares[] = { 0.4, 0.3, 0.2, 0.1, 0 };
	static struct hashed_flow flows[3000];
	struct certainty one, scaled;
	struct resampling how = { 1000, 3 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 6, 0);
	assign(flows, COUNT(flows), shares, false, &rng);
	assert_int_equal(certainty_of_flows(&one, flows, COUNT(flows), 4, &how), 0);
	for (size_t i = 0; i < COUNT(flows); i++)
		flows[i].weight *= 1024;
	assert_int_equal(certainty_of_flows(&scaled, flows, COUNT(flows), 4, &how), 0);
	check_same(&one, &scaled, 0.001);
}

/* Which worker got what changes nothing. */
static void test_order_of_workers(void **state)
{
	const struct resampling how = { 200, 3 };
	const double shares[] = { 0.4, 0.3, 0.2, 0.1 };
	struct hashed_flow flows[200];
	struct certainty one, other;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 9, 0);
	assign(flows, COUNT(flows), shares, true, &rng);
	assert_int_equal(certainty_of_flows(&one, flows, COUNT(flows), 4, &how), 0);
	for (size_t i = 0; i < COUNT(flows); i++)
		flows[i].member = (flows[i].member + 3) % 4;
	assert_int_equal(certainty_of_flows(&other, flows, COUNT(flows), 4, &how), 0);
	check_same(&one, &other, 1e-12);
}

/* The same seed, the same result; and the estimate is within, with any seed. */
static void test_certainty_basics(void **state)
{
	static const double amounts[] = { 40, 30, 20, 0 }, same[] = { 5, 5, 5, 5 };
	struct certainty one, two;
	struct figures figures;

	(void)state;
	assert_int_equal(figures_of(&figures, amounts, 4), 0);
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct resampling how = { 300, seed };

		assert_int_equal(certainty_of_amounts(&one, amounts, 4, 9, &how), 0);
		assert_int_equal(certainty_of_amounts(&two, amounts, 4, 9, &how), 0);
		assert_memory_equal(&one, &two, sizeof(one));
		for (size_t i = 0; i < FIGURES; i++)
			check_within(figure_names[i], figures.of[i], one.of[i].low, one.of[i].high);
	}
	assert_int_equal(certainty_of_amounts(&one, same, 4, 20, &RESAMPLING_DEFAULT), 0);
	check_near("even", one.of[FIGURE_MAX_SHARE].low, 0.25, 1e-12);
	/* Nothing is known. */
	assert_int_equal(certainty_of_amounts(&one, amounts, 4, NAN, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(one.of[FIGURE_CV].low) && isnan(one.of[FIGURE_CV].high));
	assert_int_equal(certainty_of_amounts(&one, amounts, 1, 9, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(one.of[FIGURE_CV].low));
	assert_int_equal(certainty_of_flows(&one, NULL, 0, 4, &RESAMPLING_DEFAULT), 0);
	assert_true(isnan(one.of[FIGURE_CV].low));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_as_imbalance),
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_weigh),
		cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_together),
		cmocka_unit_test(test_binomial),
		cmocka_unit_test(test_one_flow),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_order_of_workers),
		cmocka_unit_test(test_certainty_basics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
