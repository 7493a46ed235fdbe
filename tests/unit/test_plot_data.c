/* link: analysis/report/plot_data.c analysis/report/plot_flows.c analysis/report/gnuplot.c */
/* link: analysis/report/flow_map.c analysis/report/skew.c analysis/report/latency.c */
/* link: analysis/report/plot_losses.c */
/* What the pictures show: columns with known answers, and no picture of what is not known. */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/report/flow_map.h"
#include "analysis/report/plot_data.h"
#include "analysis/report/skew.h"
#include "analysis/run.h"

#define WORKERS 4

struct scene {
	struct run run;
	struct analysis analysis;
	struct worker workers[WORKERS];
	struct life lives[WORKERS + 1];
	struct observed_member members[WORKERS + 1];
	struct plot_arguments arguments;
	char *text;
	int result;
};

/* Workers that got 10, 40, 20 and 30 packets, each by the socket with cookie 101 and so on. */
static void set_up(struct scene *scene)
{
	static const uint64_t counts[WORKERS] = { 10, 40, 20, 30 };

	memset(scene, 0, sizeof(*scene));
	for (size_t i = 0; i < WORKERS; i++) {
		scene->workers[i].counts.packets = counts[i];
		scene->workers[i].pid = 1000 + i;
		scene->lives[i] = (struct life){ .index = i, .cookie = 101 + i };
		scene->members[i].cookie = 101 + i;
	}
	scene->run =
		(struct run){ .workers = scene->workers,
			      .worker_count = WORKERS,
			      .lives = { .list = scene->lives, .count = WORKERS },
			      .observed = { .members = scene->members, .member_count = WORKERS } };
	scene->run.total.packets = 100;
	scene->analysis.chooser = CHOOSER_HASH;
	scene->analysis.tolerance = 0.1;
	scene->analysis.distribution = (struct distribution){
		.workers = WORKERS,
		.busy = WORKERS,
		.busiest = 1,
		.total = 100,
		.cv = 0.447214,
		.flows = 8,
		.effective_flows = 8,
	};
}

static void make(struct scene *scene, plot_data *data)
{
	size_t length;
	FILE *out = open_memstream(&scene->text, &length);

	scene->arguments.count = 0;
	scene->result = data(out, &scene->run, &scene->analysis, &scene->arguments);
	fclose(out);
}

static void expect(struct scene *scene, const char *text, const char *arguments)
{
	char all[512] = "";

	assert_int_equal(scene->result, 0);
	assert_string_equal(scene->text, text);
	for (size_t i = 0; i < scene->arguments.count; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i ? "|" : "",
			 scene->arguments.list[i]);
	assert_string_equal(all, arguments);
	free(scene->text);
}

static void expect_nothing(struct scene *scene)
{
	assert_int_equal(scene->result, -ENODATA);
	free(scene->text);
}

static void test_workers(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	make(&scene, plot_data_workers);
	expect(&scene,
	       "# worker pid packets share_percent packets_text\n0 1000 10 10 10\n"
	       "1 1001 40 40 40\n2 1002 20 20 20\n3 1003 30 30 30\n",
	       "4|10|packets");
}

/* Gini of 10 20 30 40: (2 * (10 + 40 + 90 + 160) / (4 * 100)) - 5 / 4 = 0.25. */
static void test_lorenz(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	make(&scene, plot_data_lorenz);
	expect(&scene, "# workers_percent packets_percent\n0 0\n25 10\n50 30\n75 60\n100 100\n",
	       "4|0.250|packets");
	/* Of 10 and 40: (2 * (10 + 80) / (2 * 50)) - 3 / 2 = 0.3. */
	scene.analysis.distribution.workers = 2;
	scene.analysis.distribution.total = 50;
	make(&scene, plot_data_lorenz);
	expect(&scene, "# workers_percent packets_percent\n0 0\n50 20\n100 100\n",
	       "2|0.300|packets");
	scene.analysis.distribution.workers = 1;
	make(&scene, plot_data_lorenz);
	expect_nothing(&scene);
	set_up(&scene);
	scene.analysis.distribution.total = 0;
	make(&scene, plot_data_lorenz);
	expect_nothing(&scene);
}

static void test_skew(void **state)
{
	double flows, cv, low, high, last = 0;
	struct scene scene;
	struct bounds bounds;
	size_t rows = 0;

	(void)state;
	set_up(&scene);
	make(&scene, plot_data_skew);
	assert_int_equal(scene.result, 0);
	assert_string_equal(scene.arguments.list[1], "8");
	assert_string_equal(scene.arguments.list[2], "0.447214");
	/* Half of what is expected of 1,000 flows, sqrt(3 / 1000); less where the run's own is
	 * less. */
	assert_string_equal(scene.arguments.list[3], "0.0273861");
	assert_string_equal(scene.arguments.list[4], "1");
	for (char *row = strchr(scene.text, '\n'); row && row[1]; row = strchr(row + 1, '\n')) {
		assert_int_equal(sscanf(row + 1, "%lf %lf %lf %lf", &flows, &cv, &low, &high), 4);
		assert_true(flows > last && low <= cv && cv <= high + 1e-5);
		/* Printed with 6 digits. */
		assert_true(fabs(cv - sqrt(3 / flows)) < 1e-5 * cv);
		last = flows;
		rows++;
	}
	assert_true(rows > 20);
	assert_true(last == 1000);
	free(scene.text);
	scene.analysis.distribution.cv = 0.015;
	make(&scene, plot_data_skew);
	assert_string_equal(scene.arguments.list[3], "0.01");
	free(scene.text);
	scene.analysis.distribution.cv = 0.0003;
	make(&scene, plot_data_skew);
	assert_string_equal(scene.arguments.list[3], "0.00273861");
	free(scene.text);
	/* One flow is on one worker, so its cv is sqrt(3) in all runs. */
	scene.analysis.distribution.effective_flows = 1;
	assert_int_equal(skew_bounds(&bounds, &scene.analysis), 0);
	assert_true(fabs(bounds.low - sqrt(3)) < 1e-12 && fabs(bounds.high - sqrt(3)) < 1e-12);
	scene.analysis.distribution.effective_flows = NAN;
	make(&scene, plot_data_skew);
	expect_nothing(&scene);
}

static void set_flow(struct observed_flow *flow, const char *remote, size_t member,
		     uint64_t packets)
{
	*flow = (struct observed_flow){ .packets = packets, .member = member };
	snprintf(flow->remote, sizeof(flow->remote), "%s", remote);
	snprintf(flow->local, sizeof(flow->local), "10.0.0.2:53");
}

static void test_flow_map(void **state)
{
	struct observed_flow flows[6];
	struct flow_map map;
	struct scene scene;

	(void)state;
	set_up(&scene);
	assert_int_equal(flow_map_make(&map, &scene.run), -ENODATA);
	/* Worker 1 had another socket, too, by which more of the same flow came. */
	scene.lives[WORKERS] = (struct life){ .index = 1, .cookie = 109 };
	scene.members[WORKERS].cookie = 109;
	scene.run.lives.count = scene.run.observed.member_count = WORKERS + 1;
	set_flow(&flows[0], "10.0.0.1:1", 1, 30);
	set_flow(&flows[1], "10.0.0.1:2", 0, 10);
	set_flow(&flows[2], "10.0.0.1:3", 3, 9);
	set_flow(&flows[3], "10.0.0.1:1", WORKERS, 5);
	set_flow(&flows[4], "10.0.0.1:3", 2, 4);
	set_flow(&flows[5], "10.0.0.1:9", OBSERVED_NONE, 3);
	scene.run.observed.flows = flows;
	scene.run.observed.flow_count = 6;
	assert_int_equal(flow_map_make(&map, &scene.run), 0);
	assert_int_equal(map.count, 4);
	assert_int_equal(map.packets, 58);
	assert_int_equal(map.flows, 3);
	assert_int_equal(map.moved, 1);
	assert_string_equal(map.rows[0].label, "10.0.0.1:2");
	assert_int_equal(map.rows[1].packets, 35);
	assert_int_equal(map.rows[1].worker, 1);
	assert_false(map.rows[1].moved);
	assert_int_equal(map.rows[2].worker, 2);
	assert_true(map.rows[2].moved && map.rows[3].moved);
	flow_map_free(&map);
	/* Two processes on one socket: who took what was not chosen by flow. */
	scene.lives[0].cookie = scene.lives[2].cookie = scene.lives[3].cookie = 102;
	set_flow(&flows[3], "10.0.0.1:1", 1, 5);
	scene.run.observed.flow_count = 1;
	assert_int_equal(flow_map_make(&map, &scene.run), -ENODATA);
}

/* Of many flows the heaviest are named; the others of each worker are one row. */
static void test_many_flows(void **state)
{
	struct observed_flow flows[100];
	uint64_t packets = 0, count = 0;
	struct flow_map map;
	struct scene scene;
	char name[16];

	(void)state;
	set_up(&scene);
	for (size_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "10.0.0.1:%zu", i);
		set_flow(&flows[i], name, i % 3, 1000 - i);
	}
	scene.run.observed.flows = flows;
	scene.run.observed.flow_count = 100;
	assert_int_equal(flow_map_make(&map, &scene.run), 0);
	assert_int_equal(map.count, FLOW_MAP_SHOWN + 3);
	for (size_t i = 0; i < map.count; i++) {
		packets += map.rows[i].packets;
		count += map.rows[i].flows;
		assert_true(i == 0 || map.rows[i - 1].worker <= map.rows[i].worker);
	}
	assert_int_equal(count, 100);
	assert_int_equal(packets, 100 * 1000 - 99 * 100 / 2);
	assert_string_equal(map.rows[7].label, "27 other flows");
	flow_map_free(&map);
	make(&scene, plot_data_flows);
	assert_int_equal(scene.result, 0);
	assert_string_equal(scene.arguments.list[0], "23");
	assert_non_null(strstr(scene.text, "\"worker 3: 0 %\""));
	free(scene.text);
}

static void test_latency(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	make(&scene, plot_data_latency);
	expect_nothing(&scene);
	scene.run.receive_summary =
		json_pack("{s:{s:i,s:i,s:i,s:i,s:i,s:i}}", "latency_ns", "count", 7, "p50", 0,
			  "p90", 10, "p99", 2000, "p999", 30000, "max", 40000);
	make(&scene, plot_data_latency);
	/* A logarithm has no 0. */
	expect(&scene,
	       "# place ns text side (time stamp to reception)\n0 1 \"0 ns\" 1\n1 10 \"10 ns\" 1\n"
	       "2 2000 \"2.00 us\" 1\n3 30000 \"30.0 us\" 1\n4 40000 \"40.0 us\" 1\n",
	       "1|40000|time stamp to reception||");
	json_decref(scene.run.receive_summary);
}

/* Of the queues of sockets, the slowest tells; nothing waited in one that is slower by far. */
static void test_queues(void **state)
{
	struct scene scene;

	(void)state;
	set_up(&scene);
	scene.members[0].wait = (struct observed_wait){ 3, 0, 9, 50, 60, true };
	scene.members[1].wait = (struct observed_wait){ 5, 0, 7, 90, 100, true };
	scene.members[2].wait = (struct observed_wait){ 4, 0, 8, 80, 200, true };
	scene.members[3].wait = (struct observed_wait){ 0, 0, 8, 999, 999, true };
	make(&scene, plot_data_latency);
	expect(&scene,
	       "# place ns text side (in the queue of the slowest socket)\n0 7 \"7 ns\" 1\n"
	       "2 90 \"90 ns\" 1\n4 100 \"100 ns\" 1\n",
	       "7|100|in the queue of the slowest socket||");
}

static void test_losses(void **state)
{
	struct timeline *timeline;
	struct scene scene;

	(void)state;
	set_up(&scene);
	timeline = &scene.run.timeline;
	make(&scene, plot_data_losses);
	expect_nothing(&scene);
	assert_non_null(timeline_extend(timeline, 1000000000, 1000000000, WORKERS));
	assert_non_null(timeline_extend(timeline, 3000000000, 2000000000, WORKERS));
	make(&scene, plot_data_losses);
	expect_nothing(&scene);
	timeline_cell(timeline, 1, 2)->drops = 40;
	timeline->points[1].front_drops = 20;
	make(&scene, plot_data_losses);
	expect(&scene,
	       "# s drops_per_s\n0.000000 0\n1.000000 0\n1.000000 30\n3.000000 30\n\n\n# s who\n",
	       "30|0|packets");
	timeline_cell(timeline, 1, 2)->drops = timeline->points[1].front_drops = 0;
	assert_true(timeline_note_start(timeline,
					&(struct timeline_start){ .at = 1000000000, .index = 3 }));
	assert_true(timeline_note_start(timeline, &(struct timeline_start){ .at = 3000000000 }));
	assert_true(timeline_note_start(timeline,
					&(struct timeline_start){ .at = 3000000000, .index = 1 }));
	make(&scene, plot_data_losses);
	expect(&scene,
	       "# s drops_per_s\n0.000000 0\n1.000000 0\n1.000000 0\n3.000000 0\n\n\n# s who\n"
	       "1.000000 \"worker 3\"\n3.000000 \"2 workers\"\n",
	       "0|2|packets");
	timeline_free(timeline);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers),    cmocka_unit_test(test_lorenz),
		cmocka_unit_test(test_skew),       cmocka_unit_test(test_flow_map),
		cmocka_unit_test(test_many_flows), cmocka_unit_test(test_latency),
		cmocka_unit_test(test_queues),     cmocka_unit_test(test_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
