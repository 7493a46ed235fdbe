/* The tables of steering: turns by weight, and buckets that stay where they are. */
/* link: receiver/steering/tables.c */
#include "tests/unit/helpers.h"

#include "receiver/steering/steer_shared.h"
#include "receiver/steering/steering.h"
#include "receiver/steering/tables.h"

static void test_turns(void **state)
{
	static const struct {
		uint16_t weights[4];
		size_t count, period;
		uint16_t turns[12];
	} cases[] = {
		{ { 1 }, 1, 1, { 0 } },
		{ { 4096 }, 1, 1, { 0 } },
		{ { 1, 1, 1, 1 }, 4, 4, { 0, 1, 2, 3 } },
		{ { 7, 7, 7 }, 3, 3, { 0, 1, 2 } },
		{ { 3, 1 }, 2, 4, { 0, 0, 1, 0 } },
		{ { 6, 2 }, 2, 4, { 0, 0, 1, 0 } },
		{ { 1, 3 }, 2, 4, { 1, 0, 1, 1 } },
		{ { 5, 1, 1 }, 3, 7, { 0, 0, 1, 0, 2, 0, 0 } },
		{ { 0, 2, 0, 2 }, 4, 2, { 1, 3 } },
		{ { 0, 0, 9 }, 3, 1, { 2 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint16_t turns[12] = { 0 };

		assert_int_equal(tables_turns(turns, 12, cases[i].weights, cases[i].count),
				 cases[i].period);
		assert_memory_equal(turns, cases[i].turns, sizeof(turns));
	}
}

static void test_no_turns(void **state)
{
	static const uint16_t nothing[3] = { 0 }, much[2] = { 8, 5 }, alike[600] = { 1 };
	uint16_t turns[13];

	(void)state;
	assert_int_equal(tables_turns(turns, 13, nothing, 3), 0);
	assert_int_equal(tables_turns(turns, 13, much, 0), 0);
	assert_int_equal(tables_turns(turns, 13, much, 2), 13);
	assert_int_equal(tables_turns(turns, 12, much, 2), 0);
	assert_int_equal(tables_turns(turns, 13, alike, 600), 0);
}

/*
 * Any weights: exact over a period, and at no time further from the share than the number of
 * slots: no bursts.
 */
static void test_turns_are_exact(void **state)
{
	static uint16_t turns[POLICY_WEIGHT_SUM];
	uint16_t weights[POLICY_WEIGHTS];
	uint32_t random = 12345;

	(void)state;
	for (int round = 0; round < 200; round++) {
		size_t count = 1 + (size_t)round % POLICY_WEIGHTS, period;
		size_t seen[POLICY_WEIGHTS] = { 0 };
		unsigned int sum = 0;

		for (size_t i = 0; i < count; i++) {
			random = random * 1664525 + 1013904223;
			weights[i] = (uint16_t)((random >> 16) % (i % 3 == 0 ? 4 : 60));
			sum += weights[i];
		}
		if (sum == 0)
			continue;
		period = tables_turns(turns, COUNT(turns), weights, count);
		assert_true(period > 0);
		for (size_t at = 0; at < period; at++) {
			assert_true(turns[at] < count);
			seen[turns[at]]++;
			for (size_t i = 0; i < count; i++) {
				double due = (double)(at + 1) * weights[i] / sum;
				double ahead = (double)seen[i] - due;

				assert_true(ahead < (double)count && ahead > -(double)count);
			}
		}
		for (size_t i = 0; i < count; i++)
			assert_int_equal(seen[i] * sum, weights[i] * period);
	}
}

static uint16_t buckets[STEER_TABLE], others[STEER_TABLE];

static void test_buckets_are_even(void **state)
{
	(void)state;
	for (size_t count = 1; count <= STEERING_SLOTS; count += count < 70 ? 1 : 17) {
		size_t held[STEERING_SLOTS] = { 0 };

		tables_buckets(buckets, STEER_TABLE, count);
		for (size_t i = 0; i < STEER_TABLE; i++) {
			assert_true(buckets[i] < count);
			held[buckets[i]]++;
		}
		for (size_t i = 0; i < count; i++)
			if (held[i] != STEER_TABLE / count && held[i] != STEER_TABLE / count + 1)
				fail_msg("%zu slots: slot %zu has %zu", count, i, held[i]);
	}
}

/* One slot more takes its share, an equal one from each, and nothing else moves. */
static void test_buckets_stay(void **state)
{
	(void)state;
	tables_buckets(buckets, STEER_TABLE, 1);
	for (size_t count = 2; count <= 100; count++) {
		size_t lost[100] = { 0 }, moved = 0;

		tables_buckets(others, STEER_TABLE, count);
		for (size_t i = 0; i < STEER_TABLE; i++) {
			if (buckets[i] == others[i])
				continue;
			assert_int_equal(others[i], count - 1);
			lost[buckets[i]]++;
			moved++;
		}
		assert_int_equal(moved, STEER_TABLE / count);
		for (size_t i = 0; i + 1 < count; i++)
			assert_in_range(lost[i], moved / (count - 1) - 1, moved / (count - 1) + 1);
		memcpy(buckets, others, sizeof(buckets));
	}
}

static void test_few_buckets(void **state)
{
	static const uint16_t want[4][4] = {
		{ 0, 0, 0, 0 }, { 1, 1, 0, 0 }, { 2, 1, 0, 0 }, { 2, 1, 3, 0 }
	};
	uint16_t few[4];

	(void)state;
	for (size_t count = 1; count <= 4; count++) {
		tables_buckets(few, 4, count);
		assert_memory_equal(few, want[count - 1], sizeof(few));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),           cmocka_unit_test(test_no_turns),
		cmocka_unit_test(test_turns_are_exact), cmocka_unit_test(test_buckets_are_even),
		cmocka_unit_test(test_buckets_stay),    cmocka_unit_test(test_few_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
