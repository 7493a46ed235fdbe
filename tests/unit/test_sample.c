/* Samples of the tap: their difference, and quantiles of waits. */
/* link: probes/tap/sample.c */
#include "tests/unit/helpers.h"

#include "probes/tap/sample.h"

static struct sample make(size_t members, size_t rows, size_t cpus, uint64_t each)
{
	struct sample sample = { .time = 1000 * each,
				 .members = calloc(members, sizeof(struct sample_member)),
				 .rows = calloc(rows, sizeof(struct tap_row)),
				 .cpus = calloc(cpus + 1, sizeof(struct tap_cpu)),
				 .member_count = members,
				 .row_count = rows,
				 .cpu_count = cpus };

	assert_true(sample.members && sample.rows && sample.cpus);
	for (size_t i = 0; i < members; i++) {
		struct sample_member *member = &sample.members[i];

		member->cookie = 100 + i;
		member->counters =
			(struct member_counters){ each,     2 * each, 3 * each, 4 * each,
						  5 * each, 6 * each, 7 * each, 8 * each };
		member->reasons[1].packets = each;
		member->dropped_by_event = 9 * each;
		member->waits[TAP_WAITS - 1] = 10 * each;
		member->queue_packets = each; /* no counter: it stays what it is now */
		member->in_transit = -1;
	}
	for (size_t i = 0; i < rows; i++) {
		sample.rows[i].pid = 4711;
		sample.rows[i].counters =
			(struct tap_counters){ each,     2 * each, 3 * each, 4 * each, 5 * each,
					       6 * each, 7 * each, 8 * each, 9 * each };
		sample.rows[i].batches[TAP_BATCHES - 1] = each;
		sample.rows[i].queue_max = each;
	}
	for (size_t i = 0; i < cpus; i++)
		sample.cpus[i] = (struct tap_cpu){ each, 2 * each, 3 * each, 4 * each };
	return sample;
}

static void test_difference(void **state)
{
	struct sample before = make(2, 1, 1, 3), now = make(3, 2, 1, 10), delta = { 0 };
	const uint64_t *counters;

	(void)state;
	assert_int_equal(sample_subtract(&delta, &now, &before), 0);
	assert_int_equal(delta.time, now.time);
	assert_int_equal(delta.member_count, 3);
	assert_int_equal(delta.row_count, 2);
	for (size_t i = 0; i < 3; i++) {
		/* The last one is new: all of it belongs to the interval. */
		uint64_t each = i < 2 ? 7 : 10;

		counters = (const uint64_t *)&delta.members[i].counters;
		for (size_t j = 0; j < sizeof(struct member_counters) / sizeof(*counters); j++)
			assert_int_equal(counters[j], (j + 1) * each);
		assert_int_equal(delta.members[i].reasons[1].packets, each);
		assert_int_equal(delta.members[i].dropped_by_event, 9 * each);
		assert_int_equal(delta.members[i].waits[TAP_WAITS - 1], 10 * each);
		assert_int_equal(delta.members[i].queue_packets, 10);
		assert_int_equal(delta.members[i].in_transit, -1);
		assert_int_equal(delta.members[i].cookie, 100 + i);
	}
	for (size_t i = 0; i < 2; i++) {
		uint64_t each = i < 1 ? 7 : 10;

		counters = (const uint64_t *)&delta.rows[i].counters;
		for (size_t j = 0; j < sizeof(struct tap_counters) / sizeof(*counters); j++)
			assert_int_equal(counters[j], (j + 1) * each);
		assert_int_equal(delta.rows[i].batches[TAP_BATCHES - 1], each);
		assert_int_equal(delta.rows[i].queue_max, 10);
		assert_int_equal(delta.rows[i].pid, 4711);
	}
	assert_int_equal(delta.cpus[0].arrivals, 7);
	assert_int_equal(delta.cpus[0].arrived_bytes, 14);
	assert_int_equal(delta.cpus[0].packets, 21);
	assert_int_equal(delta.cpus[0].bytes, 28);
	sample_free(&before);
	sample_free(&now);
	sample_free(&delta);
}

/* Every counter that a member or a row has is in the table that it is subtracted by. */
static void test_tables(void **state)
{
	size_t members = 0, rows = 0;

	(void)state;
	while (member_counters[members].key)
		members++;
	while (row_counters[rows].key)
		rows++;
	assert_int_equal(members * sizeof(uint64_t), sizeof(struct member_counters));
	assert_int_equal(rows * sizeof(uint64_t), sizeof(struct tap_counters));
	for (size_t call = 0; call < TAP_CALLS; call++)
		assert_non_null(tap_call_names[call]);
}

/* What wait_bucket() of waits.bpf.h does, said otherwise. */
static size_t bucket_of(uint64_t ns)
{
	size_t power = 0;

	if (ns < 2)
		return ns;
	while (ns >> 1 >> power)
		power++;
	return 2 * power + (ns - (1ull << power) >= 1ull << power >> 1);
}

/* Of one wait each quantile is at least as long, and less than half as long again. */
static void test_one_wait(void **state)
{
	static const uint64_t times[] = { 0,     1,     2,        3,
					  4,     5,     6,        7,
					  8,     1000,  1u << 20, 300000000,
					  12345, 99999, 1u << 31, 0x7fffffffffffffff };

	(void)state;
	for (size_t i = 0; i < COUNT(times); i++) {
		uint64_t waits[TAP_WAITS] = { 0 }, told;

		waits[bucket_of(times[i])] = 1;
		told = waits_quantile(waits, 0.5);
		assert_true(told >= times[i]);
		assert_true((double)told <= 1.5 * (double)times[i]);
		assert_int_equal(told, waits_quantile(waits, 1));
		assert_int_equal(waits_count(waits), 1);
	}
}

static void test_quantiles(void **state)
{
	uint64_t waits[TAP_WAITS] = { 0 };

	(void)state;
	assert_int_equal(waits_quantile(waits, 0.5), 0);
	assert_int_equal(waits_count(waits), 0);
	waits[bucket_of(2)] = 99;
	waits[bucket_of(1u << 20)] = 1;
	assert_int_equal(waits_count(waits), 100);
	assert_int_equal(waits_quantile(waits, 0.5), 2);
	assert_int_equal(waits_quantile(waits, 0.99), 2);
	assert_int_equal(waits_quantile(waits, 1), (1u << 20) + (1u << 19) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_difference),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_one_wait),
		cmocka_unit_test(test_quantiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
