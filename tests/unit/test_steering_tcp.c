/* Steering TCP: which listener each connection waits at, also when one is closed. */
/* link: receiver/steering/steering.c receiver/steering/ebpf.c receiver/steering/ebpf_explain.c */
/* link: receiver/steering/sockets.c receiver/steering/cbpf.c receiver/steering/tables.c */
/* link: receiver/steering/policy.c */
#include "tests/unit/steering_scene.h"

#include <netinet/tcp.h>
#include <sys/utsname.h>

/* Connections that wait to be accepted; listen(2), tcp(7). */
static size_t waiting(size_t index)
{
	struct tcp_info info = { 0 };
	socklen_t length = sizeof(info);

	if (scene.members[index].fd < 0)
		return 0;
	assert_int_equal(getsockopt(scene.members[index].fd, IPPROTO_TCP, TCP_INFO, &info, &length),
			 0);
	return info.tcpi_unacked;
}

/* Until TOTAL connections wait, at any listener. */
static void await(size_t total)
{
	uint64_t deadline = clock_now() + PATIENCE;
	size_t sum;

	do {
		sum = 0;
		for (size_t i = 0; i < scene.count; i++) {
			scene.got[i] = waiting(i);
			sum += scene.got[i];
		}
	} while (sum < total && clock_now() < deadline);
	assert_int_equal(sum, total);
}

/* COUNT connections more, one after the other, which wait. */
static void connect_more(size_t count)
{
	size_t already = 0;

	for (size_t i = 0; i < scene.count; i++)
		already += waiting(i);
	for (size_t i = 1; i <= count; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		assert_true(fd >= 0);
		scene.flows[scene.flow_count++] = fd;
		assert_int_equal(connect(fd, (struct sockaddr *)&scene.address,
					 sizeof(scene.address)),
				 0);
		await(already + i);
	}
}

/* Accepts all that waits at a listener; that each works is seen by a byte that comes through. */
static size_t accept_all(size_t index)
{
	size_t accepted = 0;
	int fd;

	while ((fd = accept(scene.members[index].fd, NULL, NULL)) >= 0) {
		struct linger at_once = { .l_onoff = 1 };

		assert_int_equal(send(fd, "x", 1, MSG_NOSIGNAL), 1);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fd);
		accepted++;
	}
	return accepted;
}

static void test_round_robin(void **state)
{
	uint64_t by_slot[STEERING_SLOTS] = { 0 }, fallbacks = 0;

	(void)state;
	NEEDS("round-robin");
	open_scene(true, 4);
	set("round-robin");
	connect_more(100);
	assert_each_got(25);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(accept_all(i), 25);
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(by_slot[i], 25);
	assert_int_equal(fallbacks, 0);
}

static void test_weighted(void **state)
{
	static const size_t want[] = { 30, 10 };

	(void)state;
	NEEDS("weighted:1");
	open_scene(true, 2);
	set("weighted:3,1");
	connect_more(40);
	assert_got(want, 2);
}

/* 25 of 100 are due, with a deviation of 4.3. */
static void test_random(void **state)
{
	(void)state;
	open_scene(true, 4);
	set("random");
	connect_more(100);
	for (size_t i = 0; i < 4; i++)
		assert_in_range(scene.got[i], 1, 60);
}

static void test_least_queue(void **state)
{
	static const size_t uneven[] = { 12, 0, 0, 0 }, level[] = { 12, 12, 12, 12 };
	static const size_t again[] = { 12, 12, 10, 12 };

	(void)state;
	NEEDS("least-queue");
	open_scene(true, 4);
	assert_int_equal(set_range("round-robin", 0, 1), 0);
	connect_more(12);
	assert_got(uneven, 4);
	set("least-queue");
	connect_more(36);
	assert_got(level, 4);
	assert_int_equal(accept_all(2), 12);
	connect_more(10);
	assert_got(again, 4);
}

static void test_takeover(void **state)
{
	static const size_t want[] = { 10, 10, 0, 0 }, then[] = { 10, 10, 20, 20 };

	(void)state;
	NEEDS("round-robin");
	open_scene(true, 4);
	assert_int_equal(set_range("round-robin", 0, 2), 0);
	connect_more(20);
	assert_got(want, 4);
	assert_int_equal(set_range("round-robin", 2, 2), 0);
	connect_more(40);
	assert_got(then, 4);
}

static bool kernel_migrates(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	return sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 5 || (major == 5 && minor >= 14));
}

/*
 * A listener is closed with connections in its queue: they go to the others, whatever
 * net.ipv4.tcp_migrate_req is, and to no listener that is none of the members.
 */
static void test_close_of_listener(void **state)
{
	static const char *const policies[] = { "round-robin", "weighted:1,1,1", "least-queue",
						"consistent" };

	(void)state;
	NEEDS("least-queue");
	if (!kernel_migrates()) {
		print_message("skipped: needs Linux 5.14\n");
		skip();
	}
	for (size_t i = 0; i < COUNT(policies); i++) {
		open_scene(true, 5);
		assert_int_equal(set_range(policies[i], 0, 3), 0);
		connect_more(60);
		close_socket(1);
		await(60);
		assert_int_equal(scene.got[3] + scene.got[4], 0);
		/* One that was forgotten before it is closed hands on its queue as well. */
		assert_int_equal(set_range("round-robin", 2, 2), 0);
		steering_forget(scene.steering, scene.members[0].cookie);
		close_socket(0);
		await(60);
		assert_int_equal(scene.got[4], 0);
		assert_true(scene.got[3] > 0);
		assert_int_equal(accept_all(2) + accept_all(3), 60);
		close_scene(NULL);
	}
}

static void test_series_is_for_udp(void **state)
{
	struct capture capture;
	char said[512];
	int error;

	(void)state;
	open_scene(true, 2);
	capture_begin(&capture, stderr);
	error = set_range("series", 0, 2);
	capture_end(&capture, said, sizeof(said));
	assert_int_equal(error, -EINVAL);
	assert_non_null(strstr(said, "TCP is chosen for before there is any"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_round_robin, close_scene),
		cmocka_unit_test_teardown(test_weighted, close_scene),
		cmocka_unit_test_teardown(test_random, close_scene),
		cmocka_unit_test_teardown(test_least_queue, close_scene),
		cmocka_unit_test_teardown(test_takeover, close_scene),
		cmocka_unit_test_teardown(test_close_of_listener, close_scene),
		cmocka_unit_test_teardown(test_series_is_for_udp, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
