/* Random numbers: the published sequences, and what is made of them. */
#include "tests/unit/helpers.h"

#include <math.h>

#include "common/rng.h"

/* rng_seed() whitens STREAM with splitmix64; of stream 0 that is its first output from state 0. */
#define STREAM_0 0xe220a8397b1dcdafull

/* The generator again, from the paper, in other words: outputs of STATE. */
static uint64_t paper_next(uint64_t state[4])
{
	unsigned __int128 product = (unsigned __int128)state[1] * 5;
	uint64_t fivefold = (uint64_t)product;
	uint64_t result = ((fivefold << 7) + (fivefold >> 57)) * 9;
	uint64_t s0 = state[0], s1 = state[1], s2 = state[2] ^ s0, s3 = state[3] ^ s1;

	state[1] = s1 ^ s2;
	state[0] = s0 ^ s3;
	state[2] = s2 ^ (s1 * (1ull << 17));
	state[3] = s3 << 45 | s3 >> 19;
	return result;
}

static void test_published(void **state)
{
	/* Of the authors' C code for the state 1, 2, 3, 4. */
	static const uint64_t outputs[] = {
		11520,
		0,
		1509978240,
		1215971899390074240u,
		1216172134540287360u,
		607988272756665600u,
		16172922978634559625u,
		8476171486693032832u,
		10595114339597558777u,
		2904607092377533576u,
	};
	/* Of splitmix64 for the state 1234567. */
	static const uint64_t seeded[] = { 6457827717110365317u, 3203168211198807973u,
					   9817491932198370423u, 4593380528125082431u };
	struct rng rng = { .state = { 1, 2, 3, 4 } };

	(void)state;
	for (size_t i = 0; i < COUNT(outputs); i++)
		assert_int_equal(rng_next(&rng), outputs[i]);
	rng_seed(&rng, 1234567 ^ STREAM_0, 0);
	for (size_t i = 0; i < COUNT(seeded); i++)
		assert_int_equal(rng.state[i], seeded[i]);
}

static void test_long_run(void **state)
{
	struct rng rng;
	uint64_t paper[4];

	(void)state;
	rng_seed(&rng, 42, 7);
	memcpy(paper, rng.state, sizeof(paper));
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(rng_next(&rng), paper_next(paper));
}

/* Same seed and stream, same sequence; another of either, another sequence from the start. */
static void test_seeds(void **state)
{
	enum { SEEDS = 16, STREAMS = 4 };
	uint64_t first[SEEDS * STREAMS];
	struct rng one, two;

	(void)state;
	for (size_t i = 0; i < COUNT(first); i++) {
		rng_seed(&one, i / STREAMS, i % STREAMS);
		rng_seed(&two, i / STREAMS, i % STREAMS);
		assert_memory_equal(&one, &two, sizeof(one));
		first[i] = rng_next(&one);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
	}
	for (int i = 0; i < 100; i++)
		assert_true(rng_fresh_seed() < 1ull << 53);
	/* Equal once in 2^53 runs. */
	assert_int_not_equal(rng_fresh_seed(), rng_fresh_seed());
}

static void test_below(void **state)
{
	static const uint64_t limits[] = { 1, 2, 3, 10, 1ull << 32, 3ull << 62, UINT64_MAX };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t i = 0; i < COUNT(limits); i++)
		for (int k = 0; k < 1000; k++)
			assert_true(rng_below(&rng, limits[i]) < limits[i]);
}

/*
 * Each of PARTS classes within 6 standard deviations of its share: for a right generator that
 * fails with less than 2e-9 a class, 36 classes in all, so once in 10^7 seeds; the seed is fixed.
 */
static void assert_even(const char *what, const uint64_t *counts, uint64_t parts)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < parts; i++)
		total += counts[i];
	for (uint64_t i = 0; i < parts; i++) {
		double share = 1.0 / (double)parts, mean = (double)total * share;

		if (fabs((double)counts[i] - mean) > 6 * sqrt(mean * (1 - share)))
			fail_msg("%s: %ju of %ju in class %ju", what, (uintmax_t)counts[i],
				 (uintmax_t)total, (uintmax_t)i);
	}
}

static void test_unbiased(void **state)
{
	enum { DRAWS = 60000 };
	uint64_t small[10] = { 0 }, thirds[3] = { 0 }, rests[3] = { 0 }, bits[2] = { 0 };
	uint64_t tenths[16] = { 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2, 0);
	for (int i = 0; i < DRAWS; i++) {
		/* Of 3/4 of all numbers, a careless division or product prefers a third. */
		uint64_t large = rng_below(&rng, 3ull << 62);

		small[rng_below(&rng, COUNT(small))]++;
		thirds[large >> 62]++;
		rests[large % 3]++;
		bits[rng_below(&rng, 2)]++;
		tenths[(size_t)(rng_unit(&rng) * 16)]++;
	}
	assert_even("below 10", small, COUNT(small));
	assert_even("below 3 * 2^62, thirds", thirds, COUNT(thirds));
	assert_even("below 3 * 2^62, modulo 3", rests, COUNT(rests));
	assert_even("below 2", bits, COUNT(bits));
	assert_even("unit", tenths, COUNT(tenths));
}

static uint64_t inverse(uint64_t odd)
{
	uint64_t x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

/* A generator whose next output is OUTPUT. */
static struct rng about_to_give(uint64_t output)
{
	uint64_t x = output * inverse(9);

	return (struct rng){ .state = { 1, (x >> 7 | x << 57) * inverse(5), 2, 3 } };
}

static void test_unit(void **state)
{
	static const struct {
		uint64_t output;
		double want;
	} cases[] = {
		{ 0, 0 },
		{ 2047, 0 },
		{ 2048, 0x1p-53 },
		{ 1ull << 63, 0.5 },
		{ UINT64_MAX, 1 - 0x1p-53 },
	};
	struct rng rng;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		rng = about_to_give(cases[i].output);
		assert_true(rng_unit(&rng) == cases[i].want);
	}
	rng_seed(&rng, 3, 0);
	for (int i = 0; i < 10000; i++) {
		double unit = rng_unit(&rng);

		assert_true(unit >= 0 && unit < 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published), cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_seeds),     cmocka_unit_test(test_below),
		cmocka_unit_test(test_unbiased),  cmocka_unit_test(test_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
