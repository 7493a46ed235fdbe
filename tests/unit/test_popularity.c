/* Popularity: what --popularity may say, and that sources are drawn by their weights. */
/* link: faker/popularity.c */
#include "tests/unit/helpers.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "common/rng.h"
#include "faker/popularity.h"

static void test_texts(void **state)
{
	static const struct {
		const char *text;
		enum popularity_kind kind;
		double parameter;
	} good[] = {
		{ "in-turn", POPULARITY_IN_TURN, 0 },
		{ "uniform", POPULARITY_UNIFORM, 0 },
		{ "zipf:1", POPULARITY_ZIPF, 1 },
		{ "zipf:1.1", POPULARITY_ZIPF, 1.1 },
		{ "zipf:0.8", POPULARITY_ZIPF, 0.8 },
		{ "zipf:0.001", POPULARITY_ZIPF, 0.001 },
		{ "zipf:50", POPULARITY_ZIPF, 50 },
		{ "elephant:50%", POPULARITY_ELEPHANT, 0.5 },
		{ "elephant:0.5", POPULARITY_ELEPHANT, 0.5 },
		{ "elephant:0.1%", POPULARITY_ELEPHANT, 0.001 },
		{ "elephant:0", POPULARITY_ELEPHANT, 0 },
		{ "elephant:1", POPULARITY_ELEPHANT, 1 },
		{ "elephant:100%", POPULARITY_ELEPHANT, 1 },
	};
	static const char *const bad[] = {
		"",
		"in-turn ",
		"in-turn:1",
		"in turn",
		"Uniform",
		"uniform:1",
		"zipf",
		"zipf:",
		"zipf:0",
		"zipf:0.0",
		"zipf:-1",
		"zipf:+1",
		"zipf: 1",
		"zipf:1 ",
		"zipf:1x",
		"zipf:1.1.1",
		"zipf:.",
		"zipf:1e1",
		"zipf:0x1",
		"zipf:nan",
		"zipf:inf",
		"zipf:10%",
		"zipf:1,1",
		"elephant",
		"elephant:",
		"elephant:2",
		"elephant:1.001",
		"elephant:101%",
		"elephant:-0.5",
		"elephant:50%%",
		"elephant:50% ",
		"elephant:half",
		"elephants:50%",
		"50%",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		struct popularity_option option = { .text = good[i].text };
		const char *expected = NULL;

		if (popularity_parse(&option, &expected) != 0 || option.kind != good[i].kind ||
		    option.parameter != good[i].parameter)
			fail_msg("%s: kind %d, %g", good[i].text, (int)option.kind,
				 option.parameter);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct popularity_option option = { .text = bad[i] };
		const char *expected = NULL;

		if (popularity_parse(&option, &expected) >= 0)
			fail_msg("\"%s\" is kind %d, %g", bad[i], (int)option.kind,
				 option.parameter);
		assert_non_null(strstr(expected, "zipf:1.1"));
	}
}

/* The chance of each of COUNT sources, from the definitions in the header. */
static double *chances_of(const struct popularity_option *option, uint32_t count)
{
	double *chances = calloc(count, sizeof(*chances)), sum = 0;

	assert_non_null(chances);
	for (uint32_t i = 0; i < count; i++) {
		switch (option->kind) {
		case POPULARITY_ZIPF:
			chances[i] = exp(-option->parameter * log(i + 1.0));
			break;
		case POPULARITY_ELEPHANT:
			chances[i] = count == 1 ? 1
				     : i == 0   ? option->parameter
						: (1 - option->parameter) / (count - 1);
			break;
		default:
			chances[i] = 1;
		}
		sum += chances[i];
	}
	for (uint32_t i = 0; i < count; i++)
		chances[i] /= sum;
	return chances;
}

/*
 * Pearson's chi-square over classes of neighbours of which at least 20 draws each are expected;
 * what is left over joins the last one. What cannot be drawn must not be. A right drawing fails
 * for one in 10^5 seeds; ours are fixed.
 */
static void assert_fits(const char *what, const uint32_t *drawn, const double *chances,
			uint32_t count, uint32_t draws)
{
	double expected = 0, seen = 0, rest = draws, sum = 0, largest = 0;
	int classes = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (chances[i] == 0 && drawn[i] > 0)
			fail_msg("%s: source %u has no chance, and %u draws", what, i, drawn[i]);
		largest = fmax(largest, chances[i]);
		expected += chances[i] * draws;
		seen += drawn[i];
		if (i + 1 < count && (expected < 20 || rest - expected < 20))
			continue;
		rest -= expected;
		if (expected > 0)
			sum += (seen - expected) * (seen - expected) / expected;
		classes += expected > 0;
		expected = seen = 0;
	}
	if (classes > 1 && gsl_cdf_chisq_Q(sum, classes - 1) < 1e-5)
		fail_msg("%s: chi-square of %g in %d classes", what, sum, classes);
	/* One class says nothing, unless one source is all there is to see. */
	assert_true(classes > 1 || largest > 0.99);
}

static void test_frequencies(void **state)
{
	static const char *const texts[] = { "uniform",      "zipf:0.8",   "zipf:1.1",
					     "zipf:3",       "zipf:0.001", "elephant:0",
					     "elephant:50%", "elephant:1", "elephant:0.1%" };
	static const uint32_t counts[] = { 1, 2, 3, 7, 1000, 1 << 16 };
	enum { DRAWS = 1000000 };

	(void)state;
	for (size_t i = 0; i < COUNT(texts) * COUNT(counts); i++) {
		const uint32_t count = counts[i % COUNT(counts)];
		struct popularity_option option = { .text = texts[i / COUNT(counts)] };
		uint32_t *drawn = calloc(count, sizeof(*drawn));
		struct popularity popularity;
		const char *expected;
		char what[64];
		double *chances;
		struct rng rng;

		assert_non_null(drawn);
		assert_int_equal(popularity_parse(&option, &expected), 0);
		assert_int_equal(popularity_open(&popularity, &option, count), 0);
		rng_seed(&rng, 1, i);
		for (int k = 0; k < DRAWS; k++) {
			uint32_t index = popularity_draw(&popularity, &rng);

			assert_true(index < count);
			drawn[index]++;
		}
		snprintf(what, sizeof(what), "%s of %u", option.text, count);
		chances = chances_of(&option, count);
		assert_fits(what, drawn, chances, count, DRAWS);
		popularity_close(&popularity);
		free(chances);
		free(drawn);
	}
}

/* The same seed gives the same sources. */
static void test_seeds(void **state)
{
	const struct popularity_option option = { .kind = POPULARITY_ZIPF, .parameter = 1.1 };
	struct popularity popularity;
	struct rng one, same, other;
	int differing = 0;

	(void)state;
	assert_int_equal(popularity_open(&popularity, &option, 1000), 0);
	rng_seed(&one, 1, 2);
	rng_seed(&same, 1, 2);
	rng_seed(&other, 2, 2);
	for (int i = 0; i < 1000; i++) {
		uint32_t index = popularity_draw(&popularity, &one);

		assert_int_equal(popularity_draw(&popularity, &same), index);
		differing += popularity_draw(&popularity, &other) != index;
	}
	assert_true(differing > 500);
	popularity_close(&popularity);
}

/*
 * Weights that vanish beside the first, or that rounding could spoil: nothing outside the table is
 * read or drawn, not even by the smallest and the largest of random numbers.
 */
static void test_extremes(void **state)
{
	static const struct {
		struct popularity_option option;
		uint32_t count;
		bool first_only;
	} cases[] = {
		{ { .kind = POPULARITY_ZIPF, .parameter = 50 }, 1000, true },
		{ { .kind = POPULARITY_ZIPF, .parameter = 100 }, 100000, true },
		{ { .kind = POPULARITY_ZIPF, .parameter = 100 }, 2, true },
		{ { .kind = POPULARITY_ZIPF, .parameter = 1e-12 }, 999, false },
		{ { .kind = POPULARITY_ELEPHANT, .parameter = 1 }, 1000, true },
		{ { .kind = POPULARITY_ELEPHANT, .parameter = 1 - 1e-12 }, 3, true },
		{ { .kind = POPULARITY_ELEPHANT, .parameter = 1e-12 }, 7, false },
		{ { .kind = POPULARITY_ELEPHANT, .parameter = 0 }, 1, true },
		{ { .kind = POPULARITY_UNIFORM }, 1, true },
		{ { .kind = POPULARITY_UNIFORM }, 49, false },
		{ { .kind = POPULARITY_UNIFORM }, 1000003, false },
	};
	/* The states of common/rng.h before 0 and 2^64 - 1. */
	static const struct rng smallest = { .state = { 1, 0, 2, 3 } };
	static const struct rng largest = { .state = { 1, 0x4fc71c71c71c71c7, 2, 3 } };
	struct rng check = largest;

	(void)state;
	assert_true(rng_next(&check) == UINT64_MAX);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct popularity popularity;
		struct rng rng = smallest;
		uint32_t index;

		assert_int_equal(popularity_open(&popularity, &cases[i].option, cases[i].count), 0);
		assert_int_equal(popularity_draw(&popularity, &rng), 0);
		rng = largest;
		index = popularity_draw(&popularity, &rng);
		assert_true(index < cases[i].count && (index == 0 || !cases[i].first_only));
		rng_seed(&rng, 9, i);
		for (int k = 0; k < 100000; k++) {
			index = popularity_draw(&popularity, &rng);
			if (index >= cases[i].count || (index > 0 && cases[i].first_only))
				fail_msg("case %zu drew %u", i, index);
		}
		popularity_close(&popularity);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_frequencies),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_extremes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
