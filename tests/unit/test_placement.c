/* Where a process runs: what is told to the kernel, and that what it then says is checked. */
/* link: receiver/pool/placement.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "receiver/pool/placement.h"

/* A process that only waits to be looked at. */
static int setup(void **state)
{
	static pid_t child;

	child = fork();
	if (child == 0)
		for (;;)
			pause();
	*state = &child;
	return child > 0 ? 0 : -1;
}

static int teardown(void **state)
{
	pid_t child = *(pid_t *)*state;

	kill(child, SIGKILL);
	return waitpid(child, NULL, 0) == child ? 0 : -1;
}

static bool verify(pid_t pid, int cpu, int socket, char said[static 512])
{
	struct capture capture;
	bool right;

	capture_begin(&capture, stderr);
	right = placement_verify(3, pid, cpu, socket);
	capture_end(&capture, said, 512);
	return right;
}

static void test_choice(void **state)
{
	cpu_set_t before, one;
	size_t count;
	int last = -1;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	count = (size_t)CPU_COUNT(&before);
	assert_int_equal(placement_cpus(), count);
	for (size_t i = 0; i < count; i++) {
		int cpu = placement_cpu(i);

		assert_true(cpu > last && CPU_ISSET(cpu, &before));
		assert_int_equal(placement_cpu(i + count), cpu);
		assert_int_equal(placement_cpu(i + 7 * count), cpu);
		last = cpu;
	}
	/* What the process may not use is not offered. */
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_int_equal(placement_cpus(), 1);
	assert_int_equal(placement_cpu(0), last);
	assert_int_equal(placement_cpu(5), last);
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void test_pin(void **state)
{
	cpu_set_t before, after;
	int cpu = placement_cpu(placement_cpus() - 1);
	char said[512];

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	assert_int_equal(placement_pin(cpu), 0);
	assert_int_equal(sched_getaffinity(0, sizeof(after), &after), 0);
	assert_int_equal(CPU_COUNT(&after), 1);
	assert_true(CPU_ISSET(cpu, &after));
	assert_int_equal(sched_getcpu(), cpu);
	assert_true(verify(getpid(), cpu, -1, said));
	assert_string_equal(said, "");
	assert_int_equal(placement_pin(-1), -EINVAL);
	assert_int_equal(placement_pin(1 << 20), -EINVAL);
	assert_int_equal(placement_pin(8191), -EINVAL); /* no machine of ours */
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

static void test_wrong_cpu(void **state)
{
	pid_t child = *(pid_t *)*state;
	size_t count = placement_cpus();
	char said[512], want[128];
	cpu_set_t one;

	if (count < 2) {
		print_message("skipped: this process may use one CPU only\n");
		skip();
	}
	/* It may run on all of them, then on one, then on another one. */
	assert_false(verify(child, placement_cpu(0), -1, said));
	snprintf(want, sizeof(want), "warning: worker 3 (pid %d) may run on CPU ", (int)child);
	assert_non_null(strstr(said, want));
	snprintf(want, sizeof(want), ", not on CPU %d alone\n", placement_cpu(0));
	assert_non_null(strstr(said, want));
	CPU_ZERO(&one);
	CPU_SET(placement_cpu(1), &one);
	assert_int_equal(sched_setaffinity(child, sizeof(one), &one), 0);
	assert_true(verify(child, placement_cpu(1), -1, said));
	assert_string_equal(said, "");
	assert_false(verify(child, placement_cpu(0), -1, said));
	snprintf(want, sizeof(want), "may run on CPU %d, not on CPU %d alone\n", placement_cpu(1),
		 placement_cpu(0));
	assert_non_null(strstr(said, want));
}

static void test_gone(void **state)
{
	pid_t child = fork();
	char said[512];

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_false(verify(child, 0, -1, said));
	assert_non_null(strstr(said, "No such process\n"));
}

static void test_incoming(void **state)
{
	int cpu = placement_cpu(0), found = -1;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t length = sizeof(found);
	pid_t child = *(pid_t *)*state;
	cpu_set_t one;
	char said[512];

	assert_true(fd >= 0);
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(child, sizeof(one), &one), 0);
	/* It was never set. */
	assert_false(verify(child, cpu, fd, said));
	assert_non_null(strstr(said, "warning: SO_INCOMING_CPU of worker 3 is -1, not "));
	assert_int_equal(placement_incoming(fd, cpu), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &found, &length), 0);
	assert_int_equal(found, cpu);
	assert_true(verify(child, cpu, fd, said));
	assert_string_equal(said, "");
	/* Both are checked. */
	assert_int_equal(placement_incoming(fd, cpu + 1), 0);
	assert_false(verify(child, cpu, fd, said));
	assert_non_null(strstr(said, "SO_INCOMING_CPU"));
	close(fd);
	assert_int_equal(placement_incoming(fd, cpu), -EBADF);
	assert_false(verify(child, cpu, 1 << 20, said));
	assert_non_null(strstr(said, "Bad file descriptor\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_pin),
		cmocka_unit_test_setup_teardown(test_wrong_cpu, setup, teardown),
		cmocka_unit_test(test_gone),
		cmocka_unit_test_setup_teardown(test_incoming, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
