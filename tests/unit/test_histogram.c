/* The histogram's promise: quantiles within 1/32, over all of 64 bits, also when merged. */
#include "tests/unit/helpers.h"

#include "common/histogram.h"
#include "common/rng.h"

static struct histogram one, two, both;

static int clear(void **state)
{
	(void)state;
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	memset(&both, 0, sizeof(both));
	return 0;
}

/* EDGE stands for VALUE: not below it, and above by no more than 1/32 of it. */
static void assert_stands_for(uint64_t edge, uint64_t value)
{
	if (edge < value || edge - value > value / HISTOGRAM_STEPS)
		fail_msg("%ju stands for %ju", (uintmax_t)edge, (uintmax_t)value);
}

/* What the histogram makes of VALUE when a larger value hides nothing of its bucket. */
static uint64_t edge_of(uint64_t value)
{
	uint64_t edge;

	histogram_add(&one, value);
	histogram_add(&one, UINT64_MAX);
	edge = histogram_quantile(&one, 0.5);
	clear(NULL);
	return edge;
}

static void test_error_bound(void **state)
{
	struct rng rng;

	(void)state;
	for (uint64_t value = 0; value < 5000; value++)
		assert_stands_for(edge_of(value), value);
	for (unsigned int bit = 0; bit < 64; bit++)
		for (int off = -1; off <= 1; off++)
			assert_stands_for(edge_of((1ull << bit) + (uint64_t)off),
					  (1ull << bit) + (uint64_t)off);
	rng_seed(&rng, 1, 0);
	for (int i = 0; i < 5000; i++) {
		uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);

		assert_stands_for(edge_of(value), value);
	}
}

static void test_small_are_exact(void **state)
{
	(void)state;
	for (uint64_t value = 0; value < 2 * HISTOGRAM_STEPS; value++)
		assert_int_equal(edge_of(value), value);
}

static void test_extremes(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&one, 0.5), 0);
	histogram_add(&one, 0);
	for (int tenth = 0; tenth <= 10; tenth++)
		assert_int_equal(histogram_quantile(&one, tenth / 10.0), 0);
	histogram_add(&one, UINT64_MAX);
	assert_int_equal(one.count, 2);
	assert_int_equal(one.max, UINT64_MAX);
	assert_int_equal(histogram_quantile(&one, 0), 0);
	assert_int_equal(histogram_quantile(&one, 0.5), 0);
	assert_int_equal(histogram_quantile(&one, 0.51), UINT64_MAX);
	assert_int_equal(histogram_quantile(&one, 1), UINT64_MAX);
	clear(NULL);
	/* Never above the maximum, though the bucket goes on. */
	histogram_add(&one, 1000);
	assert_int_equal(histogram_quantile(&one, 0.5), 1000);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values, of which RANK (from 1) is the quantile. */
static void test_quantiles(void **state)
{
	static const struct {
		double q;
		size_t rank;
	} cases[] = { { 0, 1 },       { 0.0005, 1 },    { 0.001, 1 }, { 0.0015, 2 },
		      { 0.25, 250 },  { 0.5, 500 },     { 0.9, 900 }, { 0.99, 990 },
		      { 0.999, 999 }, { 0.9995, 1000 }, { 1, 1000 } };
	uint64_t values[1000];
	struct rng rng;

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		clear(NULL);
		rng_seed(&rng, seed, 0);
		for (size_t i = 0; i < COUNT(values); i++) {
			values[i] = rng_next(&rng) >> rng_below(&rng, 50);
			histogram_add(&one, values[i]);
		}
		qsort(values, COUNT(values), sizeof(values[0]), compare);
		for (size_t i = 0; i < COUNT(cases); i++)
			assert_stands_for(histogram_quantile(&one, cases[i].q),
					  values[cases[i].rank - 1]);
		assert_int_equal(one.max, values[COUNT(values) - 1]);
		assert_int_equal(histogram_quantile(&one, 1), one.max);
	}
}

static void test_merge(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 5, 0);
	histogram_add(&two, UINT64_MAX);
	histogram_add(&both, UINT64_MAX);
	for (int i = 0; i < 3000; i++) {
		uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);

		histogram_add(i % 3 ? &one : &two, value);
		histogram_add(&both, value);
	}
	histogram_merge(&one, &two);
	assert_memory_equal(&one, &both, sizeof(one));
	/* Into an empty one, and an empty one into it. */
	memset(&two, 0, sizeof(two));
	histogram_merge(&one, &two);
	assert_memory_equal(&one, &both, sizeof(one));
	histogram_merge(&two, &both);
	assert_memory_equal(&two, &both, sizeof(two));
}

static void test_record(void **state)
{
	struct memory_record record;
	struct ndjson *out = memory_record_begin(&record);
	json_t *json;

	(void)state;
	histogram_record(&one, out, "none");
	for (uint64_t value = 1; value <= 60; value++)
		histogram_add(&one, value);
	histogram_record(&one, out, "sixty");
	json = memory_record_end(&record);
	assert_json(json_object_get(json, "none"),
		    "{\"count\":0,\"p50\":0,\"p90\":0,\"p99\":0,\"p999\":0,\"max\":0}");
	assert_json(json_object_get(json, "sixty"),
		    "{\"count\":60,\"p50\":30,\"p90\":54,\"p99\":60,\"p999\":60,\"max\":60}");
	json_decref(json);
	free(record.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_error_bound, clear),
		cmocka_unit_test_setup(test_small_are_exact, clear),
		cmocka_unit_test_setup(test_extremes, clear),
		cmocka_unit_test_setup(test_quantiles, clear),
		cmocka_unit_test_setup(test_merge, clear),
		cmocka_unit_test_setup(test_record, clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
