/* The accepter, as a process of its own; this test is the clients and the workers. */
/* link: receiver/child.c receiver/models/front.c */
/* link: receiver/models/accepter.c receiver/tcp/descriptor.c */
/* link: receiver/account.c receiver/engines/taking.c */
#include "helpers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "receiver/account.h"
#include "receiver/models/front.h"
#include "receiver/options.h"
#include "receiver/tcp/descriptor.h"

#define CHANNELS 4

struct pool {
	struct receive_options options;
	struct account *account;
	struct received *counts;
	struct received workers; /* what descriptor_receive() counts */
	int listener;
	struct sockaddr_in address;
	int ours[CHANNELS], theirs[CHANNELS];
	size_t count; /* of channels */
	pid_t child;
};

/* SMALL: channels that hold few connections. */
static void prepare(struct pool *pool, size_t count, bool small)
{
	socklen_t length = sizeof(pool->address);
	int size = 1;

	memset(pool, 0, sizeof(*pool));
	pool->options =
		(struct receive_options){ .drain = 10 * NS_PER_SECOND, .max_connections = 3000 };
	pool->account = account_open();
	assert_non_null(pool->account);
	pool->counts = &pool->account->counts;
	pool->count = count;
	pool->address = (struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	pool->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_true(pool->listener >= 0);
	assert_int_equal(bind(pool->listener, (struct sockaddr *)&pool->address, length), 0);
	assert_int_equal(getsockname(pool->listener, (struct sockaddr *)&pool->address, &length),
			 0);
	assert_int_equal(listen(pool->listener, 2000), 0);
	for (size_t i = 0; i < count; i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC,
					    0, ends),
				 0);
		pool->ours[i] = ends[0];
		pool->theirs[i] = ends[1];
		if (small)
			assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size,
						    sizeof(size)),
					 0);
	}
}

/* FEW: a user without privileges, for whom few descriptors may be under way (unix(7)). */
static void run_child(struct pool *pool, int ready_fd, bool few)
{
	const struct front_start start = {
		.options = &pool->options,
		.account = pool->account,
		.input = pool->listener,
		.channels = pool->theirs,
		.count = pool->count,
		.ready_fd = ready_fd,
	};
	const struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };

	if (few && (setrlimit(RLIMIT_NOFILE, &limit) != 0 ||
		    (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)))
		_exit(99);
	/* Should the test fail; after setresuid(2), which clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	_exit(accepter_run(&start));
}

static void start(struct pool *pool, bool few)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pool->child = fork();
	assert_true(pool->child >= 0);
	if (pool->child == 0)
		run_child(pool, ready[1], few);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
}

static void tell(struct pool *pool, enum order order)
{
	pool->account->order = order;
	assert_int_equal(kill(pool->child, SIGTERM), 0);
}

static void finish(struct pool *pool)
{
	int status;

	assert_int_equal(waitpid(pool->child, &status, 0), pool->child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(pool->counts->connections,
			 pool->counts->handed_on + pool->counts->connections_cut);
	for (size_t i = 0; i < pool->count; i++) {
		close(pool->ours[i]);
		close(pool->theirs[i]);
	}
	close(pool->listener);
	account_close(pool->account);
}

static int dial(const struct pool *pool)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&pool->address,
				 sizeof(pool->address)),
			 0);
	return fd;
}

/* The next connection of a channel, for which is waited as long as PATIENCE ms; or -errno. */
static int get(struct pool *pool, size_t channel, int patience)
{
	struct pollfd wait = { .fd = pool->ours[channel], .events = POLLIN };

	poll(&wait, 1, patience);
	return descriptor_receive(pool->ours[channel], &pool->workers);
}

/* How many are in a channel, each being closed, until none comes within PATIENCE ms. */
static size_t get_all(struct pool *pool, size_t channel, int patience)
{
	size_t count = 0;
	int fd;

	while ((fd = get(pool, channel, patience)) >= 0) {
		close(fd);
		count++;
	}
	assert_int_equal(fd, -EAGAIN);
	return count;
}

#define EVENTUALLY(condition)                                                                      \
	do {                                                                                       \
		uint64_t give_up = clock_now() + 10 * NS_PER_SECOND;                               \
                                                                                                   \
		while (!(condition) && clock_now() < give_up)                                      \
			usleep(1000);                                                              \
		assert_true(condition);                                                            \
	} while (0)

static uint64_t shared(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Each in turn, and what is passed is the connection. */
static void test_in_turn(void **state)
{
	struct pool pool;
	char byte;

	(void)state;
	prepare(&pool, CHANNELS, false);
	start(&pool, false);
	for (size_t i = 0; i < 1000; i++) {
		int client = dial(&pool), fd = get(&pool, i % CHANNELS, 10000);

		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_int_equal(write(client, "x", 1), 1);
		close(client);
		/* Once in a while it has still to arrive. */
		EVENTUALLY(recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1);
		close(fd);
	}
	assert_int_equal(pool.workers.connections, 1000);
	tell(&pool, ORDER_LEAVE);
	assert_int_equal(waitid(P_PID, (id_t)pool.child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT), 0);
	assert_int_equal(pool.counts->connections, 1000);
	assert_int_equal(pool.counts->handed_on, 1000);
	assert_int_equal(pool.counts->receive_calls,
			 pool.counts->connections + pool.counts->eagain);
	finish(&pool);
}

/* 1,000 at once: 250 each. */
static void test_even(void **state)
{
	struct pool pool;
	int clients[1000];

	(void)state;
	prepare(&pool, CHANNELS, false);
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&pool);
	start(&pool, false);
	EVENTUALLY(shared(&pool.counts->handed_on) == 1000);
	for (size_t i = 0; i < CHANNELS; i++)
		assert_int_equal(get_all(&pool, i, 0), 250);
	tell(&pool, ORDER_LEAVE);
	finish(&pool);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
}

static void test_full_is_passed_over(void **state)
{
	struct pool pool;
	size_t full, rest = 0;

	(void)state;
	prepare(&pool, 2, true);
	start(&pool, false);
	for (size_t i = 0; i < 100; i++) {
		close(dial(&pool));
		EVENTUALLY(shared(&pool.counts->handed_on) == i + 1);
		rest += get_all(&pool, 1, 0);
	}
	full = get_all(&pool, 0, 0);
	assert_in_range(full, 1, 20);
	assert_int_equal(full + rest, 100);
	/* It has its turn again. */
	close(dial(&pool));
	close(dial(&pool));
	EVENTUALLY(shared(&pool.counts->handed_on) == 102);
	assert_int_equal(get_all(&pool, 0, 0), 1);
	assert_int_equal(get_all(&pool, 1, 0), 1);
	tell(&pool, ORDER_LEAVE);
	finish(&pool);
}

/* With all full, the kernel queues; the one that was accepted already is not dropped. */
static void test_all_full(void **state)
{
	struct pool pool;
	size_t stuck;
	int clients[50], fd;

	(void)state;
	prepare(&pool, 1, true);
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&pool);
	start(&pool, false);
	EVENTUALLY(shared(&pool.counts->connections) > shared(&pool.counts->handed_on));
	usleep(20000);
	stuck = pool.counts->connections;
	assert_int_equal(stuck, pool.counts->handed_on + 1);
	assert_true(stuck < 20);
	tell(&pool, ORDER_LEAVE);
	usleep(20000);
	assert_int_equal(get_all(&pool, 0, 100), stuck);
	while ((fd = descriptor_accept(pool.listener, &pool.workers)) >= 0)
		close(fd);
	assert_int_equal(pool.workers.connections, 50);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
	finish(&pool);
}

/* Nobody reads for as long as draining may take: it says so, and leaves. */
static void test_given_up(void **state)
{
	struct pool pool;
	struct capture capture;
	char messages[1024];
	int clients[20];

	(void)state;
	prepare(&pool, 1, true);
	pool.options.drain = 30 * NS_PER_MS;
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&pool);
	capture_begin(&capture, stderr);
	start(&pool, false);
	EVENTUALLY(shared(&pool.counts->connections) > shared(&pool.counts->handed_on));
	tell(&pool, ORDER_DRAIN);
	waitid(P_PID, (id_t)pool.child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	capture_end(&capture, messages, sizeof(messages));
	assert_non_null(strstr(messages, "gave up a connection"));
	assert_int_equal(pool.counts->connections_cut, 1);
	finish(&pool);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
}

static void test_drain(void **state)
{
	struct pool pool;
	size_t count = 0;

	(void)state;
	prepare(&pool, CHANNELS, false);
	pool.account->order = ORDER_DRAIN;
	start(&pool, false);
	assert_int_equal(kill(pool.child, SIGSTOP), 0);
	for (size_t i = 0; i < 200; i++)
		close(dial(&pool));
	tell(&pool, ORDER_DRAIN);
	assert_int_equal(kill(pool.child, SIGCONT), 0);
	waitid(P_PID, (id_t)pool.child, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	for (size_t i = 0; i < CHANNELS; i++)
		count += get_all(&pool, i, 0);
	assert_int_equal(count, 200);
	finish(&pool);
}

/* Of the accepter, ns. */
static uint64_t processor_time(const struct pool *pool)
{
	struct timespec time;
	clockid_t clock;

	assert_int_equal(clock_getcpuclockid(pool->child, &clock), 0);
	assert_int_equal(clock_gettime(clock, &time), 0);
	return (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
}

/* ETOOMANYREFS is a kind of full. */
static void test_too_many_under_way(void **state)
{
	struct pool pool;
	int clients[100];
	uint64_t stuck, before;

	(void)state;
	prepare(&pool, CHANNELS, false);
	start(&pool, true);
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&pool);
	EVENTUALLY(shared(&pool.counts->connections) > 40);
	before = processor_time(&pool);
	usleep(50000);
	/* It waits, and does not turn in circles. */
	assert_true(processor_time(&pool) - before < 25 * NS_PER_MS);
	stuck = shared(&pool.counts->handed_on);
	assert_in_range(stuck, 40, 60);
	assert_int_equal(pool.counts->connections, stuck + 1);
	for (size_t i = 0; pool.workers.connections < 100 && i < 10000; i++) {
		int fd = get(&pool, i % CHANNELS, 1);

		if (fd >= 0)
			close(fd);
	}
	assert_int_equal(pool.workers.connections, 100);
	tell(&pool, ORDER_LEAVE);
	finish(&pool);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turn),
		cmocka_unit_test(test_even),
		cmocka_unit_test(test_full_is_passed_over),
		cmocka_unit_test(test_all_full),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_too_many_under_way),
	};

	/* 1,000 clients. */
	descriptor_raise_limit(1200);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
