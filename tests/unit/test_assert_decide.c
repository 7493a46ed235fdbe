/* link: analysis/assert/decide.c */
/*
 * When fairport-assert says that a distribution is even, that it is not, and that nobody can tell.
 * The numbers of flows are those of tests/unit/test_stats_figures.c, from the binomial
 * distribution; p-values are worked out by hand.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/assert/decide.h"
#include "analysis/distribution.h"
#include "analysis/stats/flow_test.h"
#include "common/rng.h"

#define UNKNOWN ((double)NAN)
#define WORKERS 4

struct scene {
	uint64_t counts[WORKERS];
	size_t workers;
	double flows, effective;
	enum chooser chooser;
	double over, under, budget;
	double arrived;
	bool split;
};

/* Even is claimed of 4 workers, with the usual tolerance and budget. */
#define USUAL .workers = WORKERS, .over = 0.1, .under = UNKNOWN, .budget = 1e-6, .arrived = UNKNOWN

static struct decision decide_scene(const struct scene *scene, const uint64_t *counts)
{
	struct distribution_input input = { .counts = counts,
					    .workers = scene->workers,
					    .flows = scene->flows,
					    .effective_flows = scene->effective > 0
								       ? scene->effective
								       : scene->flows,
					    .tolerance = 0.1,
					    .hashed = scene->chooser == CHOOSER_HASH };
	struct distribution distribution;
	struct question question = { .distribution = &distribution,
				     .chooser = scene->chooser,
				     .limits = { scene->over, scene->under },
				     .budget = scene->budget,
				     .arrived = scene->arrived,
				     .split = scene->split };

	assert_int_equal(distribution_describe(&distribution, &input), 0);
	return decide(&question);
}

static void check(size_t row, const struct scene *scene, struct decision want)
{
	struct decision got = decide_scene(scene, scene->counts);

	if (got.outcome != want.outcome || got.reason != want.reason || got.more != want.more)
		fail_msg("row %zu: %s for reason %d, %lu more flows; instead of %s, %d, %lu", row,
			 outcome_names[got.outcome], got.reason, got.more,
			 outcome_names[want.outcome], want.reason, want.more);
}

/* 4 workers, 10 %, 1e-6: 7,768 flows. */
static void test_of_hash(void **state)
{
	static const struct {
		struct scene scene;
		struct decision want;
	} rows[] = {
		{ { { 25, 25, 25, 25 }, .flows = 7768, USUAL },
		  { OUTCOME_OK, DECISION_ENOUGH, 7768, 0 } },
		{ { { 25, 25, 25, 25 }, .flows = 7767, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 1 } },
		{ { { 25, 25, 25, 25 }, .flows = 1e5, .effective = 8.9, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7760 } },
		/* At the tolerance, and beyond it. */
		{ { { 275, 275, 225, 225 }, .flows = 7768, USUAL },
		  { OUTCOME_OK, DECISION_ENOUGH, 7768, 0 } },
		{ { { 276, 275, 225, 224 }, .flows = 7768, USUAL },
		  { OUTCOME_NOT_OK, DECISION_ENOUGH, 7768, 0 } },
		/* One flow, on one worker: nobody's fault. */
		{ { { 0, 0, 9, 0 }, .flows = 1, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7767 } },
		/* x = 0.2 flows with 3 degrees of freedom: p = 1e-6 is at 30.66. */
		{ { { 1, 2, 3, 4 }, .flows = 153, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7615 } },
		{ { { 1, 2, 3, 4 }, .flows = 154, USUAL },
		  { OUTCOME_NOT_OK, DECISION_NOT_CHANCE, 7768, 0 } },
		/* All of 11 flows on one worker: 4^-10 = 9.5e-7. */
		{ { { 0, 11, 0, 0 }, .flows = 10, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7758 } },
		{ { { 0, 11, 0, 0 }, .flows = 11, USUAL },
		  { OUTCOME_NOT_OK, DECISION_NOT_CHANCE, 7768, 0 } },
		/* No hash: more workers than flows; flows that were seen to be split, or even. */
		{ { { 6, 4, 0, 0 }, .flows = 1, USUAL },
		  { OUTCOME_NOT_OK, DECISION_SPLIT, 7768, 0 } },
		{ { { 6, 4, 0, 0 }, .flows = 2, .split = true, USUAL },
		  { OUTCOME_NOT_OK, DECISION_SPLIT, 7768, 0 } },
		{ { { 6, 4, 3, 0 },
		    .flows = 8,
		    .workers = 4,
		    .over = 0.1,
		    .under = UNKNOWN,
		    .budget = 1e-6,
		    .arrived = 1.1 },
		  { OUTCOME_NOT_OK, DECISION_AFTERWARDS, 7768, 0 } },
		/* Unknown is never passed, and never failed. */
		{ { { 25, 25, 25, 25 }, .flows = UNKNOWN, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_UNKNOWN_FLOWS, 7768, 0 } },
		{ { { 0, 0, 0, 99 }, .flows = UNKNOWN, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_UNKNOWN_FLOWS, 7768, 0 } },
		{ { { 0, 0, 0, 0 }, .flows = 0, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_IDLE, 7768, 7768 } },
		/* The sockets changed: even is even, uneven may be anything. */
		{ { { 25, 25, 25, 25 }, .flows = 7768, .chooser = CHOOSER_REGROUPED, USUAL },
		  { OUTCOME_OK, DECISION_ENOUGH, 7768, 0 } },
		{ { { 97, 1, 1, 1 }, .flows = 7768, .chooser = CHOOSER_REGROUPED, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_REGROUPED, 7768, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, &rows[i].scene, rows[i].want);
}

static void test_limits(void **state)
{
	static const struct {
		struct scene scene;
		struct decision want;
	} rows[] = {
		/* max-share<=100%, min-share>=0 and max-share<=20% need no flows. */
		{ { { 9, 0, 0, 0 }, 4, UNKNOWN, 0, CHOOSER_HASH, 3, UNKNOWN, 1e-6, UNKNOWN, false },
		  { OUTCOME_OK, DECISION_CERTAIN, 0, 0 } },
		{ { { 9, 0, 0, 0 }, 4, UNKNOWN, 0, CHOOSER_HASH, UNKNOWN, 1, 1e-6, UNKNOWN, false },
		  { OUTCOME_OK, DECISION_CERTAIN, 0, 0 } },
		{ { { 9, 9, 9, 9 }, 4, 1e6, 0, CHOOSER_HASH, -0.2, UNKNOWN, 1e-6, UNKNOWN, false },
		  { OUTCOME_NOT_OK, DECISION_CERTAIN, 0, 0 } },
		{ { { 9, 9, 9, 9 }, 4, 1e6, 0, CHOOSER_HASH, UNKNOWN, -0.2, 1e-6, UNKNOWN, false },
		  { OUTCOME_NOT_OK, DECISION_CERTAIN, 0, 0 } },
		/* min-share>=20%, with 1,817 flows. */
		{ { { 20, 20, 20, 40 },
		    4,
		    1817,
		    0,
		    CHOOSER_HASH,
		    UNKNOWN,
		    0.2,
		    1e-6,
		    UNKNOWN,
		    false },
		  { OUTCOME_OK, DECISION_ENOUGH, 1817, 0 } },
		{ { { 19, 20, 20, 41 },
		    4,
		    1817,
		    0,
		    CHOOSER_HASH,
		    UNKNOWN,
		    0.2,
		    1e-6,
		    UNKNOWN,
		    false },
		  { OUTCOME_NOT_OK, DECISION_ENOUGH, 1817, 0 } },
		{ { { 20, 20, 20, 40 },
		    4,
		    17,
		    0,
		    CHOOSER_HASH,
		    UNKNOWN,
		    0.2,
		    1e-6,
		    UNKNOWN,
		    false },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 1817, 1800 } },
		/* Tolerance 0: perfect, and no number of flows makes that sure. */
		{ { { 9, 9, 9, 9 }, 4, 1e9, 0, CHOOSER_HASH, 0, UNKNOWN, 1e-6, UNKNOWN, false },
		  { OUTCOME_INCONCLUSIVE, DECISION_NEVER, 0, 0 } },
		/* One worker. */
		{ { { 9 }, 1, 1, 0, CHOOSER_HASH, 0.1, UNKNOWN, 1e-6, UNKNOWN, false },
		  { OUTCOME_OK, DECISION_CERTAIN, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(i, &rows[i].scene, rows[i].want);
}

/* Where something else than the hash chose, flows do not matter. */
static void test_described(void **state)
{
	static const struct {
		uint64_t counts[WORKERS];
		struct decision want;
	} rows[] = {
		{ { 10, 10, 10, 10 }, { OUTCOME_OK, DECISION_DESCRIBED, 0, 0 } },
		{ { 20, 10, 10, 10 }, { OUTCOME_NOT_OK, DECISION_DESCRIBED, 0, 0 } },
		/* 5 packets, dealt out as evenly as they can be; and 41. */
		{ { 2, 1, 1, 1 }, { OUTCOME_INCONCLUSIVE, DECISION_FEW_PACKETS, 0, 0 } },
		{ { 11, 10, 10, 10 }, { OUTCOME_OK, DECISION_DESCRIBED, 0, 0 } },
		{ { 0, 0, 0, 0 }, { OUTCOME_INCONCLUSIVE, DECISION_IDLE, 0, 0 } },
	};
	static const enum chooser choosers[] = { CHOOSER_PROGRAM, CHOOSER_MODEL };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t c = 0; c < COUNT(choosers); c++) {
			struct scene scene = { .flows = UNKNOWN, .chooser = choosers[c], USUAL };

			memcpy(scene.counts, rows[i].counts, sizeof(scene.counts));
			check(i, &scene, rows[i].want);
		}
}

static void shuffle(uint64_t *counts, struct rng *rng)
{
	for (size_t i = WORKERS; i-- > 1;) {
		size_t other = (size_t)(rng_unit(rng) * (double)(i + 1));
		uint64_t kept = counts[i];

		counts[i] = counts[other];
		counts[other] = kept;
	}
}

static struct scene any_scene(struct rng *rng)
{
	struct scene scene = { USUAL };

	for (size_t i = 0; i < WORKERS; i++)
		scene.counts[i] = (uint64_t)(90 + rng_unit(rng) * 40);
	scene.flows = floor(pow(10, rng_unit(rng) * 6)) + 4;
	scene.effective = 1 + rng_unit(rng) * (scene.flows - 1);
	scene.chooser = rng_unit(rng) < 0.5 ? CHOOSER_HASH : (enum chooser)(rng_unit(rng) * 4);
	if (rng_unit(rng) < 0.5)
		scene.under = rng_unit(rng);
	if (rng_unit(rng) < 0.5)
		scene.over = scene.under < 1 ? UNKNOWN : rng_unit(rng);
	scene.budget = pow(10, -1 - rng_unit(rng) * 9);
	return scene;
}

/* Whoever the workers are, the decision is the same. */
static void test_permutation(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 7, 0);
	for (size_t i = 0; i < 300; i++) {
		struct scene scene = any_scene(&rng);
		struct decision want = decide_scene(&scene, scene.counts);

		for (size_t again = 0; again < 4; again++) {
			shuffle(scene.counts, &rng);
			check(i, &scene, want);
		}
	}
}

/* What is passed had enough flows; what failed had them, or is improbable. */
static void test_never_without_reason(void **state)
{
	size_t seen[3] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8, 0);
	for (size_t i = 0; i < 2000; i++) {
		struct scene scene = any_scene(&rng);
		struct decision got;

		scene.chooser = CHOOSER_HASH;
		got = decide_scene(&scene, scene.counts);
		seen[got.outcome]++;
		if (got.outcome == OUTCOME_OK)
			assert_true(got.reason == DECISION_CERTAIN ||
				    (got.needed && scene.effective >= (double)got.needed));
		if (got.outcome == OUTCOME_NOT_OK)
			assert_true(got.reason != DECISION_ENOUGH ||
				    scene.effective >= (double)got.needed);
		if (got.reason == DECISION_FEW_FLOWS)
			assert_int_equal(got.more + (uint64_t)scene.effective, got.needed);
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(seen[i] > 20);
}

/* How often a uniform hash of so many flows is called uneven. */
static double false_alarms(uint64_t flows, double budget, size_t runs)
{
	struct scene scene = { .flows = (double)flows, USUAL };
	size_t alarms = 0;
	struct rng rng;

	rng_seed(&rng, 9, flows);
	for (size_t i = 0; i < runs; i++) {
		uint64_t counts[WORKERS] = { 0 };
		struct flow_test test;
		struct distribution distribution;
		struct distribution_input input = { .counts = counts,
						    .workers = WORKERS,
						    .flows = scene.flows,
						    .effective_flows = scene.flows,
						    .tolerance = 0.1,
						    .hashed = true,
						    .tested = flows > 20 ? NULL : &test };
		struct question question = { .distribution = &distribution,
					     .limits = { 0.1, UNKNOWN },
					     .budget = budget,
					     .arrived = UNKNOWN };

		for (uint64_t flow = 0; flow < flows; flow++)
			counts[(size_t)(rng_unit(&rng) * WORKERS)]++;
		/* Of few flows the exact test; it takes its time. */
		if (input.tested)
			assert_int_equal(flow_test_counts(&test, counts, WORKERS), 0);
		assert_int_equal(distribution_describe(&distribution, &input), 0);
		alarms += decide(&question).outcome == OUTCOME_NOT_OK;
	}
	return (double)alarms / (double)runs;
}

/* With a budget that can be counted: 5 %, of 2,000 runs; 3.6 standard deviations are 1.75 %. */
static void test_budget_is_kept(void **state)
{
	static const uint64_t flows[] = { 5, 20, 100, 400, 1200, 2000 };

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++)
		check_within("the share of false alarms", false_alarms(flows[i], 0.05, 2000), 0,
			     0.0675);
	/* It is used, not just kept by never failing. */
	check_within("the share of false alarms", false_alarms(100, 0.05, 2000), 0.03, 0.0675);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_hash),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_described),
		cmocka_unit_test(test_permutation),
		cmocka_unit_test(test_never_without_reason),
		cmocka_unit_test(test_budget_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
