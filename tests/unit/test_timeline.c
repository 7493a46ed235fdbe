/* However many records there are: sums stay exact, time has no holes, and memory is bounded. */
#include "tests/unit/helpers.h"

#include "analysis/timeline.h"
#include "common/rng.h"

#define WORKERS 70

struct sums {
	struct timeline_cell workers[WORKERS];
	uint64_t time, records, front_drops;
};

/* Record NUMBER, of a second, and what everybody did in it. */
static void add(struct timeline *timeline, struct sums *sums, struct rng *rng, uint64_t number,
		size_t workers)
{
	uint64_t end = (number + 1) * 1000;
	struct timeline_point *point = timeline_extend(timeline, end, 1000, workers);

	assert_non_null(point);
	assert_ptr_equal(point, &timeline->points[timeline->count - 1]);
	point->front_drops += 3;
	for (size_t i = 0; i < workers; i++) {
		struct timeline_cell *cell = timeline_cell(timeline, timeline->count - 1, i);
		struct timeline_cell more = { rng_below(rng, 1000), rng_below(rng, 10),
					      rng_below(rng, 2) };

		cell->packets += more.packets;
		cell->connections += more.connections;
		cell->drops += more.drops;
		sums->workers[i].packets += more.packets;
		sums->workers[i].connections += more.connections;
		sums->workers[i].drops += more.drops;
	}
	sums->time += 1000;
	sums->records++;
	sums->front_drops += 3;
}

static void check(const struct timeline *timeline, const struct sums *want, size_t workers)
{
	struct sums got = { .time = 0 };

	assert_true(timeline->count <= TIMELINE_POINTS);
	assert_true(timeline->count * timeline->width <= TIMELINE_CELLS);
	for (size_t p = 0; p < timeline->count; p++) {
		const struct timeline_point *point = &timeline->points[p];

		assert_true(point->records > 0 && point->records <= timeline->merge);
		assert_true(p + 1 == timeline->count || point->records == timeline->merge);
		assert_int_equal(point->start, p ? timeline->points[p - 1].end : 0);
		got.time += point->time;
		got.records += point->records;
		got.front_drops += point->front_drops;
		for (size_t i = 0; i < workers; i++) {
			const struct timeline_cell *cell = timeline_cell(timeline, p, i);

			got.workers[i].packets += cell->packets;
			got.workers[i].connections += cell->connections;
			got.workers[i].drops += cell->drops;
		}
	}
	assert_memory_equal(&got, want, sizeof(got));
}

static void every_record_is_a_point_as_long_as_there_is_room(void **state)
{
	struct timeline timeline = { .count = 0 };
	struct sums sums = { .time = 0 };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (uint64_t i = 0; i < TIMELINE_POINTS; i++)
		add(&timeline, &sums, &rng, i, 4);
	assert_int_equal(timeline.count, TIMELINE_POINTS);
	assert_int_equal(timeline.merge, 1);
	check(&timeline, &sums, 4);
	add(&timeline, &sums, &rng, TIMELINE_POINTS, 4);
	assert_int_equal(timeline.merge, 2);
	assert_int_equal(timeline.count, TIMELINE_POINTS / 2 + 1);
	check(&timeline, &sums, 4);
	timeline_free(&timeline);
}

/* Workers come in at any time, so that it grows wider while it grows longer. */
static void sums_are_exact(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 30; seed++) {
		struct timeline timeline = { .count = 0 };
		struct sums sums = { .time = 0 };
		size_t workers = 0;
		struct rng rng;

		rng_seed(&rng, seed, 0);
		for (uint64_t i = 0; i < 9000; i++) {
			if (workers < WORKERS && rng_below(&rng, 100) == 0)
				workers += rng_below(&rng, 5);
			add(&timeline, &sums, &rng, i, workers);
			if (i % 997 == 0)
				check(&timeline, &sums, workers < WORKERS ? workers : WORKERS);
			if (workers > WORKERS - 5)
				workers = WORKERS;
		}
		check(&timeline, &sums, workers);
		timeline_free(&timeline);
	}
}

static void many_workers_have_fewer_points(void **state)
{
	struct timeline timeline = { .count = 0 };
	uint64_t packets = 0;

	(void)state;
	for (uint64_t i = 0; i < 5000; i++) {
		size_t workers = i < 1500 ? 8 : 8190;

		assert_non_null(timeline_extend(&timeline, i + 1, 1, workers));
		timeline_cell(&timeline, timeline.count - 1, workers - 1)->packets += i;
		assert_true(timeline.count * timeline.width <= TIMELINE_CELLS);
	}
	for (size_t p = 0; p < timeline.count; p++)
		packets += timeline_cell(&timeline, p, 7)->packets +
			   timeline_cell(&timeline, p, 8189)->packets;
	assert_int_equal(packets, 4999 * 5000 / 2);
	assert_true(timeline.count >= 64);
	timeline_free(&timeline);
}

static void columns_in_another_order(void **state)
{
	struct timeline timeline = { .count = 0 };
	const size_t columns[] = { 2, 0, 9 };

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		timeline_extend(&timeline, i + 1, 1, 3);
		for (size_t w = 0; w < 3; w++)
			timeline_cell(&timeline, i, w)->packets = 10 * i + w;
	}
	assert_true(timeline_reorder(&timeline, columns, 3));
	for (uint64_t i = 0; i < 3; i++) {
		assert_int_equal(timeline_cell(&timeline, i, 0)->packets, 10 * i + 2);
		assert_int_equal(timeline_cell(&timeline, i, 1)->packets, 10 * i);
		assert_int_equal(timeline_cell(&timeline, i, 2)->packets, 0);
	}
	timeline_free(&timeline);
}

static void starts_are_bounded(void **state)
{
	struct timeline timeline = { .count = 0 };

	(void)state;
	for (uint64_t i = 0; i < TIMELINE_STARTS + 5; i++)
		assert_true(timeline_note_start(&timeline, &(struct timeline_start){ .at = i }));
	assert_int_equal(timeline.start_count, TIMELINE_STARTS);
	assert_int_equal(timeline.starts[TIMELINE_STARTS - 1].at, TIMELINE_STARTS - 1);
	assert_int_equal(timeline.starts_untold, 5);
	timeline_free(&timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_record_is_a_point_as_long_as_there_is_room),
		cmocka_unit_test(sums_are_exact),
		cmocka_unit_test(many_workers_have_fewer_points),
		cmocka_unit_test(columns_in_another_order),
		cmocka_unit_test(starts_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
