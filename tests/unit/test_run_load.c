/*
 * A random stream of a receiver, with restarts, records out of place and lines that are none, read
 * as it is and in a form that only the slow reader takes: both are the same run.
 */
#include "tests/unit/stream_scene.h"

#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "common/message.h"
#include "common/rng.h"

#define WORKERS 5

struct life_made {
	uint64_t index, pid, cookie, generation;
	struct received counts;
};

struct making {
	struct ndjson out;
	char *text;
	size_t length;
	struct rng rng;
	struct life_made lives[WORKERS];
	uint64_t pid, elapsed;
};

static struct received random_counts(struct rng *rng)
{
	struct received counts;

	for (const struct counter *row = received_counters; row->key; row++)
		*(uint64_t *)((char *)&counts + row->offset) =
			rng_below(rng, 3) ? 0 : rng_below(rng, 100000);
	return counts;
}

static void write_life(struct ndjson *out, const struct life_made *life,
		       const struct received *counts)
{
	ndjson_uint(out, "index", life->index);
	ndjson_uint(out, "generation", life->generation);
	ndjson_uint(out, "pid", life->pid);
	ndjson_uint(out, "cookie", life->cookie);
	ndjson_string(out, "state", "serving");
	counters_record(received_counters, out, counts);
}

static void write_interval(struct making *making)
{
	struct ndjson *out = &making->out;
	uint64_t length = 1 + rng_below(&making->rng, 1000000000);

	making->elapsed += length + rng_below(&making->rng, 3) * 1000;
	ndjson_begin(out, "interval");
	ndjson_uint(out, "elapsed_ns", making->elapsed);
	ndjson_uint(out, "interval_ns", length);
	ndjson_open_array(out, "workers");
	for (size_t i = 0; i < WORKERS; i++) {
		struct received delta = random_counts(&making->rng);

		ndjson_open_object(out, NULL);
		write_life(out, &making->lives[i], &delta);
		ndjson_close_object(out);
		counters_add(received_counters, &making->lives[i].counts, &delta);
	}
	ndjson_close_array(out);
	ndjson_open_array(out, "fronts");
	ndjson_open_object(out, NULL);
	ndjson_string(out, "name", "shared socket");
	ndjson_uint(out, "generation", 1);
	ndjson_string(out, "pid", NULL);
	ndjson_uint(out, "cookie", 7);
	counters_record(received_counters, out, &making->lives[0].counts);
	ndjson_close_object(out);
	ndjson_close_array(out);
	ndjson_double(out, "rate_pps", 12.5);
	ndjson_end(out);
}

/* Its life ends; another process takes its place. */
static void restart(struct making *making, size_t index)
{
	struct life_made *life = &making->lives[index];

	if (rng_below(&making->rng, 4)) {
		ndjson_begin(&making->out, "worker");
		write_life(&making->out, life, &life->counts);
		ndjson_end(&making->out);
	}
	*life = (struct life_made){ .index = index,
				    .pid = ++making->pid,
				    .cookie = 100 + rng_below(&making->rng, 2),
				    .generation = life->generation + 1 };
}

static void make_stream(struct making *making, uint64_t seed)
{
	static const char *const foreign[] = { "{}\n", "{\"schema\":1,\n", "x\n", "\n" };

	*making = (struct making){ .out = { .program = "receive", .run = "r" }, .pid = 1000 };
	making->out.file = open_memstream(&making->text, &making->length);
	assert_non_null(making->out.file);
	rng_seed(&making->rng, seed, 0);
	ndjson_begin(&making->out, "header");
	ndjson_string(&making->out, "protocol", rng_below(&making->rng, 2) ? "tcp" : "udp");
	ndjson_end(&making->out);
	for (size_t i = 0; i < WORKERS; i++)
		making->lives[i] = (struct life_made){
			.index = i, .pid = i + 1, .cookie = i + 1, .generation = 1
		};
	for (uint64_t i = 0; i < 200; i++) {
		write_interval(making);
		if (rng_below(&making->rng, 20) == 0)
			restart(making, rng_below(&making->rng, WORKERS));
		if (rng_below(&making->rng, 50) == 0)
			fputs(foreign[rng_below(&making->rng, COUNT(foreign))], making->out.file);
	}
	for (size_t i = 0; i < WORKERS; i++)
		restart(making, i);
	assert_int_equal(ndjson_close(&making->out), 0);
}

/* Every record with one more member, whose text has an escape: the quick reader leaves it. */
static char *make_slow(const char *text)
{
	char *slow = calloc(2, strlen(text) + 1), *to = slow;

	assert_non_null(slow);
	for (; *text; text++) {
		if (text[0] == '}' && text[1] == '\n' && to > slow && to[-1] != '{')
			to += sprintf(to, ",\"x\":\"\\u0041\"");
		*to++ = *text;
	}
	return slow;
}

static void load(struct run *run, struct scene *scene, const char *text)
{
	bool loaded;

	scene_write(scene, "receive.ndjson", text, strlen(text));
	scene_listen(scene);
	loaded = run_load(run, scene->directory);
	scene_heard(scene);
	assert_true(loaded);
}

/* Without what lies between members. */
static void check_lives(const struct lives *one, const struct lives *other)
{
	assert_int_equal(one->count, other->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_memory_equal(&one->list[i], &other->list[i], offsetof(struct life, final));
		assert_int_equal(one->list[i].final, other->list[i].final);
	}
}

static void check_span(const struct span *one, const struct span *other)
{
	assert_memory_equal(one, other, offsetof(struct span, any));
	assert_int_equal(one->any, other->any);
}

static void check_same(const struct run *one, const struct run *other)
{
	check_lives(&one->lives, &other->lives);
	check_lives(&one->fronts, &other->fronts);
	assert_int_equal(one->fronts.count, 1);
	assert_int_equal(one->worker_count, other->worker_count);
	assert_memory_equal(one->workers, other->workers,
			    one->worker_count * sizeof(*one->workers));
	assert_memory_equal(&one->total, &other->total, sizeof(one->total));
	check_span(&one->receiving, &other->receiving);
	check_span(&one->storing, &other->storing);
	assert_int_equal(one->intervals, other->intervals);
	assert_int_equal(one->first_count, other->first_count);
	assert_int_equal(one->incomplete, other->incomplete);
	assert_int_equal(one->timeline.count, other->timeline.count);
	assert_int_equal(one->timeline.width, other->timeline.width);
	assert_memory_equal(one->timeline.points, other->timeline.points,
			    one->timeline.count * sizeof(*one->timeline.points));
	assert_memory_equal(one->timeline.cells, other->timeline.cells,
			    one->timeline.count * one->timeline.width *
				    sizeof(*one->timeline.cells));
	assert_int_equal(one->timeline.start_count, other->timeline.start_count);
	if (one->timeline.start_count)
		assert_memory_equal(one->timeline.starts, other->timeline.starts,
				    one->timeline.start_count * sizeof(*one->timeline.starts));
}

static void both_ways_to_read_find_the_same_run(void **state)
{
	size_t starts = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct scene scene;
		struct making making;
		struct run quick, slow;
		char said[SCENE_TEXT], *text;

		scene_open(&scene);
		make_stream(&making, seed);
		text = make_slow(making.text);
		assert_true(strlen(text) > making.length + 200);
		load(&quick, &scene, making.text);
		memcpy(said, scene.said, sizeof(said));
		load(&slow, &scene, text);
		assert_string_equal(said, scene.said);
		check_same(&quick, &slow);
		assert_int_equal(quick.intervals, 200);
		starts += quick.timeline.start_count;
		run_free(&quick);
		run_free(&slow);
		free(making.text);
		free(text);
		scene_close(&scene, (const char *const[]){ "receive.ndjson", NULL });
	}
	assert_true(starts > 100);
}

#define RECORD(type) "{\"schema\":1,\"type\":\"" type "\",\"program\":\"receive\",\"run\":\"r\","
#define ZERO                                                                                       \
	"\"bytes\":0,\"truncated_packets\":0,\"receive_calls\":0,\"eagain\":0,"                    \
	"\"receive_errors\":0,\"drops\":0,\"in_queue\":0,\"lines\":0,\"stored\":0,\"discarded\":"  \
	"0,"                                                                                       \
	"\"rejected_syntax\":0,\"rejected_truncated\":0,\"rejected_type_conflict\":0,"             \
	"\"rejected_limit\":0,\"rejected_encoding\":0,\"store_errors\":0,\"batches\":0}"
#define INTERVAL(elapsed)                                                                          \
	RECORD("interval")                                                                         \
	"\"elapsed_ns\":" elapsed ",\"interval_ns\":1,\"workers\":[{\"index\":0,\"pid\":1,"        \
	"\"cookie\":1,\"packets\":5," ZERO "]}\n"
#define WORKER(packets)                                                                            \
	RECORD("worker") "\"index\":0,\"pid\":1,\"cookie\":1,\"packets\":" packets "," ZERO "\n"
#define HEADER  RECORD("header") "\"model\":\"reuseport\"}\n"
#define SUMMARY RECORD("summary") "\"packets\":12}\n"

static void what_is_told_twice_counts_once(void **state)
{
	const char *const text = HEADER INTERVAL("1") INTERVAL("1") INTERVAL("2") WORKER("12")
		INTERVAL("3") WORKER("99") SUMMARY SUMMARY;
	char want[SCENE_TEXT];
	struct scene scene;
	struct run run;

	(void)state;
	scene_open(&scene);
	load(&run, &scene, text);
	snprintf(want, sizeof(want),
		 "unit: warning: %s/receive.ndjson:3: an interval that does not end later than the "
		 "one before\n"
		 "unit: warning: %s/receive.ndjson:7: a second record of the end of a process\n"
		 "unit: warning: %s/receive.ndjson:9: a second header or summary\n",
		 scene.directory, scene.directory, scene.directory);
	assert_string_equal(scene.said, want);
	assert_true(run.incomplete);
	assert_int_equal(run.total.packets, 12);
	assert_int_equal(run.intervals, 3);
	run_free(&run);
	scene_close(&scene, (const char *const[]){ "receive.ndjson", NULL });
}

/* An interval that is wrong in its last worker counts for none of them. */
static void an_interval_counts_as_a_whole(void **state)
{
	const char *const text =
		INTERVAL("1") RECORD("interval") "\"elapsed_ns\":2,\"interval_ns\":1,\"workers\":[{"
						 "\"index\":0,\"pid\":1,\"cookie\":1,"
						 "\"packets\":5," ZERO ",{\"index\":1}]}\n";
	struct scene scene;
	struct run run;

	(void)state;
	scene_open(&scene);
	load(&run, &scene, text);
	assert_non_null(
		strstr(scene.said, "receive.ndjson:2: a worker without index, pid and cookie\n"));
	assert_int_equal(run.total.packets, 5);
	assert_int_equal(run.worker_count, 1);
	run_free(&run);
	scene_close(&scene, (const char *const[]){ "receive.ndjson", NULL });
}

/* What workers did, and in which order and how finely it is told. */
struct telling {
	const struct received (*counts)[WORKERS]; /* by interval */
	size_t intervals, pieces;                 /* each interval is told in so many */
	size_t order[WORKERS];
	bool ends_first; /* the records of the ends of processes stand before the intervals */
};

/* What of COUNTS belongs to piece NUMBER: all but the last get equal shares. */
static struct received piece_of(const struct received *counts, size_t number, size_t pieces)
{
	struct received piece;

	for (const struct counter *row = received_counters; row->key; row++) {
		uint64_t all = *(const uint64_t *)((const char *)counts + row->offset);
		uint64_t share = all / pieces;

		*(uint64_t *)((char *)&piece + row->offset) =
			number + 1 < pieces ? share : all - share * (pieces - 1);
	}
	return piece;
}

static struct life_made life_at(size_t index)
{
	return (struct life_made){
		.index = index, .pid = 10 + index, .cookie = 100 + index, .generation = 1
	};
}

static void tell_interval(struct ndjson *out, const struct telling *telling, size_t interval,
			  size_t number)
{
	uint64_t length = 1000000;
	uint64_t start = number * length / telling->pieces;
	uint64_t end = (number + 1) * length / telling->pieces;

	ndjson_begin(out, "interval");
	ndjson_uint(out, "elapsed_ns", interval * length + end);
	ndjson_uint(out, "interval_ns", end - start);
	ndjson_open_array(out, "workers");
	for (size_t i = 0; i < WORKERS; i++) {
		struct life_made life = life_at(telling->order[i]);
		struct received counts = piece_of(&telling->counts[interval][telling->order[i]],
						  number, telling->pieces);

		ndjson_open_object(out, NULL);
		write_life(out, &life, &counts);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	ndjson_open_array(out, "fronts");
	ndjson_close_array(out);
	ndjson_end(out);
}

static void tell_ends(struct ndjson *out, const struct telling *telling)
{
	for (size_t i = 0; i < WORKERS; i++) {
		struct life_made life = life_at(telling->order[i]);

		for (size_t t = 0; t < telling->intervals; t++)
			counters_add(received_counters, &life.counts,
				     &telling->counts[t][telling->order[i]]);
		ndjson_begin(out, "worker");
		write_life(out, &life, &life.counts);
		ndjson_end(out);
	}
}

static void tell(struct run *run, struct scene *scene, const struct telling *telling)
{
	struct ndjson out = { .program = "receive", .run = "r" };
	char *text = NULL;
	size_t length;

	out.file = open_memstream(&text, &length);
	assert_non_null(out.file);
	ndjson_begin(&out, "header");
	ndjson_end(&out);
	if (telling->ends_first)
		tell_ends(&out, telling);
	for (size_t t = 0; t < telling->intervals; t++)
		for (size_t number = 0; number < telling->pieces; number++)
			tell_interval(&out, telling, t, number);
	if (!telling->ends_first)
		tell_ends(&out, telling);
	ndjson_begin(&out, "summary");
	ndjson_end(&out);
	assert_int_equal(ndjson_close(&out), 0);
	load(run, scene, text);
	assert_string_equal(scene->said, "");
	free(text);
}

static struct timeline_cell drawn(const struct run *run, size_t worker)
{
	struct timeline_cell sum = { .packets = 0 };

	for (size_t point = 0; point < run->timeline.count; point++) {
		const struct timeline_cell *cell = timeline_cell(&run->timeline, point, worker);

		sum.packets += cell->packets;
		sum.connections += cell->connections;
		sum.drops += cell->drops;
	}
	return sum;
}

static void shuffle(size_t order[static WORKERS], struct rng *rng)
{
	for (size_t i = 0; i < WORKERS; i++)
		order[i] = i;
	for (size_t i = WORKERS; i > 1; i--) {
		size_t at = rng_below(rng, i), other = order[at];

		order[at] = order[i - 1];
		order[i - 1] = other;
	}
}

#define TOLD 30

/* Neither in which order workers stand nor how finely time is told changes anything. */
static void how_it_is_told_changes_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct received counts[TOLD][WORKERS];
		struct telling plain = { .counts = (const void *)counts,
					 .intervals = TOLD,
					 .pieces = 1,
					 .order = { 0, 1, 2, 3, 4 } };
		struct telling other = plain;
		struct scene scene;
		struct run one, two;
		struct rng rng;

		rng_seed(&rng, seed, 0);
		for (size_t t = 0; t < TOLD; t++)
			for (size_t i = 0; i < WORKERS; i++)
				counts[t][i] = random_counts(&rng);
		shuffle(other.order, &rng);
		other.pieces = 1 + rng_below(&rng, 100);
		other.ends_first = rng_below(&rng, 2);
		scene_open(&scene);
		tell(&one, &scene, &plain);
		tell(&two, &scene, &other);
		assert_int_equal(one.worker_count, two.worker_count);
		assert_memory_equal(one.workers, two.workers, WORKERS * sizeof(*one.workers));
		assert_memory_equal(&one.total, &two.total, sizeof(one.total));
		assert_int_equal(two.intervals, TOLD * other.pieces);
		assert_int_equal(one.receiving.first_start, two.receiving.first_start);
		assert_int_equal(one.receiving.last_end, two.receiving.last_end);
		for (size_t i = 0; i < WORKERS; i++) {
			struct timeline_cell want = drawn(&one, i), got = drawn(&two, i);

			assert_memory_equal(&want, &got, sizeof(want));
			assert_int_equal(want.packets, one.workers[i].counts.packets);
		}
		run_free(&one);
		run_free(&two);
		scene_close(&scene, (const char *const[]){ "receive.ndjson", NULL });
	}
}

#define SPAN(elapsed, length)                                                                      \
	RECORD("interval")                                                                         \
	"\"elapsed_ns\":" elapsed ",\"interval_ns\":" length                                       \
	",\"workers\":[{\"index\":0,\"pid\":1,"                                                    \
	"\"cookie\":1,\"packets\":5," ZERO "]}\n"

/* Loads it and checks what is said, each line without the path before it. */
static void check_said(struct run *run, const char *text, const char *said)
{
	struct scene scene;
	char got[SCENE_TEXT] = "";

	scene_open(&scene);
	load(run, &scene, text);
	for (const char *line = scene.said; *line; line = strchr(line, '\n') + 1) {
		const char *at = strstr(line, "receive.ndjson") + strlen("receive.ndjson");

		strncat(got, at, (size_t)(strchr(at, '\n') - at) + 1);
	}
	scene_close(&scene, (const char *const[]){ "receive.ndjson", NULL });
	assert_string_equal(got, said);
}

static void time_that_is_missing_or_there_twice(void **state)
{
	struct run run;

	(void)state;
	/* What is told is counted: only the time line has a hole. */
	check_said(&run, HEADER SPAN("10", "10") SPAN("40", "10") WORKER("10") SUMMARY,
		   ":3: what happened just before this interval is missing\n");
	assert_true(run.incomplete);
	assert_int_equal(run.total.packets, 10);
	assert_int_equal(run.intervals, 2);
	run_free(&run);
	check_said(&run, HEADER SPAN("20", "10") WORKER("10") SUMMARY,
		   ":2: what happened just before this interval is missing\n");
	run_free(&run);
	check_said(&run,
		   HEADER SPAN("10", "10") SPAN("30", "21") SPAN("5", "6") SPAN("10", "0")
			   SPAN("5", "1") SPAN("20", "10") WORKER("10") SUMMARY,
		   ":3: an interval that begins before the one before it ended\n"
		   ":4: an interval that is longer than the time until its end\n"
		   ":5: an interval that does not end later than the one before\n"
		   ":6: an interval that does not end later than the one before\n");
	assert_int_equal(run.intervals, 2);
	run_free(&run);
}

/* A hundred of these add up to what no count has room for, and nobody would see it. */
static void counts_that_are_too_large(void **state)
{
	struct run run;

	(void)state;
	check_said(&run, HEADER SPAN("10", "10") WORKER("72057594037927936") SUMMARY, "");
	run_free(&run);
	check_said(&run, HEADER SPAN("10", "10") WORKER("72057594037927937") SUMMARY,
		   ":3: a count that is too large\n"
		   " ends too early: the counts of 1 of 1 workers are those of its intervals\n");
	assert_int_equal(run.total.packets, 5);
	run_free(&run);
	check_said(&run, HEADER SPAN("10", "10") WORKER("9223372036854775808") SUMMARY,
		   ":3: a number that is too large, before column 116\n"
		   " ends too early: the counts of 1 of 1 workers are those of its intervals\n");
	run_free(&run);
	check_said(&run, HEADER SPAN("10", "10") WORKER("-1") SUMMARY,
		   ":3: a record without a count of \"packets\"\n"
		   " ends too early: the counts of 1 of 1 workers are those of its intervals\n");
	run_free(&run);
}

/* TCP read as UDP, or a dispatcher's workers as members of a group, would be wrong in silence. */
static void a_stream_without_its_header(void **state)
{
	struct run run;

	(void)state;
	check_said(&run, SPAN("10", "10") WORKER("5") SUMMARY,
		   " has no header: who wrote it, and with which options, is unknown\n");
	assert_true(run.incomplete);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_to_read_find_the_same_run),
		cmocka_unit_test(what_is_told_twice_counts_once),
		cmocka_unit_test(an_interval_counts_as_a_whole),
		cmocka_unit_test(how_it_is_told_changes_nothing),
		cmocka_unit_test(time_that_is_missing_or_there_twice),
		cmocka_unit_test(counts_that_are_too_large),
		cmocka_unit_test(a_stream_without_its_header),
	};

	message_program("unit");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
