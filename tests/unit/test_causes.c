/*
 * Which causes are named, and which are not, of runs that are made up: two to four workers, flows
 * at each, marks of fairport-groups, and the sender's account.
 */
#include "tests/unit/stream_scene.h"

#include <math.h>
#include <stdarg.h>

#include "analysis/analysis.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"

#define MOST 65536

static const char *const files[] = { "probe.ndjson", "groups.ndjson", "fake.ndjson", NULL };

struct test {
	struct scene scene;
	char probe[MOST], groups[MOST], fake[1024];
	size_t probe_used, groups_used;
	struct run run;
	struct analysis analysis;
	double tolerance;
	uint64_t flows, told; /* numbers of their ports, and their records */
};

static void add(char *text, size_t *used, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	*used += (size_t)vsnprintf(text + *used, MOST - *used, format, arguments);
	va_end(arguments);
	assert_true(*used < MOST);
}

#define PROBE(...)  add(test->probe, &test->probe_used, __VA_ARGS__)
#define GROUPS(...) add(test->groups, &test->groups_used, __VA_ARGS__)
#define RECORD(type, program)                                                                      \
	"{\"schema\":1,\"type\":\"" type "\",\"program\":\"" program "\",\"run\":\"r\""

static void begin(struct test *test)
{
	memset(test, 0, sizeof(*test));
	test->tolerance = 0.1;
	PROBE(RECORD("header", "probe") ",\"host\":\"h\",\"kernel\":\"6\"}\n");
}

/* A socket with its only process, pid 100 + COOKIE, that took PACKETS of those that arrived. */
static void socket_of(struct test *test, unsigned int cookie, unsigned int arrivals,
		      unsigned int packets, unsigned int dropped)
{
	unsigned int rest = arrivals - packets - dropped;

	if (packets)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"dnsd\",\"cookie\":%u,"
						"\"packets\":%u,\"bytes\":1,\"calls\":%u,"
						"\"eagain\":0,\"accepts\":0}\n",
		      100 + cookie, cookie, packets, packets);
	PROBE(RECORD("socket", "probe") ",\"cookie\":%u,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":true,\"dropped\":%u,\"packets\":%u,"
					"\"arrivals\":%u,\"queue_packets\":%u,\"rcvbuf\":8192,"
					"\"owners\":[{\"pid\":%u,\"comm\":\"dnsd\"}],\"reasons\":[",
	      cookie, dropped, packets, arrivals, rest, 100 + cookie);
	if (dropped)
		PROBE("{\"reason\":\"SOCKET_RCVBUFF\",\"packets\":%u}", dropped);
	PROBE("]}\n");
}

/* A listener of the same kind: QUEUE wait at the end, MOST did, where BACKLOG may. */
static void listener_of(struct test *test, unsigned int cookie, const char *open,
			unsigned int handshakes, unsigned int accepts, unsigned int queue,
			unsigned int longest, unsigned int dropped, unsigned int late)
{
	if (accepts)
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"webd\",\"cookie\":%u,"
						"\"packets\":0,\"bytes\":1,\"calls\":%u,"
						"\"eagain\":0,\"accepts\":%u}\n",
		      100 + cookie, cookie, accepts, accepts);
	PROBE(RECORD("socket", "probe") ",\"cookie\":%u,\"protocol\":\"tcp\",\"port\":80,"
					"\"open\":%s,\"dropped\":%u,\"packets\":%u,"
					"\"handshakes\":%u,\"queue_packets\":%u,"
					"\"queue_max\":%u,\"backlog\":8,\"owners\":[",
	      cookie, open, dropped, accepts, handshakes, queue, longest);
	if (strcmp(open, "true") == 0)
		PROBE("{\"pid\":%u,\"comm\":\"webd\"}", 100 + cookie);
	PROBE("],\"reasons\":[");
	if (late)
		PROBE("{\"reason\":\"TCP_LISTEN_OVERFLOW\",\"packets\":%u}", late);
	PROBE("]}\n");
}

/* So many flows of PACKETS each that came to this socket. */
static void flows_of(struct test *test, unsigned int cookie, unsigned int count,
		     unsigned int packets)
{
	test->told += count;
	for (unsigned int i = 0; i < count; i++)
		PROBE(RECORD("flow",
			     "probe") ",\"remote\":\"10.0.0.1:%u\",\"local\":\"10.0.0.2:53\","
				      "\"cookie\":%u,\"packets\":%u}\n",
		      1000 + (unsigned int)test->flows++, cookie, packets);
}

/* FIRST to LAST are members; the mark is of the last; MARK NULL: of none. */
static void group_of(struct test *test, unsigned int first, unsigned int last, const char *steering,
		     const char *mark, const char *evidence)
{
	if (!test->groups_used)
		GROUPS(RECORD("header", "groups") "}\n");
	GROUPS(RECORD("group", "groups") ",\"protocol\":\"udp\",\"address\":\"0.0.0.0:53\","
					 "\"port\":53,\"grouped\":true,\"steering\":\"%s\","
					 "\"shadowed_by\":[],\"members\":[",
	       steering);
	for (unsigned int i = first; i <= last; i++) {
		GROUPS("%s{\"cookie\":%u,\"slot\":%u,\"pid\":%u,\"comm\":\"dnsd\",\"marks\":[",
		       i > first ? "," : "", i, i - first, 100 + i);
		if (mark && i == last)
			GROUPS("{\"mark\":\"m\",\"cause\":\"%s\",\"evidence\":\"%s\"}", mark,
			       evidence);
		GROUPS("]}");
	}
	GROUPS("]}\n");
}

static void sent(struct test *test, unsigned int packets, unsigned int flows, const char *limited)
{
	snprintf(test->fake, sizeof(test->fake),
		 RECORD("header", "fake") "}\n" RECORD(
			 "summary", "fake") ",\"packets\":%u,\"lines\":%u,\"send_errors\":0,"
					    "\"elapsed_ns\":1000000000,\"flows\":%u,"
					    "\"effective_flows\":%u,\"limited\":%s,"
					    "\"requested_pps\":5000}\n",
		 packets, packets, flows, flows, limited);
}

/* The causes that are found: "one-flow rcvbuf-overflow". */
static void check(struct test *test, const char *verdict, const char *want)
{
	char got[512] = "";

	PROBE(RECORD("summary", "probe") ",\"elapsed_ns\":5000000000,\"flows\":%u,"
					 "\"effective_flows\":%u,\"evicted_flows\":0}\n",
	      (unsigned int)test->told, (unsigned int)test->told);
	scene_open(&test->scene);
	scene_write(&test->scene, "probe.ndjson", test->probe, test->probe_used);
	if (test->groups_used) {
		GROUPS(RECORD("summary", "groups") "}\n");
		scene_write(&test->scene, "groups.ndjson", test->groups, test->groups_used);
	}
	if (test->fake[0])
		scene_write(&test->scene, "fake.ndjson", test->fake, strlen(test->fake));
	scene_listen(&test->scene);
	if (!run_load(&test->run, test->scene.directory) || test->run.incomplete) {
		scene_heard(&test->scene);
		fail_msg("not read: %s", test->scene.said);
	}
	scene_heard(&test->scene);
	assert_int_equal(analysis_make(&test->analysis, &test->run, test->tolerance), 0);
	for (size_t i = 0; i < test->analysis.causes.count; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 test->analysis.causes.list[i].name);
	assert_string_equal(got, want);
	assert_string_equal(verdict_names[test->analysis.distribution.verdict], verdict);
}

static void end(struct test *test)
{
	run_free(&test->run);
	scene_close(&test->scene, files);
	free(test);
}

static struct test *make(void)
{
	struct test *test = malloc(sizeof(*test));

	assert_non_null(test);
	begin(test);
	return test;
}

static const struct cause *first(const struct test *test)
{
	return &test->analysis.causes.list[0];
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void even_has_no_cause(void **state)
{
	struct test *test = make();

	(void)state;
	for (unsigned int i = 1; i <= 4; i++) {
		socket_of(test, i, 100, 100, 0);
		flows_of(test, i, 25, 4);
	}
	group_of(test, 1, 4, "hash", NULL, NULL);
	check(test, "even", "");
	end(test);
}

static void one_flow(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 0, 0, 0);
	socket_of(test, 2, 500, 500, 0);
	flows_of(test, 2, 1, 500);
	group_of(test, 1, 2, "hash", NULL, NULL);
	check(test, "few-flows", "one-flow");
	assert_has(first(test)->evidence, "all 500 packets came from 1 source address and port, "
					  "10.0.0.1:1000");
	assert_has(first(test)->commands[2], "BPF_K, 0, 0, 2 }");
	end(test);
}

static void few_flows(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 200, 200, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 2, 100);
	flows_of(test, 2, 1, 100);
	check(test, "few-flows", "few-flows");
	end(test);
}

static void heavy_flow(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 700, 700, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 1, 600);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	check(test, "few-flows", "heavy-flow");
	assert_has(first(test)->evidence, "1 of 51 flows, from 10.0.0.1:1000, has 75.0 %");
	end(test);
}

/* A restart makes the hash choose anew, and the heavy one is as heavy as before. */
static void heavy_flow_and_restart(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 700, 700, 0);
	socket_of(test, 2, 100, 100, 0);
	PROBE(RECORD("socket", "probe") ",\"cookie\":3,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":false,\"dropped\":0,\"packets\":4,"
					"\"arrivals\":4,\"owners\":[],\"reasons\":[]}\n");
	flows_of(test, 1, 1, 600);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	flows_of(test, 3, 1, 4);
	check(test, "uneven", "heavy-flow");
	end(test);
}

/* Without the heavy one they are still uneven. */
static void heavy_among_few(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 1300, 1300, 0);
	socket_of(test, 2, 200, 200, 0);
	flows_of(test, 1, 1, 1000);
	flows_of(test, 1, 6, 50);
	flows_of(test, 2, 4, 50);
	check(test, "few-flows", "heavy-flow few-flows");
	end(test);
}

static void no_hash_does_that(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 400, 400, 0);
	socket_of(test, 2, 40, 40, 0);
	flows_of(test, 1, 100, 4);
	flows_of(test, 2, 10, 4);
	check(test, "unexplained", "");
	end(test);
}

static void dead_by_mark(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 0, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "hash", "dead-member", "its process is stopped (state T); 3 wait");
	check(test, "unexplained", "dead-member");
	assert_has(first(test)->evidence, "slot 1, pid 102, dnsd");
	assert_has(first(test)->evidence, "100 of 200 packets came to it");
	assert_string_equal(first(test)->commands[0], "kill -CONT 102");
	end(test);
}

/* What it drops as nobody reads is not a buffer that is too small. */
static void dead_by_count(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 0, 60);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	check(test, "unexplained", "dead-member");
	assert_has(first(test)->evidence, "nobody took any out in 5.00 s");
	end(test);
}

/* It was marked as it was stopped, and read later. */
static void revived(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "hash", "dead-member", "its process is stopped (state T)");
	check(test, "even", "");
	end(test);
}

static void marks_are_causes(void **state)
{
	static const char *const named[] = { "foreign-member", "stale-member", "shadowed",
					     "connected-member" };

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		struct test *test = make();

		socket_of(test, 1, 100, 100, 0);
		socket_of(test, 2, 100, 100, 0);
		flows_of(test, 1, 25, 4);
		flows_of(test, 2, 25, 4);
		group_of(test, 1, 2, "hash", named[i], "so it is");
		check(test, "even", named[i]);
		assert_has(first(test)->evidence, "so it is");
		assert_true(first(test)->remedy[0]);
		end(test);
	}
}

static void nothing_was_taken_away(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	socket_of(test, 3, 0, 0, 0);
	group_of(test, 1, 2, "hash", NULL, NULL);
	group_of(test, 3, 3, "hash", "shadowed", "takes what is sent to 127.0.0.1:53");
	check(test, "even", "");
	end(test);
}

static void steered(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 200, 200, 0);
	socket_of(test, 2, 0, 0, 0);
	flows_of(test, 1, 50, 4);
	group_of(test, 1, 2, "cbpf", NULL, NULL);
	check(test, "uneven", "steering-program");
	assert_has(first(test)->evidence, "a classic BPF program attached");
	end(test);
}

static void split(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 10, 10);
	test->flows = 0;
	flows_of(test, 2, 10, 10);
	group_of(test, 1, 2, "ebpf", NULL, NULL);
	check(test, "even", "flows-split");
	assert_has(first(test)->evidence, "packets of 10 of 10 flows (100 % of all packets)");
	end(test);
}

/* An uneven group whose flows are split has no hash to blame. */
static void split_by_nobody_known(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 200, 200, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 2, 100);
	test->flows = 0;
	flows_of(test, 2, 2, 50);
	check(test, "unexplained", "flows-split");
	end(test);
}

static void overflow(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 90, 10);
	socket_of(test, 2, 100, 70, 30);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	test->tolerance = 0.5;
	check(test, "even", "rcvbuf-overflow");
	assert_has(first(test)->evidence, "40 packets (20 % of those that arrived) found a full "
					  "receive buffer, 30 of them at pid 102, dnsd; its "
					  "buffer: 8.0 KiB");
	assert_has(first(test)->remedy, "a larger receive buffer rides out bursts; a steady");
	assert_has(first(test)->commands[1], "sysctl -w net.core.rmem_max=4194304");
	end(test);
}

/* Where the others keep up with as many, it is not the load, and not the buffer. */
static void slow_worker(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 10, 80);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	check(test, "unexplained", "rcvbuf-overflow");
	assert_has(first(test)->evidence, "all of them at pid 102, dnsd");
	assert_has(first(test)->evidence, "the 1 other kept up with as many");
	assert_has(first(test)->remedy, "that worker is slower than the others");
	assert_has(first(test)->commands[0], "/proc/102/task/");
	end(test);
}

static void accept_overflow(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 44, 6, 9, 360, 30);
	listener_of(test, 2, "true", 50, 50, 0, 3, 0, 0);
	test->tolerance = 0.5;
	check(test, "even", "accept-queue-overflow");
	assert_has(first(test)->evidence, "330 packets of handshakes, repeated ones too, found a "
					  "full accept queue, all of them at pid 101, webd: 9 "
					  "connections waited there, its backlog is 8; 100 "
					  "connections came through meanwhile");
	/* It is full to the end, and the other is not. */
	assert_has(first(test)->remedy, "it was full to the end: that worker accepts too slowly");
	assert_has(first(test)->commands[1], "nsenter -t 101 -n sysctl -w net.core.somaxconn=4096");
	assert_has(first(test)->commands[2], "listen(fd, 4096);");
	end(test);
}

static void accept_burst(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 9, 1, 0);
	listener_of(test, 2, "true", 50, 50, 0, 9, 3, 0);
	check(test, "even", "accept-queue-overflow");
	assert_has(first(test)->evidence,
		   "4 packets of handshakes, repeated ones too, found a full "
		   "accept queue, 3 of them at pid 102");
	assert_has(first(test)->remedy, "a longer queue, ");
	end(test);
}

/* What was accepted is then not what the hash assigned. */
static void turned_away_is_no_few_flows(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 60, 60, 0, 3, 0, 0);
	listener_of(test, 2, "true", 40, 40, 0, 9, 20, 0);
	check(test, "few-flows", "accept-queue-overflow");
	end(test);

	test = make();
	listener_of(test, 1, "true", 60, 60, 0, 3, 0, 0);
	listener_of(test, 2, "true", 40, 40, 0, 9, 1, 0);
	check(test, "few-flows", "accept-queue-overflow few-flows");
	end(test);
}

/* Its queue was never full: what it dropped, it dropped for another reason. */
static void dropped_for_another_reason(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "true", 50, 50, 0, 8, 5, 0);
	listener_of(test, 2, "true", 50, 50, 0, 3, 0, 0);
	check(test, "even", "");
	end(test);
}

static void accept_lost(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 70, 0, 8, 0, 0);
	check(test, "uneven", "accept-queue-lost");
	assert_has(first(test)->evidence, "44 connections were reset, since the listener of pid "
					  "101, webd, was closed while they waited to be accepted; "
					  "it had got 70 and accepted 26");
	assert_has(first(test)->commands[0], "net.ipv4.tcp_migrate_req=1");
	end(test);
}

/* The kernel gave what waited to the other, which accepts more than came to it. */
static void accept_migrated(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 110, 4, 8, 0, 0);
	check(test, "uneven", "");
	end(test);
}

static void accept_partly_migrated(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 26, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 96, 4, 8, 0, 0);
	check(test, "uneven", "accept-queue-lost");
	assert_has(first(test)->evidence, "14 connections were reset");
	end(test);
}

/* Of such that nobody accepted, none is known to be lost: accepts may not be seen. */
static void accepts_unseen(void **state)
{
	struct test *test = make();

	(void)state;
	listener_of(test, 1, "false", 70, 0, 0, 8, 0, 0);
	listener_of(test, 2, "true", 70, 0, 0, 8, 0, 0);
	check(test, "idle", "");
	end(test);
}

/* To end a process that has other sockets of the port would take these away, too. */
static void dead_in_a_process_of_many(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	PROBE(RECORD("socket", "probe") ",\"cookie\":2,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":true,\"dropped\":0,\"packets\":0,"
					"\"arrivals\":100,\"queue_packets\":100,\"rcvbuf\":8192,"
					"\"owners\":[{\"pid\":101,\"comm\":\"dnsd\"}],"
					"\"reasons\":[]}\n");
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	check(test, "unexplained", "dead-member");
	assert_has(first(test)->evidence, "100 packets arrived at the socket of pid 101, dnsd");
	assert_has(first(test)->remedy, "pid 101 has 1 other socket of the port open, too");
	for (size_t i = 0; i < first(test)->command_count; i++)
		assert_null(strstr(first(test)->commands[i], "kill"));
	end(test);
}

/* No choice by chance makes so few even, and so no code is told. */
static void too_little_traffic(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 2, 2, 0);
	socket_of(test, 2, 1, 1, 0);
	flows_of(test, 1, 2, 1);
	flows_of(test, 2, 1, 1);
	check(test, "few-flows", "few-flows");
	assert_has(first(test)->remedy, "watch for longer (--duration)");
	assert_int_equal(first(test)->command_count, 0);
	end(test);

	test = make();
	socket_of(test, 1, 1, 1, 0);
	socket_of(test, 2, 0, 0, 0);
	flows_of(test, 1, 1, 1);
	check(test, "few-flows", "one-flow");
	assert_has(first(test)->evidence, "only 1 packet came, from 10.0.0.1:1000");
	assert_int_equal(first(test)->command_count, 0);
	end(test);
}

/* What came was even: who did not take it is to blame, and not what chose. */
static void steered_evenly(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 0, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "cbpf", "dead-member", "its process is stopped (state T); 3 wait");
	check(test, "uneven", "dead-member");
	end(test);
}

static void nat(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 0, 0, 0);
	flows_of(test, 1, 1, 100);
	sent(test, 103, 8, "false");
	check(test, "few-flows", "nat-collapse");
	assert_has(first(test)->evidence, "8 flows were sent and 1 arrived");
	end(test);
}

/* Each packet that did not arrive may have been one of the flows that did not. */
static void lost_flows_are_no_nat(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 0, 0, 0);
	flows_of(test, 1, 1, 100);
	sent(test, 107, 8, "false");
	check(test, "few-flows", "one-flow");
	end(test);
}

static void limited(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	sent(test, 200, 50, "true");
	check(test, "even", "sender-limited");
	assert_has(first(test)->evidence, "200 of the requested 5,000 packets/s");
	end(test);
}

/* What helps most comes first, and texts fit. */
static void all_at_once(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 600, 500, 100);
	socket_of(test, 2, 100, 0, 0);
	flows_of(test, 1, 1, 500);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "hash", "dead-member", "3 packets wait, and none was taken");
	sent(test, 700, 51, "true");
	check(test, "few-flows", "dead-member heavy-flow rcvbuf-overflow sender-limited");
	for (size_t i = 0; i < test->analysis.causes.count; i++) {
		const struct cause *cause = &test->analysis.causes.list[i];

		assert_true(strlen(cause->evidence) + 1 < sizeof(cause->evidence));
		assert_true(strlen(cause->remedy) + 1 < sizeof(cause->remedy));
		for (size_t line = 0; line < cause->command_count; line++)
			assert_true(strlen(cause->commands[line]) <= 76);
	}
	end(test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even_has_no_cause),
		cmocka_unit_test(one_flow),
		cmocka_unit_test(few_flows),
		cmocka_unit_test(heavy_flow),
		cmocka_unit_test(heavy_flow_and_restart),
		cmocka_unit_test(heavy_among_few),
		cmocka_unit_test(no_hash_does_that),
		cmocka_unit_test(dead_by_mark),
		cmocka_unit_test(dead_by_count),
		cmocka_unit_test(revived),
		cmocka_unit_test(marks_are_causes),
		cmocka_unit_test(nothing_was_taken_away),
		cmocka_unit_test(steered),
		cmocka_unit_test(split),
		cmocka_unit_test(split_by_nobody_known),
		cmocka_unit_test(overflow),
		cmocka_unit_test(slow_worker),
		cmocka_unit_test(accept_overflow),
		cmocka_unit_test(accept_burst),
		cmocka_unit_test(turned_away_is_no_few_flows),
		cmocka_unit_test(dropped_for_another_reason),
		cmocka_unit_test(accept_lost),
		cmocka_unit_test(accept_migrated),
		cmocka_unit_test(accept_partly_migrated),
		cmocka_unit_test(accepts_unseen),
		cmocka_unit_test(dead_in_a_process_of_many),
		cmocka_unit_test(too_little_traffic),
		cmocka_unit_test(steered_evenly),
		cmocka_unit_test(nat),
		cmocka_unit_test(lost_flows_are_no_nat),
		cmocka_unit_test(limited),
		cmocka_unit_test(all_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
