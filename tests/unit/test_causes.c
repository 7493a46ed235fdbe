/*
 * Which causes are named, and which are not, of runs that are made up: two to four workers, flows
 * at each, marks of fairport-groups, and the sender's account.
 */
#include "tests/unit/look_scene.h"

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
	/* The code for both is one. */
	assert_null(causes_same_code(&test->analysis.causes, 0));
	assert_ptr_equal(causes_same_code(&test->analysis.causes, 1), first(test));
	assert_has(first(test)[1].evidence, "11 flows, as good as 2 equal ones, for 2 workers");
	assert_has(first(test)[1].remedy, "equal flows the busiest worker is at most 10 % above "
					  "the mean in 999 of 1,000 cases (expected cv 0.0304)");
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
	check_sentence(test, "a uniform hash of these flows does not do that: look for a steering");
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

/* What the first look saw is not told beside what came since. */
static void dead_before_anything_came(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 0, 40);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	group_of(test, 1, 2, "hash", "dead-member",
		 "its process is stopped (state T); nothing waits yet");
	check(test, "unexplained", "dead-member");
	assert_has(first(test)->evidence, "its process is stopped (state T); 100 of 200 packets "
					  "came to it, where 40 were dropped");
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

/* What waits there is not known: perhaps nothing does, and it came to one that is closed. */
static void dead_is_not_guessed(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	PROBE(RECORD("socket", "probe") ",\"cookie\":2,\"protocol\":\"udp\",\"port\":53,"
					"\"open\":true,\"dropped\":0,\"packets\":0,"
					"\"arrivals\":100,\"rcvbuf\":8192,\"owners\":[],"
					"\"reasons\":[]}\n");
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	check(test, "unexplained", "");
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
	static const struct {
		const char *cause, *command;
	} rows[] = {
		{ "foreign-member", "kill 102" },
		{ "stale-member", "kill 102" },
		{ "shadowed", "kill 102" },
		{ "connected-member", "connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC }," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct test *test = make();

		socket_of(test, 1, 100, 100, 0);
		socket_of(test, 2, 100, 100, 0);
		flows_of(test, 1, 25, 4);
		flows_of(test, 2, 25, 4);
		group_of(test, 1, 2, "hash", rows[i].cause, "so it is");
		check(test, "even", rows[i].cause);
		assert_has(first(test)->evidence, "so it is");
		assert_true(first(test)->remedy[0]);
		assert_string_equal(first(test)->commands[0], rows[i].command);
		end(test);
	}
}

/* A socket on the port that is alone, with its mark. */
static void lone_socket(struct test *test, unsigned int cookie, unsigned int pid, const char *comm,
			const char *mark)
{
	GROUPS(RECORD("group", "groups") ",\"protocol\":\"udp\",\"address\":\"127.0.0.1:53\","
					 "\"port\":53,\"grouped\":false,\"steering\":\"\","
					 "\"shadowed_by\":[],\"members\":[{\"cookie\":%u,"
					 "\"slot\":null,\"pid\":%u,\"comm\":\"%s\",\"marks\":["
					 "{\"mark\":\"m\",\"cause\":\"%s\","
					 "\"evidence\":\"so it is\"}]}]}\n",
	       cookie, pid, comm, mark);
}

/* Two members share evenly, and beside them is one that got PACKETS. */
static struct test *make_with_lone_socket(unsigned int packets, unsigned int pid, const char *comm,
					  const char *mark)
{
	struct test *test = make();

	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 25, 4);
	flows_of(test, 2, 25, 4);
	socket_of(test, 3, packets, packets, 0);
	group_of(test, 1, 2, "hash", NULL, NULL);
	lone_socket(test, 3, pid, comm, mark);
	return test;
}

/* Who has one of the sockets that it takes from may mean it so, and is not to be ended. */
static void shadowed_by_itself(void **state)
{
	struct test *test = make_with_lone_socket(7, 101, "dnsd", "shadowed");

	(void)state;
	check(test, "even", "shadowed");
	assert_has(first(test)->evidence, "7 of 207 packets came to it");
	assert_has(first(test)->remedy, "the same process has the sockets that it takes from");
	assert_int_equal(first(test)->command_count, 0);
	end(test);

	test = make_with_lone_socket(7, 103, "dnsd", "shadowed");
	check(test, "even", "shadowed");
	assert_has(first(test)->remedy, "bind all to the same address and device");
	assert_int_equal(first(test)->command_count, 1);
	assert_string_equal(first(test)->commands[0], "kill 103");
	end(test);
}

/* It has left its group: a worker that should have a share, or a client that nobody misses. */
static void connected_apart(void **state)
{
	struct test *test = make_with_lone_socket(0, 103, "dnsd", "connected-member");

	(void)state;
	check(test, "even", "connected-member");
	assert_has(first(test)->remedy, "What has left its group does not come back");
	assert_string_equal(first(test)->commands[0], "close(fd);");
	end(test);

	/* Another program; one that has its share all the same; one whose peer talks to it. */
	test = make_with_lone_socket(0, 103, "other", "connected-member");
	check(test, "even", "");
	end(test);
	test = make_with_lone_socket(0, 101, "dnsd", "connected-member");
	check(test, "even", "");
	end(test);
	test = make_with_lone_socket(7, 103, "other", "connected-member");
	check(test, "even", "connected-member");
	end(test);
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
	check_sentence(test, "got 2.00 times the mean (cv 1.000): a steering program chose (cbpf)");
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

static void the_only_flow_is_split(void **state)
{
	struct test *test = make();

	(void)state;
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 1, 100);
	test->flows = 0;
	flows_of(test, 2, 1, 100);
	check(test, "even", "flows-split");
	assert_has(first(test)->evidence, "packets of the only flow (100 % of all packets)");
	end(test);

	/* 140 of 200 packets are of the one of two. */
	test = make();
	socket_of(test, 1, 100, 100, 0);
	socket_of(test, 2, 100, 100, 0);
	flows_of(test, 1, 1, 40);
	flows_of(test, 1, 1, 60);
	test->flows = 0;
	flows_of(test, 2, 1, 100);
	check(test, "even", "flows-split");
	assert_has(first(test)->evidence, "packets of 1 of 2 flows (70 % of all packets)");
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

/* At each of two sockets DROPPED of 100, where the buffer is of RCVBUF bytes. */
static void check_overload(unsigned int dropped, unsigned int rcvbuf, const char *remedy)
{
	struct test *test = make();

	for (unsigned int i = 1; i <= 2; i++) {
		PROBE(RECORD("worker", "probe") ",\"pid\":%u,\"comm\":\"dnsd\",\"cookie\":%u,"
						"\"packets\":%u,\"bytes\":1,\"calls\":1,"
						"\"eagain\":0,\"accepts\":0}\n",
		      100 + i, i, 100 - dropped);
		PROBE(RECORD("socket", "probe") ",\"cookie\":%u,\"protocol\":\"udp\","
						"\"port\":53,\"open\":true,\"dropped\":%u,"
						"\"packets\":%u,\"arrivals\":100,"
						"\"queue_packets\":0,\"rcvbuf\":%u}\n",
		      i, dropped, 100 - dropped, rcvbuf);
		flows_of(test, i, 25, 4);
	}
	check(test, "even", "rcvbuf-overflow");
	assert_has(first(test)->remedy, remedy);
	end(test);
}

/* More than a tenth, though the buffer is as large as is usual, is no burst. */
static void overload(void **state)
{
	(void)state;
	check_overload(11, 212992, "more comes than they can take");
	check_overload(10, 212992, "rides out bursts; a steady overload");
	check_overload(11, 212991, "rides out bursts; a steady overload");
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
	/* (100, 10) of 100 that came to each. */
	check_sentence(test, "got 1.82 times the mean, though the hash shared out evenly what "
			     "arrived (1.00 times)");
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
	check_sentence(test, "though the steering program shared out evenly what arrived");
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
		cmocka_unit_test(dead_before_anything_came),
		cmocka_unit_test(dead_by_count),
		cmocka_unit_test(dead_is_not_guessed),
		cmocka_unit_test(revived),
		cmocka_unit_test(marks_are_causes),
		cmocka_unit_test(shadowed_by_itself),
		cmocka_unit_test(connected_apart),
		cmocka_unit_test(nothing_was_taken_away),
		cmocka_unit_test(steered),
		cmocka_unit_test(split),
		cmocka_unit_test(the_only_flow_is_split),
		cmocka_unit_test(split_by_nobody_known),
		cmocka_unit_test(overflow),
		cmocka_unit_test(overload),
		cmocka_unit_test(slow_worker),
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
