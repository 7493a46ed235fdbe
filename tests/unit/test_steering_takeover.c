/* Steering while sockets come and go: take-over, death, and what is left behind. */
/* link: receiver/steering/steering.c receiver/steering/ebpf.c receiver/steering/ebpf_explain.c */
/* link: receiver/steering/sockets.c receiver/steering/cbpf.c receiver/steering/tables.c */
/* link: receiver/steering/policy.c */
#include "tests/unit/steering_scene.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const char *const policies[] = { "round-robin", "weighted:1,1,1,1", "least-queue", "series",
					"consistent" };

/* From one packet to the next: none to the old ones, which stay open. */
static void test_takeover(void **state)
{
	(void)state;
	NEEDS("least-queue");
	for (size_t i = 0; i < COUNT(policies); i++) {
		open_scene(false, 8);
		assert_int_equal(set_range(policies[i], 0, 4), 0);
		send_packets(400, false);
		for (size_t k = 4; k < 8; k++)
			assert_int_equal(scene.got[k], 0);
		assert_int_equal(set_range(policies[i], 4, 4), 0);
		forget_counts();
		send_packets(400, false);
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(scene.got[k], 0);
		/* Some of either. */
		assert_int_equal(set_range(policies[i], 2, 4), 0);
		forget_counts();
		send_packets(400, false);
		assert_int_equal(scene.got[0] + scene.got[1] + scene.got[6] + scene.got[7], 0);
		close_scene(NULL);
	}
}

static atomic_bool swapping;

static void *swap_always(void *unused)
{
	for (size_t i = 0; swapping; i++)
		if (set_range(policies[i % 2], i % 3, 4) != 0)
			return (void *)1;
	return unused;
}

/* Packets are sent while programs and sockets change: each is chosen for, and none is lost. */
static void test_swap_under_load(void **state)
{
	uint64_t by_slot[STEERING_SLOTS] = { 0 }, fallbacks = 0, sum = 0;
	void *failed = NULL;
	pthread_t thread;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 6);
	assert_int_equal(set_range("round-robin", 0, 4), 0);
	swapping = true;
	assert_int_equal(pthread_create(&thread, NULL, swap_always, NULL), 0);
	for (int i = 0; i < 40; i++)
		send_packets(1000, i % 2);
	swapping = false;
	pthread_join(thread, &failed);
	assert_null(failed);
	assert_int_equal(scene.total, 40000);
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	for (size_t i = 0; i < STEERING_SLOTS; i++)
		sum += by_slot[i];
	assert_int_equal(sum, 40000);
	assert_int_equal(fallbacks, 0);
}

/* A member is closed before anybody says so: the others have its packets, no outsider. */
static void test_dead_member(void **state)
{
	uint64_t by_slot[STEERING_SLOTS], fallbacks;

	(void)state;
	NEEDS("least-queue");
	for (size_t i = 0; i < COUNT(policies); i++) {
		size_t others = 0;

		memset(by_slot, 0, sizeof(by_slot));
		fallbacks = 0;
		open_scene(false, 6);
		assert_int_equal(set_range(policies[i], 0, 4), 0);
		close_socket(1);
		send_packets(1000, false);
		assert_int_equal(scene.got[4] + scene.got[5], 0);
		assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
		for (size_t k = 0; k < 4; k++) {
			assert_int_equal(by_slot[k], scene.got[k]);
			others += scene.got[k];
		}
		assert_int_equal(others + fallbacks, 1000);
		if (strcmp(policies[i], "consistent") == 0) { /* and a flow has its place */
			uint16_t before[1000];

			memcpy(before, scene.came_to, sizeof(before));
			send_packets(1000, false);
			assert_memory_equal(before, scene.came_to, sizeof(before));
		}
		close_scene(NULL);
	}
}

static void test_forget(void **state)
{
	uint64_t by_slot[STEERING_SLOTS] = { 0 }, fallbacks = 0;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	steering_forget(scene.steering, 1);
	set("round-robin");
	steering_forget(scene.steering, 0);
	steering_forget(scene.steering, scene.members[2].cookie);
	send_packets(1000, true);
	assert_int_equal(scene.got[2], 0);
	/* It is not lost for good. */
	set("round-robin");
	forget_counts();
	send_packets(1000, true);
	assert_each_got(250);
	/* Nobody is left: the hash chooses, and that is counted. */
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_true(fallbacks <= 1); /* of 8 tries among 4 not one hit another: 250 * 4^-8 */
	for (size_t i = 0; i < 4; i++)
		steering_forget(scene.steering, scene.members[i].cookie);
	send_packets(100, true);
	fallbacks = 0;
	assert_true(steering_decisions(scene.steering, by_slot, &fallbacks));
	assert_int_equal(fallbacks, 100);
}

/* More sockets, one after the other, than the array has room for. */
static void test_generations(void **state)
{
	(void)state;
	NEEDS("round-robin");
	open_scene(false, SOCKETS);
	for (int generation = 0; generation < 140; generation++) {
		set("round-robin");
		while (scene.count > 1)
			close_socket(--scene.count);
		add_socket();
		close_socket(0);
		scene.members[0] = scene.members[1];
		scene.count = 1;
		while (scene.count < SOCKETS)
			add_socket();
	}
	set("round-robin");
	send_packets(10 * SOCKETS, true);
	assert_each_got(10);
}

/* What fails changes nothing. */
static void test_failures(void **state)
{
	struct policy policy = { .text = "consistent", .kind = POLICY_CONSISTENT };
	struct policy unfit = {
		.text = "weighted:1", .kind = POLICY_WEIGHTED, .weights = { 1 }, .weight_count = 1
	};
	struct steering *other;
	struct steering_member broken[4];
	struct capture capture;
	char said[1024];
	int results[4];

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	other = steering_open(false);
	assert_int_equal(set_range("round-robin", 0, 2), 0);
	memcpy(broken, scene.members, sizeof(broken));
	broken[3] = (struct steering_member){ .fd = STDIN_FILENO, .cookie = 12345 };
	capture_begin(&capture, stderr);
	results[0] = steering_set(scene.steering, &policy, broken, 4);
	results[1] = steering_set(scene.steering, &unfit, scene.members, 4);
	results[2] = steering_set(scene.steering, &policy, scene.members, 0);
	policy.kind = POLICY_HASH;
	results[3] = steering_set(scene.steering, &policy, broken + 3, 1);
	capture_end(&capture, said, sizeof(said));
	for (size_t i = 0; i < 4; i++)
		assert_true(results[i] < 0);
	assert_non_null(strstr(said, "could not steer socket 4 of 4: "));
	assert_non_null(strstr(said, "weighted has 1 weight for 4 workers"));
	assert_true(steering_is_exact(scene.steering));
	send_packets(1000, true);
	assert_int_equal(scene.got[0], 500);
	assert_int_equal(scene.got[1], 500);
	/* The third was all right, and is free for another. */
	policy.kind = POLICY_CONSISTENT;
	assert_int_equal(steering_set(other, &policy, scene.members + 2, 1), 0);
	steering_close(other);
}

static size_t open_descriptors(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* Sets round-robin among all while so few files may be open that something on the way fails. */
static int set_with_descriptors(size_t more)
{
	struct rlimit before, few;
	struct capture capture;
	char said[1024];
	int result;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	capture_begin(&capture, stderr);
	few = before;
	few.rlim_cur = open_descriptors() + more;
	setrlimit(RLIMIT_NOFILE, &few);
	result = set_range("round-robin", 0, 4);
	setrlimit(RLIMIT_NOFILE, &before);
	capture_end(&capture, said, sizeof(said));
	return result;
}

/*
 * Wherever it fails, the old members are steered as before, and the new ones free for another.
 */
static void test_failure_on_the_way(void **state)
{
	struct policy policy = { .text = "round-robin", .kind = POLICY_ROUND_ROBIN };
	size_t failures = 0;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	assert_int_equal(set_range("round-robin", 0, 2), 0);
	for (size_t more = 0; set_with_descriptors(more) != 0; more++) {
		struct steering *other = steering_open(false);

		assert_true(++failures < 50);
		forget_counts();
		send_packets(100, true);
		assert_int_equal(scene.got[0], 50);
		assert_int_equal(scene.got[1], 50);
		/* Only to see that they can be had: the array of OTHER goes at once. */
		assert_int_equal(steering_set(other, &policy, scene.members + 2, 2), 0);
		steering_close(other);
		assert_int_equal(set_range("round-robin", 0, 2), 0);
	}
	assert_true(failures > 3);
	forget_counts();
	send_packets(100, true);
	assert_each_got(25);
}

/*
 * Closed, nothing of it is left: the hash chooses, and another may steer the same sockets at once.
 */
static void test_close(void **state)
{
	size_t used = 0, before;

	(void)state;
	NEEDS("least-queue");
	open_scene(false, 4);
	flow(0);
	before = open_descriptors();
	for (int i = 0; i < 10; i++) {
		if (i % 2) {
			set("least-queue");
			set("round-robin");
			send_packets(40, true);
			assert_each_got(10);
			forget_counts();
		} else {
			set("random");
		}
		steering_close(scene.steering);
		scene.steering = NULL;
		assert_int_equal(open_descriptors(), before);
		scene.steering = steering_open(false);
		send_packets(40, true);
		for (size_t k = 0; k < 4; k++)
			used += scene.got[k] > 0;
		forget_counts();
	}
	assert_int_equal(used, 10);
	steering_close(NULL);
}

/* A process dies without a word, and its sockets live on here. */
static void test_left_behind(void **state)
{
	pid_t child;
	int status;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	child = fork();
	if (child == 0)
		_exit(set_range("weighted:1,0,0,0", 0, 4) == 0 ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	send_packets(100, true);
	assert_int_equal(scene.got[0], 100);
	set("round-robin");
	forget_counts();
	send_packets(1000, true);
	assert_each_got(250);
}

/* Another that lives does not give up its sockets. */
static void test_held_by_another(void **state)
{
	struct steering *other;
	struct policy policy = { .text = "round-robin", .kind = POLICY_ROUND_ROBIN };
	struct capture capture;
	char said[1024];
	int result;

	(void)state;
	NEEDS("round-robin");
	open_scene(false, 4);
	other = steering_open(false);
	assert_int_equal(steering_set(other, &policy, scene.members, 4), 0);
	capture_begin(&capture, stderr);
	result = set_range("round-robin", 0, 4);
	capture_end(&capture, said, sizeof(said));
	steering_close(other);
	assert_int_equal(result, -EBUSY);
	assert_string_equal(said,
			    "fairport: error: could not steer socket 1 of 4: Device or resource "
			    "busy\n"
			    "fairport: hint: the socket array of another process holds it; end "
			    "that one first\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_takeover, close_scene),
		cmocka_unit_test_teardown(test_swap_under_load, close_scene),
		cmocka_unit_test_teardown(test_dead_member, close_scene),
		cmocka_unit_test_teardown(test_forget, close_scene),
		cmocka_unit_test_teardown(test_generations, close_scene),
		cmocka_unit_test_teardown(test_failures, close_scene),
		cmocka_unit_test_teardown(test_failure_on_the_way, close_scene),
		cmocka_unit_test_teardown(test_close, close_scene),
		cmocka_unit_test_teardown(test_left_behind, close_scene),
		cmocka_unit_test_teardown(test_held_by_another, close_scene),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
