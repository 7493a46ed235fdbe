/*
 * The figures of a run with their intervals: where there are none and why, that they do not depend
 * on which worker is which, and how they are written.
 */
#include "tests/unit/helpers.h"

#include <math.h>

#include "analysis/analysis.h"
#include "analysis/run.h"

#define WORKERS 4

/* A run of COUNTS, of FLOWS equal flows. */
struct scene {
	struct worker workers[WORKERS];
	struct run run;
	struct analysis analysis;
};

static void set(struct scene *scene, const uint64_t counts[static WORKERS], size_t workers,
		double flows)
{
	struct distribution *d = &scene->analysis.distribution;

	memset(scene, 0, sizeof(*scene));
	scene->run.workers = scene->workers;
	scene->run.worker_count = workers;
	scene->run.model = "reuseport";
	scene->run.steer = "hash";
	d->workers = workers;
	d->effective_flows = flows;
	for (size_t i = 0; i < workers; i++) {
		scene->workers[i].counts.packets = counts[i];
		d->total += counts[i];
	}
}

static struct confidence find(struct scene *scene)
{
	struct confidence out;

	assert_int_equal(confidence_find(&out, &scene->analysis, &scene->run), 0);
	return out;
}

static void check_none(struct scene *scene, const char *why)
{
	struct confidence got = find(scene);

	assert_int_equal(got.basis, CONFIDENCE_NONE);
	assert_string_equal(got.why_not, why);
	for (size_t i = 0; i < FIGURES; i++) {
		assert_true(isnan(got.certainty.of[i].low));
		assert_true(isnan(got.certainty.of[i].high));
	}
}

static void test_none(void **state)
{
	static const uint64_t counts[] = { 100, 200, 300, 400 }, nothing[WORKERS];
	struct scene scene;

	(void)state;
	set(&scene, nothing, WORKERS, 100);
	check_none(&scene, "nothing came");
	set(&scene, counts, 1, 100);
	check_none(&scene, "there is one worker");
	set(&scene, counts, WORKERS, (double)NAN);
	check_none(&scene, "the flows are unknown");
	set(&scene, counts, WORKERS, 100);
	scene.analysis.chooser = CHOOSER_PROGRAM;
	scene.run.steer = "round-robin";
	check_none(&scene, "a steering program chose (round-robin), not the hash");
	set(&scene, counts, WORKERS, 100);
	scene.analysis.seen.seen = true;
	scene.analysis.seen.merged = (struct flows_merged){ .weight = 100, .split_weight = 50 };
	check_none(&scene, "flows were split between workers, which no hash does");
}

/* The figures are known whether their intervals are or not. */
static void test_figures(void **state)
{
	static const uint64_t counts[] = { 100, 200, 300, 400 };
	struct scene scene;
	struct confidence got;

	(void)state;
	set(&scene, counts, WORKERS, (double)NAN);
	got = find(&scene);
	assert_true(fabs(got.figures.of[FIGURE_MAX_SHARE] - 0.4) < 1e-12);
	assert_true(fabs(got.figures.of[FIGURE_GINI] - 0.25) < 1e-12);
	assert_true(fabs(got.figures.of[FIGURE_JAIN] - 1e6 / 1.2e6) < 1e-12);
}

/* Twice as sure with four times the flows; wherever the workers stand. */
static void test_intervals(void **state)
{
	static const uint64_t counts[] = { 100, 200, 300, 400 }, turned[] = { 400, 300, 100, 200 };
	struct confidence few, many, other;
	struct scene scene;

	(void)state;
	set(&scene, counts, WORKERS, 1000);
	few = find(&scene);
	set(&scene, turned, WORKERS, 1000);
	other = find(&scene);
	set(&scene, counts, WORKERS, 4000);
	many = find(&scene);
	assert_int_equal(few.basis, CONFIDENCE_COUNT);
	assert_string_equal(few.why_not, "");
	for (size_t i = 0; i < FIGURES; i++) {
		const struct bounds *a = &few.certainty.of[i], *b = &many.certainty.of[i];
		const struct bounds *c = &other.certainty.of[i];
		double width = a->high - a->low, ratio = width / (b->high - b->low);

		assert_true(a->low <= few.figures.of[i] && few.figures.of[i] <= a->high);
		assert_true(ratio > 1.6 && ratio < 2.5);
		assert_true(fabs(a->low - c->low) < 0.15 * width);
		assert_true(fabs(a->high - c->high) < 0.15 * width);
	}
}

static void test_texts(void **state)
{
	static const struct {
		enum figure figure;
		double value;
		const char *text;
	} rows[] = {
		{ FIGURE_MAX_SHARE, 0.25088, "25.09%" },
		{ FIGURE_MIN_SHARE, 1, "100.00%" },
		{ FIGURE_CV, 0.00246, "0.0025" },
		{ FIGURE_MAX_OVER_MEAN, 9.99996, "10.000" },
		{ FIGURE_CV, 63.99964, "64.000" },
		{ FIGURE_EFFECTIVE_WORKERS, 1023.96, "1024.0" },
		{ FIGURE_GINI, NAN, "?" },
	};
	char text[FIGURE_TEXT], interval[FIGURE_INTERVAL];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_string_equal(figure_text(text, rows[i].figure, rows[i].value), rows[i].text);
	assert_string_equal(figure_interval(interval, FIGURE_MAX_SHARE,
					    &(struct bounds){ .low = 0.25, .high = 0.2532 }),
			    "25.00%-25.32%");
	assert_string_equal(figure_interval(interval, FIGURE_CV, &(struct bounds){ NAN, NAN }), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_figures),
		cmocka_unit_test(test_intervals),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
