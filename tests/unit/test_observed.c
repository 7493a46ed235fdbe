/*
 * A server that keeps no records, as the probe saw it: which of its sockets are the workers, what
 * each got, and how many flows came to them.
 */
#include "tests/unit/stream_scene.h"

#include <math.h>

#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "common/message.h"

#define PROBE(type)  "{\"schema\":1,\"type\":\"" type "\",\"program\":\"probe\",\"run\":\"r\","
#define GROUPS(type) "{\"schema\":1,\"type\":\"" type "\",\"program\":\"groups\",\"run\":\"g\","
#define HEADER       PROBE("header") "\"host\":\"lab\",\"kernel\":\"6.1.0\"}\n"
#define SUMMARY_OF(flows)                                                                          \
	PROBE("summary") "\"elapsed_ns\":9000,\"flows\":" flows ",\"effective_flows\":3.5}\n"
#define SUMMARY SUMMARY_OF("4")
#define WORKER(pid, cookie, packets)                                                               \
	PROBE("worker")                                                                            \
	"\"pid\":" pid ",\"comm\":\"dnsd\",\"cookie\":" cookie ",\"packets\":" packets             \
	",\"bytes\":1,\"calls\":2,\"eagain\":3,\"accepts\":0}\n"
#define MEMBER(cookie, packets, dropped, more)                                                     \
	PROBE("socket")                                                                            \
	"\"protocol\":\"udp\",\"port\":53,\"cookie\":" cookie ",\"packets\":" packets              \
	",\"dropped\":" dropped "," more "\"queue_packets\":1,\"rcvbuf\":4096}\n"
#define OPEN "\"open\":true,"
#define FLOW(remote, cookie, packets)                                                              \
	PROBE("flow")                                                                              \
	"\"remote\":\"10.0.0.1:" remote "\",\"local\":\"10.0.0.2:53\",\"cookie\":" cookie          \
	",\"packets\":" packets "}\n"
#define INTERVAL(elapsed, sockets)                                                                 \
	PROBE("interval")                                                                          \
	"\"elapsed_ns\":" elapsed ",\"interval_ns\":1000,\"sockets\":[" sockets "]}\n"
#define STEP(cookie, packets, dropped)                                                             \
	"{\"cookie\":" cookie ",\"packets\":" packets ",\"dropped\":" dropped "}"

static const char *const files[] = { "probe.ndjson", "groups.ndjson", "receive.ndjson", NULL };

struct test {
	struct scene scene;
	struct run run;
	double flows, effective;
	bool loaded;
};

/* Loads a directory with these files; NULL: not there. */
static void load(struct test *test, const char *probe, const char *groups)
{
	scene_open(&test->scene);
	scene_write(&test->scene, "probe.ndjson", probe, strlen(probe));
	if (groups)
		scene_write(&test->scene, "groups.ndjson", groups, strlen(groups));
	scene_listen(&test->scene);
	test->loaded = run_load(&test->run, test->scene.directory);
	scene_heard(&test->scene);
	run_flows(&test->run, &test->flows, &test->effective);
}

static void load_good(struct test *test, const char *probe, const char *groups)
{
	load(test, probe, groups);
	if (!test->loaded || test->run.incomplete || test->scene.said[0])
		fail_msg("%d %d: %s", test->loaded, test->run.incomplete, test->scene.said);
	assert_true(test->run.from_probe);
	assert_false(test->run.probe.present);
}

static void unload(struct test *test)
{
	run_free(&test->run);
	scene_close(&test->scene, files);
}

/* "pid:packets/drops" of each worker. */
static void check_workers(const struct test *test, const char *want)
{
	char got[512] = "";

	for (size_t i = 0; i < test->run.worker_count; i++) {
		const struct worker *worker = &test->run.workers[i];
		size_t used = strlen(got);

		snprintf(got + used, sizeof(got) - used, "%s%d:%d/%d", i ? " " : "",
			 (int)worker->pid, (int)run_units(&test->run, &worker->counts),
			 (int)worker->counts.drops);
	}
	assert_string_equal(got, want);
}

#define OWNERS(pid)                                                                                \
	"\"owners\":[{\"pid\":9,\"comm\":\"parent\"},{\"pid\":" pid ",\"comm\":\"dnsd\"}],"

static void sockets_are_workers(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER INTERVAL("1000",
				  STEP("30", "60", "1") "," STEP("10", "10",
								 "0") "," STEP("20", "0", "0"))
			  INTERVAL("2000", STEP("30", "10", "1") "," STEP("20", "0", "5"))
				  WORKER("13", "30", "60") WORKER("14", "30", "10")
					  WORKER("11", "10", "10") MEMBER("30", "70", "2",
									  OPEN OWNERS("13"))
						  MEMBER("20", "0", "5", OPEN OWNERS("12"))
							  MEMBER("10", "10", "0", OPEN OWNERS("11"))
								  FLOW("1", "30",
								       "50") FLOW("2", "30", "20")
									  FLOW("3", "10", "10")
										  SUMMARY_OF("3"),
		  NULL);
	/* In the order of cookies. The socket that nobody took from has the owner that is its own.
	 */
	check_workers(&test, "11:10/0 12:0/5 13:70/2");
	assert_string_equal(test.run.model, "reuseport");
	assert_string_equal(test.run.steer, "hash");
	assert_string_equal(run_text(&test.run, "host"), "lab");
	assert_int_equal(test.run.total.packets, 80);
	assert_int_equal(test.run.total.in_queue, 3);
	assert_true(test.flows == 3);
	assert_true(fabs(test.effective - 80.0 * 80 / (2500 + 400 + 100)) < 1e-9);
	assert_int_equal(test.run.first_count, 3);
	assert_int_equal(test.run.intervals, 2);
	assert_int_equal(timeline_cell(&test.run.timeline, 0, 2)->packets, 60);
	assert_int_equal(timeline_cell(&test.run.timeline, 1, 1)->drops, 5);
	unload(&test);
}

#define GROUP(members)                                                                             \
	GROUPS("header")                                                                           \
	"\"tier\":\"bpf\"}\n" GROUPS(                                                              \
		"group") "\"protocol\":\"udp\",\"port\":53,\"address\":\"0.0.0.0:53\","            \
			 "\"grouped\":true,"                                                       \
			 "\"steering\":\"ebpf\",\"program_name\":\"mine\",\"shadowed_by\":[{"      \
			 "\"address\":"                                                            \
			 "\"10.0.0.2:53\",\"cookie\":40,\"sockets\":1,\"evidence\":\"it "          \
			 "is\"}],\"members\":[" members "]}\n" GROUPS(                             \
				 "group") "\"protocol\":\"udp\",\"port\":53,\"address\":\"10.0.0." \
					  "2:53\",\"grouped\":false,"                              \
					  "\"members\":[{\"cookie\":40,\"slot\":null,\"marks\":[]" \
					  "}]}\n" GROUPS("summary") "\"groups\":1}\n"

static void groups_say_who_belongs_together(void **state)
{
	struct test test;
	const struct observed *observed = &test.run.observed;

	(void)state;
	load_good(&test,
		  HEADER WORKER("13", "30", "70") WORKER("11", "10", "10") WORKER("14", "40", "5")
			  MEMBER("10", "10", "0", OPEN) MEMBER("30", "70", "0", OPEN)
				  MEMBER("40", "5", "0", OPEN) FLOW("1", "30", "70")
					  FLOW("1", "10", "10") FLOW("2", "40", "5")
						  SUMMARY_OF("3"),
		  GROUP("{\"cookie\":30,\"slot\":0,\"marks\":[]},{\"cookie\":10,\"slot\":1,\"pid\":"
			"11,"
			"\"marks\":[{\"mark\":\"unread\",\"cause\":\"dead-member\",\"evidence\":"
			"\"x\"}]}"));
	check_workers(&test, "13:70/0 11:10/0");
	assert_string_equal(test.run.steer, "mine");
	/* One 4-tuple at two sockets is one flow; that at the third is none of theirs. */
	assert_true(test.flows == 1);
	assert_true(test.effective == 1);
	assert_int_equal(observed->group_count, 2);
	assert_int_equal(observed->members[0].group, 0);
	assert_int_equal(observed->members[0].place, 1);
	assert_int_equal(observed->members[2].group, 1);
	assert_string_equal(observed->groups[0].members[1].marks[0].cause, "dead-member");
	unload(&test);
}

static void processes_on_one_socket(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER WORKER("11", "10", "50") WORKER("12", "10", "20") WORKER("13", "10", "0")
			  MEMBER("10", "70", "6", OPEN) SUMMARY,
		  NULL);
	check_workers(&test, "12:20/0 11:50/6");
	assert_string_equal(test.run.model, "shared");
	unload(&test);
	load_good(&test, HEADER WORKER("11", "10", "50") MEMBER("10", "50", "6", OPEN) SUMMARY,
		  NULL);
	check_workers(&test, "11:50/6");
	assert_string_equal(test.run.model, "reuseport");
	/* Nobody told of single flows, and the summary speaks of all sockets, which is this one. */
	assert_true(test.flows == 4);
	assert_true(test.effective == 3.5);
	unload(&test);
}

static void another_port_is_another_group(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER WORKER("11", "10", "50") WORKER("12", "20", "40")
			  MEMBER("10", "50", "0", OPEN)
				  PROBE("socket") "\"protocol\":\"udp\",\"port\":54,\"cookie\":20,"
						  "\"packets\":40,"
						  "\"dropped\":0}\n" PROBE(
							  "socket") "\"protocol\":\"tcp\",\"port\":"
								    "53,\"cookie\":30,"
								    "\"packets\":45,\"handshakes\":"
								    "45,\"dropped\":0}\n" SUMMARY,
		  NULL);
	check_workers(&test, "11:50/0");
	assert_true(isnan(test.flows));
	unload(&test);
}

static void connections_are_flows(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER PROBE(
			  "worker") "\"pid\":11,\"cookie\":10,\"packets\":0,\"accepts\":7}"
				    "\n" PROBE("socket") "\"protocol\":\"tcp\",\"port\":80,"
							 "\"cookie\":10,\"packets\":7,"
							 "\"handshakes\":8,\"dropped\":0,\"open\":"
							 "true,\"backlog\":128}\n" PROBE(
								 "socket") "\"protocol\":\"tcp\","
									   "\"port\":80,\"cookie\":"
									   "11,\"packets\":0,"
									   "\"handshakes\":3,"
									   "\"dropped\":0,\"open\":"
									   "true,\"backlog\":128}"
									   "\n" SUMMARY,
		  NULL);
	assert_true(test.run.tcp);
	check_workers(&test, "11:7/0 0:0/0");
	assert_true(test.flows == 11);
	assert_true(test.effective == 11);
	unload(&test);
}

/* What the intervals tell is all there is: used, and marked as incomplete. */
static void a_probe_that_was_cut_off(void **state)
{
	struct test test;

	(void)state;
	load(&test,
	     HEADER INTERVAL("1000", STEP("30", "60", "1") "," STEP("10", "10", "0"))
		     INTERVAL("2000", STEP("30", "10", "1")) "{\"schema\":1,\"ty",
	     NULL);
	assert_true(test.loaded);
	assert_true(test.run.incomplete);
	check_workers(&test, "0:10/0 0:70/2");
	assert_non_null(strstr(test.scene.said, "probe.ndjson:4: cut off"));
	assert_non_null(strstr(test.scene.said, "probe.ndjson has no final counts"));
	unload(&test);
}

static void sockets_that_come_or_go(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER INTERVAL("1000", STEP("10", "1", "0")) MEMBER("10", "5", "0", OPEN)
			  MEMBER("20", "5", "0", OPEN) SUMMARY,
		  NULL);
	assert_int_equal(test.run.first_count, 1);
	assert_int_equal(test.run.worker_count, 2);
	unload(&test);
	load_good(&test,
		  HEADER MEMBER("10", "5", "0", "\"open\":false,") MEMBER("20", "5", "0", OPEN)
			  SUMMARY,
		  NULL);
	assert_true(test.run.workers[0].moved);
	assert_false(test.run.workers[1].moved);
	unload(&test);
	/* The server ended: nothing came or went while it ran. */
	load_good(&test,
		  HEADER MEMBER("10", "5", "0", "\"open\":false,")
			  MEMBER("20", "5", "0", "\"open\":false,") SUMMARY,
		  NULL);
	assert_false(test.run.workers[0].moved);
	unload(&test);
}

static void nothing_to_tell_workers_by(void **state)
{
	struct test test;

	(void)state;
	load(&test, HEADER MEMBER("10", "null", "0", OPEN) SUMMARY, NULL);
	assert_false(test.loaded);
	assert_non_null(strstr(test.scene.said, "does not tell who received what"));
	unload(&test);
	load(&test, HEADER SUMMARY, NULL);
	assert_false(test.loaded);
	assert_non_null(strstr(test.scene.said, "nothing is known about the workers"));
	unload(&test);
}

static void records_that_lack_what_they_need(void **state)
{
	struct test test;

	(void)state;
	load(&test,
	     HEADER PROBE("socket") "\"cookie\":1}\n" PROBE("flow") "\"remote\":\"x\"}\n" PROBE(
		     "worker") "\"pid\":1}\n" MEMBER("10", "5", "0", OPEN)
		     MEMBER("10", "6", "0", OPEN) SUMMARY SUMMARY,
	     GROUPS("group") "\"port\":1}\n");
	assert_true(test.loaded);
	assert_true(test.run.incomplete);
	check_workers(&test, "0:5/0");
	assert_non_null(
		strstr(test.scene.said,
		       "probe.ndjson:2: a socket without cookie, protocol, port or dropped\n"));
	assert_non_null(
		strstr(test.scene.said,
		       "probe.ndjson:3: a flow without remote, local, cookie or packets\n"));
	assert_non_null(strstr(test.scene.said,
			       "probe.ndjson:4: a worker without pid, cookie or packets\n"));
	assert_non_null(strstr(test.scene.said, "probe.ndjson:6: a second record of a socket\n"));
	assert_non_null(strstr(test.scene.said, "probe.ndjson:8: a second header or summary\n"));
	assert_non_null(strstr(test.scene.said,
			       "groups.ndjson:1: a group without protocol, port or members\n"));
	assert_non_null(strstr(test.scene.said, "groups.ndjson has no summary"));
	unload(&test);
}

static void what_the_probe_tells_twice(void **state)
{
	struct test test;

	(void)state;
	load(&test,
	     HEADER WORKER("11", "10", "5") WORKER("11", "10", "5") MEMBER("10", "5", "0", OPEN)
		     FLOW("1", "10", "5") FLOW("1", "10", "5") FLOW("1", "20", "5") SUMMARY_OF("2"),
	     NULL);
	check_workers(&test, "11:5/0");
	assert_non_null(strstr(test.scene.said,
			       "probe.ndjson:3: a second record of a process on this socket\n"));
	assert_non_null(strstr(test.scene.said,
			       "probe.ndjson:6: a second record of a flow at this socket\n"));
	assert_int_equal(test.run.observed.flow_count, 2);
	unload(&test);
}

/* Null is a count that was not made; anything else is one, or damage. */
static void counts_that_are_none(void **state)
{
	struct test test;

	(void)state;
	load(&test,
	     HEADER INTERVAL("1000", STEP("10", "\"5\"", "0"))
		     INTERVAL("1000", STEP("10", "72057594037927937", "0"))
			     MEMBER("10", "-5", "0", OPEN) MEMBER("20", "\"5\"", "0", OPEN)
				     MEMBER("30", "5", "0", "\"arrivals\":1.5,")
					     MEMBER("40", "5", "0", OPEN) SUMMARY,
	     NULL);
	check_workers(&test, "0:5/0");
	assert_non_null(strstr(test.scene.said,
			       "probe.ndjson:2: a socket without cookie, packets or dropped\n"));
	assert_non_null(strstr(test.scene.said, "probe.ndjson:3: a count that is too large\n"));
	assert_non_null(
		strstr(test.scene.said, "probe.ndjson:4: a \"packets\" that is no count\n"));
	assert_non_null(
		strstr(test.scene.said, "probe.ndjson:5: a \"packets\" that is no count\n"));
	assert_non_null(
		strstr(test.scene.said, "probe.ndjson:6: a \"arrivals\" that is no count\n"));
	unload(&test);
}

/* Where only the probe tells, nobody else could contradict it. */
static void a_probe_that_contradicts_itself(void **state)
{
	struct test test;

	(void)state;
	load(&test,
	     HEADER INTERVAL("1000", STEP("20", "5", "0")) WORKER("11", "10", "6")
		     MEMBER("10", "5", "0", OPEN) FLOW("1", "10", "5")
			     PROBE("summary") "\"packets\":5,\"flows\":2}\n",
	     NULL);
	assert_true(test.loaded);
	assert_true(test.run.incomplete);
	assert_non_null(strstr(test.scene.said, "probe.ndjson: its workers add up to 6 packets, "
						"its summary says 5\n"));
	assert_non_null(
		strstr(test.scene.said, "probe.ndjson: it tells of 1 flows, its summary says 2\n"));
	assert_non_null(strstr(test.scene.said,
			       "probe.ndjson: the last records of 1 of 2 sockets are missing\n"));
	assert_non_null(strstr(test.scene.said, "probe.ndjson: processes took 6 from socket 10, "
						"which gave 5\n"));
	unload(&test);
}

/* Whoever reads takes the first one for the heaviest. */
static void flows_in_any_order(void **state)
{
	struct test test;

	(void)state;
	load_good(&test,
		  HEADER FLOW("1", "10", "5") FLOW("2", "10", "7") FLOW("3", "10", "6")
			  MEMBER("10", "18", "0", OPEN) SUMMARY_OF("3"),
		  NULL);
	assert_int_equal(test.run.observed.flows[0].packets, 7);
	assert_int_equal(test.run.observed.flows[1].packets, 6);
	assert_int_equal(test.run.observed.flows[2].packets, 5);
	unload(&test);
}

/* As many flows as the probe tells apart are kept; of more, it is known how many there were. */
static void many_flows(void **state)
{
	size_t room = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &room);
	struct test test;

	(void)state;
	fputs(HEADER MEMBER("10", "5", "0", OPEN), file);
	for (unsigned int i = 0; i < OBSERVED_FLOWS; i++)
		fprintf(file,
			PROBE("flow") "\"remote\":\"10.0.%u.%u:%u\",\"local\":\"x\",\"cookie\":10,"
				      "\"packets\":1}\n",
			i >> 8 & 255, i & 255, 1000 + i / 65536);
	fputs(SUMMARY_OF("65536"), file);
	assert_int_equal(fclose(file), 0);
	load_good(&test, text, NULL);
	assert_true(test.flows == OBSERVED_FLOWS);
	assert_true(fabs(test.effective - OBSERVED_FLOWS) < 1e-6);
	unload(&test);
	free(text);
}

/* Damage that looks like sockets by the hundred thousand takes no more memory than that. */
static void more_sockets_than_there_can_be(void **state)
{
	size_t room = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &room);
	struct test test;

	(void)state;
	fputs(HEADER, file);
	for (unsigned int interval = 1; interval < 3; interval++) {
		fprintf(file, PROBE("interval") "\"elapsed_ns\":%u,\"interval_ns\":1,\"sockets\":[",
			interval);
		for (unsigned int i = 0; i < OBSERVED_MEMBERS; i++)
			fprintf(file, "%s" STEP("%u", "1", "0"), i ? "," : "",
				interval * 10000 + i);
		fputs("]}\n", file);
	}
	assert_int_equal(fclose(file), 0);
	load(&test, text, NULL);
	assert_true(test.loaded);
	assert_int_equal(test.run.worker_count, OBSERVED_MEMBERS);
	assert_non_null(strstr(test.scene.said, "probe.ndjson:3: no memory for so many sockets\n"));
	unload(&test);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_workers),
		cmocka_unit_test(groups_say_who_belongs_together),
		cmocka_unit_test(processes_on_one_socket),
		cmocka_unit_test(another_port_is_another_group),
		cmocka_unit_test(connections_are_flows),
		cmocka_unit_test(a_probe_that_was_cut_off),
		cmocka_unit_test(sockets_that_come_or_go),
		cmocka_unit_test(nothing_to_tell_workers_by),
		cmocka_unit_test(records_that_lack_what_they_need),
		cmocka_unit_test(what_the_probe_tells_twice),
		cmocka_unit_test(counts_that_are_none),
		cmocka_unit_test(a_probe_that_contradicts_itself),
		cmocka_unit_test(flows_in_any_order),
		cmocka_unit_test(many_flows),
		cmocka_unit_test(more_sockets_than_there_can_be),
	};

	message_program("unit");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
