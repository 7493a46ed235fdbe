/* link: analysis/assert/decide.c */
/*
 * When fairport-assert says that a distribution is even, that it is not, and that nobody can tell.
 * The numbers of flows are those of tests/unit/test_stats_flakes.c, from the binomial
 * distribution.
 */
#include "tests/unit/stats_helpers.h"

#include "analysis/assert/decide.h"
#include "analysis/distribution.h"
#include "analysis/stats/flakes.h"
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

struct wanted {
	enum outcome outcome;
	enum decision_reason reason;
	uint64_t needed, more;
};

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

	input.mix = mix_of(input.flows, input.effective_flows, 0);
	distribution_describe(&distribution, &input);
	return decide(&question);
}

static void check(size_t row, const struct scene *scene, struct wanted want)
{
	struct decision got = decide_scene(scene, scene->counts);

	if (got.outcome != want.outcome || got.reason != want.reason || got.more != want.more ||
	    got.needed != want.needed)
		fail_msg("row %zu: %s for reason %d, %lu more flows; instead of %s, %d, %lu", row,
			 outcome_names[got.outcome], got.reason, got.more,
			 outcome_names[want.outcome], want.reason, want.more);
}

/* 4 workers, 10 %, 1e-6: 7,768 flows. */
static void test_of_hash(void **state)
{
	static const struct {
		struct scene scene;
		struct wanted want;
	} rows[] = {
		{ { { 25, 25, 25, 25 }, .flows = 7768, USUAL },
		  { OUTCOME_OK, DECISION_ENOUGH, 7768, 0 } },
		{ { { 25, 25, 25, 25 }, .flows = 7767, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 1 } },
		/* At the tolerance, and beyond it. */
		{ { { 275, 275, 225, 225 }, .flows = 7768, USUAL },
		  { OUTCOME_OK, DECISION_ENOUGH, 7768, 0 } },
		{ { { 276, 275, 225, 224 }, .flows = 7768, USUAL },
		  { OUTCOME_NOT_OK, DECISION_ENOUGH, 7768, 0 } },
		/* One flow, on one worker: nobody's fault. */
		{ { { 0, 0, 9, 0 }, .flows = 1, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7767 } },
		/* 4 P(X >= 0.4 F), X binomial: 1.4e-6 at 235, 9e-7 at 240 (scipy.stats.binom). */
		{ { { 1, 2, 3, 4 }, .flows = 235, USUAL },
		  { OUTCOME_INCONCLUSIVE, DECISION_FEW_FLOWS, 7768, 7533 } },
		{ { { 1, 2, 3, 4 }, .flows = 240, USUAL },
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

/*
 * One of 4 workers has a tenth of F flows, and half the mean is claimed of each: 4 P(X <= F / 10),
 * X of Bin(F, 1 / 4), is 1.26e-6 for 180, 5.95e-7 for 190 and 2.81e-7 for 200 (summed exactly).
 * Twice that where the largest is limited, too.
 */
static void test_of_the_least(void **state)
{
	static const struct {
		double flows, over;
		bool improbable;
	} rows[] = {
		{ 180, UNKNOWN, false },
		{ 190, UNKNOWN, true },
		{ 190, 0.9, false },
		{ 200, 0.9, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene scene = { { 1, 3, 3, 3 }, .flows = rows[i].flows, USUAL };
		struct decision got;

		scene.over = rows[i].over;
		scene.under = 0.5;
		got = decide_scene(&scene, scene.counts);
		assert_int_equal(got.reason,
				 rows[i].improbable ? DECISION_NOT_CHANCE : DECISION_FEW_FLOWS);
		assert_int_equal(got.outcome,
				 rows[i].improbable ? OUTCOME_NOT_OK : OUTCOME_INCONCLUSIVE);
	}
}

static void test_limits(void **state)
{
	static const struct {
		struct scene scene;
		struct wanted want;
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
		struct wanted want;
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
		struct decision first = decide_scene(&scene, scene.counts);
		struct wanted want = { first.outcome, first.reason, first.needed, first.more };

		for (size_t again = 0; again < 4; again++) {
			shuffle(scene.counts, &rng);
			check(i, &scene, want);
		}
	}
}

/* Flows of 1 packet, and HEAVY more of WEIGHT packets each. */
struct flows {
	size_t workers;
	uint64_t light, heavy, weight;
};

static struct mix mix_made(const struct flows *flows)
{
	double count = (double)(flows->light + flows->heavy), weight = (double)flows->weight;
	double sum = (double)flows->light + (double)flows->heavy * weight;
	double squares = (double)flows->light + (double)flows->heavy * weight * weight;

	return mix_of(count, sum * sum / squares, flows->heavy ? weight / sum : 0);
}

/* A uniform hash assigns them; what becomes of the claim that they are even. */
static struct decision decide_random(const struct flows *flows, const struct mix *mix,
				     double budget, struct rng *rng)
{
	uint64_t counts[64] = { 0 };
	struct distribution distribution;
	struct distribution_input input = { .counts = counts,
					    .workers = flows->workers,
					    .flows = mix->count,
					    .effective_flows = mix->effective,
					    .tolerance = 0.1,
					    .hashed = true,
					    .mix = *mix };
	struct question question = { .distribution = &distribution,
				     .limits = { 0.1, UNKNOWN },
				     .budget = budget,
				     .arrived = UNKNOWN };

	for (uint64_t i = 0; i < flows->light; i++)
		counts[rng_below(rng, flows->workers)]++;
	for (uint64_t i = 0; i < flows->heavy; i++)
		counts[rng_below(rng, flows->workers)] += flows->weight;
	distribution_describe(&distribution, &input);
	/* The verdict that it is not chance is one of 1e-6. */
	assert_int_not_equal(distribution.verdict, VERDICT_UNEXPLAINED);
	return decide(&question);
}

static double false_alarms(const struct flows *flows, double budget, size_t runs)
{
	struct mix mix = mix_made(flows);
	size_t alarms = 0;
	struct rng rng;

	rng_seed(&rng, 9, flows->light);
	for (size_t i = 0; i < runs; i++)
		alarms += decide_random(flows, &mix, budget, &rng).outcome == OUTCOME_NOT_OK;
	return (double)alarms / (double)runs;
}

/* With a budget that can be counted: 5 %, of 1,000 runs; 3.6 standard deviations are 2.5 %. */
static void test_budget_is_kept(void **state)
{
	static const uint64_t flows[] = { 5, 20, 100, 400, 1200, 2000 };

	(void)state;
	for (size_t i = 0; i < COUNT(flows); i++)
		check_within("the share of false alarms",
			     false_alarms(&(struct flows){ 4, flows[i], 0, 0 }, 0.05, 1000), 0,
			     0.075);
	/* It is used, not just kept by never failing. */
	check_within("the share of false alarms",
		     false_alarms(&(struct flows){ 4, 1200, 0, 0 }, 0.05, 1000), 0.02, 0.075);
}

/*
 * Heavy flows among many light ones: the effective number is what the claim takes of equal flows,
 * and yet chance exceeds the limit far oftener than the budget lets it; with 64 workers, always.
 */
static void test_heavy_flows(void **state)
{
	static const struct flows rows[] = {
		{ 4, 49712, 3, 593 },   { 16, 20000, 1, 180 },  { 16, 20000, 9, 60 },
		{ 64, 100000, 1, 340 }, { 64, 100000, 3, 197 }, { 64, 4200, 3, 60 },
	};
	struct flakes_check check = { .over = 0.1, .under = UNKNOWN };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct mix mix = mix_made(&rows[i]), more;
		uint64_t needed;

		check_within("the share of false alarms", false_alarms(&rows[i], 0.01, 100), 0,
			     0.05);
		check.workers = rows[i].workers;
		needed = flakes_flows_like(&check, &mix, 0.01);
		assert_true((double)needed > mix.count);
		/* So many like them are enough. */
		more = mix_times(&mix, (double)needed / mix.count);
		assert_true(flakes_false_alarm(&check, &more) <= 0.01);
	}
}

/*
 * 64 workers, and 4 heavy flows, 0.2 % each, on one of them: 64^-3 = 3.8e-6. By the chi-square
 * distribution at the effective flows that is 1e-9; the verdict needs 1e-6 to call it no chance.
 */
static void test_verdict_of_heavy_flows(void **state)
{
	static const struct flows flows = { 64, 99968, 4, 197 };
	uint64_t counts[64];
	struct distribution distribution;
	struct distribution_input input = {
		.counts = counts, .workers = 64, .tolerance = 0.1, .hashed = true
	};

	(void)state;
	for (size_t i = 0; i < 64; i++)
		counts[i] = flows.light / 64 + (i == 5 ? flows.heavy * flows.weight : 0);
	input.mix = mix_made(&flows);
	input.flows = input.mix.count;
	input.effective_flows = input.mix.effective;
	distribution_describe(&distribution, &input);
	assert_true(distribution.p_value < 1e-7);
	assert_int_equal(distribution.verdict, VERDICT_FEW_FLOWS);
	/* Where nothing is known of the weights there is nothing better than that. */
	input.mix = (struct mix){ .count = 0 };
	distribution_describe(&distribution, &input);
	assert_int_equal(distribution.verdict, VERDICT_UNEXPLAINED);
}

/* What is passed had enough flows; what failed had them, or is improbable. */
static void test_never_without_reason(void **state)
{
	size_t seen[3] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 8, 0);
	for (size_t i = 0; i < 1000; i++) {
		struct scene scene = any_scene(&rng);
		struct decision got;

		scene.chooser = CHOOSER_HASH;
		if (i % 2)
			scene.effective = scene.flows;
		got = decide_scene(&scene, scene.counts);
		seen[got.outcome]++;
		if (got.outcome == OUTCOME_OK)
			assert_true(got.reason == DECISION_CERTAIN ||
				    (got.needed && scene.flows >= (double)got.needed));
		if (got.outcome == OUTCOME_NOT_OK)
			assert_true(got.reason == DECISION_CERTAIN || got.p_value <= scene.budget);
		if (got.reason == DECISION_FEW_FLOWS)
			assert_int_equal(got.more + (uint64_t)scene.flows, got.needed);
	}
	for (size_t i = 0; i < 3; i++)
		assert_true(seen[i] > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_of_hash),
		cmocka_unit_test(test_of_the_least),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_described),
		cmocka_unit_test(test_permutation),
		cmocka_unit_test(test_never_without_reason),
		cmocka_unit_test(test_budget_is_kept),
		cmocka_unit_test(test_heavy_flows),
		cmocka_unit_test(test_verdict_of_heavy_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
