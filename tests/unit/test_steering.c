/* Steering UDP: which socket each packet comes out of, by policy. */
/* link: receiver/steering/steering.c receiver/steering/ebpf.c receiver/steering/ebpf_explain.c */
/* link: receiver/steering/sockets.c receiver/steering/cbpf.c receiver/steering/tables.c */
/* link: receiver/steering/policy.c */
#include "tests/unit/steering_scene.h"

#include <linux/capability.h>
#include <netinet/udp.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* 250 are due to each of 4 sockets, with a deviation of 14: all but 1e-12 are within. */
static void assert_spread(void)
{
	assert_int_equal(scene.total, 1000);
	for (size_t i = 0; i < scene.count; i++)
		assert_in_range(scene.got[i], 150, 350);
}

static void assert_one_only(void)
{
	size_t most = 0;

	for (size_t i = 0; i < scene.count; i++)
		if (scene.got[i] > most)
			most = scene.got[i];
	assert_int_equal(most, scene.total);
}

static void test_random(void **state)
{
	(void)state;
	open_scene(false, 4);
	send_packets(1000, true);
	assert_one_only();
	forget_counts();
	set("random");
	assert_false(steering_is_exact(scene.steering));
	send_packets(1000, true);
	assert_spread();
	forget_counts();
	set("hash");
	send_packets(1000, true);
	assert_one_only();
}

/* Whichever CPUs this runs on: sockets beyond the number of CPUs get nothing. */
static void test_cpu(void **state)
{
	uint64_t by_slot[STEERING_SLOTS] = { 0 }, fallbacks = 0;
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	(void)state;
	open_scene(false, SOCKETS);
	set("cpu");
	send_packets(1000, false);
	for (long i = cpus; i < SOCKETS; i++)
		assert_int_equal(scene.got[i], 0);
	assert_false(steering_decisions(scene.steering, by_slot, &fallbacks));
}

static void test_round_robin(void **state)
{
	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	set("round-robin");
	assert_true(steering_is_exact(scene.steering));
	send_packets(1000, true);
	assert_each_got(250);
	send_packets(1000, false);
	assert_each_got(500);
}

static void test_weighted(void **state)
{
	static const struct {
		const char *text;
		size_t count, want[4];
	} cases[] = {
		{ "weighted:3,1", 2, { 750, 250 } },
		{ "weighted:1,2,3,4", 4, { 100, 200, 300, 400 } },
		{ "weighted:0,1,0,1", 4, { 0, 500, 0, 500 } },
		{ "weighted:997,1,1,1", 4, { 997, 1, 1, 1 } },
		{ "weighted:5", 1, { 1000 } },
	};

	(void)state;
	NEEDS("weighted:1");
	for (size_t i = 0; i < COUNT(cases); i++) {
		open_scene(false, cases[i].count);
		set(cases[i].text);
		send_packets(1000, true);
		assert_got(cases[i].want, cases[i].count);
		close_scene(NULL);
	}
}

static void test_consistent(void **state)
{
	static uint16_t before[FLOWS];
	size_t moved = 0;

	(void)state;
	NEEDS("consistent");
	open_scene(false, 4);
	set("consistent");
	send_packets(FLOWS, false);
	memcpy(before, scene.came_to, sizeof(before));
	for (size_t i = 0; i < 4; i++) /* 500 are due; the deviation is 19 */
		assert_in_range(scene.got[i], 380, 620);

	add_socket();
	set("consistent");
	send_packets(FLOWS, false);
	for (size_t i = 0; i < FLOWS; i++) {
		if (before[i] == scene.came_to[i])
			continue;
		assert_int_equal(scene.came_to[i], 4);
		moved++;
	}
	assert_in_range(moved, FLOWS * 15 / 100, FLOWS * 25 / 100); /* 20 %; deviation 0.9 % */

	assert_int_equal(set_range("consistent", 0, 4), 0);
	send_packets(FLOWS, false);
	assert_memory_equal(before, scene.came_to, sizeof(before));
}

/* COUNT packets of one flow, left in the queues. */
static void send_and_leave(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		send_number(0, i);
}

static void test_least_queue(void **state)
{
	static const size_t others[] = { 0, 10, 10, 10 }, first[] = { 8, 0, 0, 0 };

	(void)state;
	NEEDS("least-queue");
	open_scene(false, 4);
	assert_int_equal(set_range("round-robin", 0, 1), 0);
	send_and_leave(20);
	set("least-queue");
	send_and_leave(30);
	for (size_t i = 1; i < 4; i++)
		take(i, SIZE_MAX);
	assert_got(others, 4);

	/*
	 * 12 to each of the others, then all but two of the first taken out: the kernel has not
	 * yet subtracted these from what it charges the socket for.
	 */
	send_and_leave(36);
	assert_int_equal(take(0, 18), 18);
	forget_counts();
	send_and_leave(8);
	take(0, 2);
	forget_counts();
	take(0, SIZE_MAX);
	assert_got(first, 4);

	collect(8 + 36);
	forget_counts();
	send_packets(400, true);
	for (size_t i = 0; i < 4; i++) /* in turn, from wherever, and collected every 64 */
		assert_in_range(scene.got[i], 95, 105);
}

/* With more sockets than are looked at for one packet: all have their turns. */
static void test_least_queue_of_many(void **state)
{
	(void)state;
	NEEDS("least-queue");
	open_scene(false, SOCKETS);
	set("least-queue");
	send_and_leave(10 * SOCKETS);
	collect(10 * SOCKETS);
	assert_each_got(10);
}

/* What one call sends with UDP_SEGMENT is chosen for once, and comes out as many packets. */
static void test_burst(void **state)
{
	static const char burst[80];
	static const size_t want[] = { 10, 1, 0, 0 };
	uint64_t by_slot[STEERING_SLOTS] = { 0 }, fallbacks = 0;
	int segment = 8;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	set("round-robin");
	if (setsockopt(flow(0), SOL_UDP, UDP_SEGMENT, &segment, sizeof(segment)) != 0) {
		print_message("skipped: no UDP_SEGMENT (Linux 4.18)\n");
		skip();
	}
	assert_int_equal(send(flow(0), burst, sizeof(burst), 0), sizeof(burst));
	send_number(0, 1);
	collect(11);
	assert_got(want, 4);
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_true(by_slot[0] == 1 && by_slot[1] == 1 && fallbacks == 0);
}

/* From every policy to every other on a live group. */
static void test_swap(void **state)
{
	static const struct {
		const char *text;
		size_t each; /* of 400 packets of one flow; 0: all or nothing */
	} all[] = {
		{ "hash", 0 },       { "round-robin", 100 },
		{ "consistent", 0 }, { "weighted:1,1,1,1", 100 },
		{ "series", 0 },     { "least-queue", 100 },
	};

	(void)state;
	NEEDS("least-queue");
	open_scene(false, 4);
	for (size_t from = 0; from < COUNT(all); from++)
		for (size_t to = 0; to < COUNT(all); to++) {
			set(all[from].text);
			send_packets(10, true);
			set((from + to) % 2 ? "random" : "cpu");
			send_packets(10, true);
			set(all[from].text);
			set(all[to].text);
			assert_int_equal(steering_is_exact(scene.steering), to > 0);
			forget_counts();
			for (uint32_t i = 0; i < 400; i++) {
				send_number(0, 7);
				collect(i + 1);
			}
			if (all[to].each)
				assert_each_got(all[to].each);
			else
				assert_one_only();
		}
}

static void test_decisions(void **state)
{
	uint64_t by_slot[STEERING_SLOTS] = { [3] = 1000 }, fallbacks = 5;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	assert_false(steering_decisions(scene.steering, by_slot, &fallbacks));
	set("weighted:1,2,3,4");
	send_packets(1000, true);
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_true(by_slot[0] == 100 && by_slot[1] == 200 && by_slot[2] == 300);
	assert_true(by_slot[3] == 1400 && by_slot[4] == 0 && fallbacks == 5);

	/* What one program decided is kept by the next, and told once. */
	send_packets(10, true);
	set("round-robin");
	send_packets(40, true);
	set("hash");
	send_packets(10, true);
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_true(by_slot[0] == 111 && by_slot[1] == 212 && by_slot[2] == 313);
	assert_true(by_slot[3] == 1414 && fallbacks == 5);
}

/* Without privilege: what is said, and that classic BPF still works. */
static int unprivileged(void)
{
	static const char want[] =
		"fairport: error: could not load the steering program for round-robin: "
		"Operation not permitted\n"
		"fairport: hint: needs CAP_BPF and CAP_NET_ADMIN; random and cpu need no "
		"privilege\n";
	struct capture capture;
	char said[1024];
	int error;

	capture_begin(&capture, stderr);
	error = set_range("round-robin", 0, 4);
	capture_end(&capture, said, sizeof(said));
	if (error != -EPERM || steering_is_exact(scene.steering))
		return 1;
	if (strcmp(said, want) != 0)
		return 2;
	return set_range("random", 0, 4) == 0 ? 0 : 3;
}

/* CHECK in a process that has left only the capabilities of KEPT, as a set of bits. */
static int run_with(uint64_t kept, int (*check)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
		struct __user_cap_data_struct data[2] = {
			{ .effective = (uint32_t)kept, .permitted = (uint32_t)kept },
			{ .effective = kept >> 32, .permitted = kept >> 32 },
		};

		if (syscall(SYS_capset, &header, data) != 0)
			_exit(99);
		_exit(check());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_unprivileged(void **state)
{
	(void)state;
	open_scene(false, 4);
	assert_int_equal(run_with(0, unprivileged), 0);
	send_packets(1000, true);
	assert_spread();
}

/* Without CAP_PERFMON: some policies do, the others say what they lack. */
static int half_privileged(void)
{
	struct capture capture;
	char said[1024];
	int error[2];

	if (set_range("round-robin", 0, 4) != 0 || set_range("consistent", 0, 4) != 0 ||
	    set_range("weighted:1,1,1,1", 0, 4) != 0)
		return 1;
	capture_begin(&capture, stderr);
	error[0] = set_range("series", 0, 4);
	error[1] = set_range("least-queue", 0, 4);
	capture_end(&capture, said, sizeof(said));
	return error[0] != -EPERM || error[1] != -EPERM || !strstr(said, "CAP_PERFMON") ? 2 : 0;
}

static void test_half_privileged(void **state)
{
	(void)state;
	NEEDS("least-queue");
	open_scene(false, 4);
	assert_int_equal(run_with(1ULL << CAP_BPF | 1ULL << CAP_NET_ADMIN, half_privileged), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_random, close_scene),
		cmocka_unit_test_teardown(test_cpu, close_scene),
		cmocka_unit_test_teardown(test_round_robin, close_scene),
		cmocka_unit_test_teardown(test_weighted, close_scene),
		cmocka_unit_test_teardown(test_consistent, close_scene),
		cmocka_unit_test_teardown(test_least_queue, close_scene),
		cmocka_unit_test_teardown(test_least_queue_of_many, close_scene),
		cmocka_unit_test_teardown(test_burst, close_scene),
		cmocka_unit_test_teardown(test_swap, close_scene),
		cmocka_unit_test_teardown(test_decisions, close_scene),
		cmocka_unit_test_teardown(test_unprivileged, close_scene),
		cmocka_unit_test_teardown(test_half_privileged, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
