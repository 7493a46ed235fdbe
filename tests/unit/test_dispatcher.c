/* The dispatcher: to each worker in turn, and nothing lost that it took. */
/* link: receiver/child.c receiver/models/front.c */
/* link: receiver/models/dispatcher.c receiver/models/channels.c receiver/account.c */
/* link: receiver/engines/batch.c receiver/engines/engine.c receiver/engines/taking.c */
/* link: receiver/engines/recvfrom.c receiver/engines/recvmmsg.c receiver/engines/gro.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "common/clock.h"
#include "common/exit.h"
#include "receiver/account.h"
#include "receiver/engines/batch.h"
#include "receiver/models/channels.h"
#include "receiver/models/front.h"
#include "receiver/options.h"
#include "tests/unit/receive_pair.h"

#define WORKERS 4
#define CHOICES 4
#define MOST    20000 /* packets of a test */
#define GIVE_UP (20 * NS_PER_SECOND)

struct scene {
	struct receive_options options;
	struct account *account;
	struct receive_pair pair;
	int near[WORKERS], far[WORKERS]; /* the workers' ends and the dispatcher's */
	pid_t pid;
	uint32_t sent; /* packets, numbered from 0 on */
	size_t got[WORKERS], total, twice;
	uint32_t last[WORKERS]; /* number, of the last packet */
	bool seen[MOST];
};

static struct scene scene;

static uint64_t count_of(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* Waits a little; fails when that has been done for too long since *BEGAN. */
static void wait_more(uint64_t *began)
{
	static const struct timespec pause = { .tv_nsec = NS_PER_MS };

	if (*began == 0)
		*began = clock_now();
	assert_true(clock_now() < *began + GIVE_UP);
	nanosleep(&pause, NULL);
}

static void be_dispatcher(int ready_fd)
{
	const struct front_start start = {
		.options = &scene.options,
		.account = scene.account,
		.input = scene.pair.server,
		.channels = scene.far,
		.count = WORKERS,
		.ready_fd = ready_fd,
	};
	int null = open("/dev/null", O_WRONLY);

	/* Where a test fails, nobody ends it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDERR_FILENO);
	for (size_t i = 0; i < WORKERS; i++)
		close(scene.near[i]);
	_exit(dispatcher_run(&start));
}

static void begin(size_t engine, uint64_t drain, enum order order)
{
	int ready[2], room = 1 << 20;
	char byte;

	scene = (struct scene){ .options = { .engine = engine, .drain = drain } };
	scene.account = account_open();
	assert_non_null(scene.account);
	scene.account->order = order;
	receive_pair_open(&scene.pair, AF_INET);
	for (size_t i = 0; i < WORKERS; i++) {
		int ends[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
		setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
		scene.near[i] = ends[0];
		scene.far[i] = ends[1];
	}
	assert_int_equal(pipe(ready), 0);
	scene.pid = fork();
	if (scene.pid == 0)
		be_dispatcher(ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	/* It is closed when there is no more to tell. */
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
}

static int await_exit(void)
{
	uint64_t began = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(scene.pid, &status, WNOHANG)) == 0)
		wait_more(&began);
	assert_int_equal(pid, scene.pid);
	return status;
}

static void end(void)
{
	for (size_t i = 0; i < WORKERS; i++) {
		close(scene.near[i]);
		close(scene.far[i]);
	}
	receive_pair_close(&scene.pair);
	account_close(scene.account);
}

/* Packets of four bytes, their number; TOGETHER in one call. */
static void send_packets(size_t count, size_t together)
{
	uint32_t numbers[64];

	segment_sends(scene.pair.client, together > 1 ? sizeof(numbers[0]) : 0);
	while (count > 0) {
		size_t some = count < together ? count : together;

		for (size_t i = 0; i < some; i++)
			numbers[i] = scene.sent++;
		assert_int_equal(send(scene.pair.client, numbers, some * sizeof(numbers[0]), 0),
				 some * sizeof(numbers[0]));
		count -= some;
	}
}

/* Reads what worker I has been given. */
static void read_channel(size_t i)
{
	uint32_t number;
	ssize_t length;

	while ((length = recv(scene.near[i], &number, sizeof(number), 0)) > 0) {
		assert_int_equal(length, sizeof(number));
		assert_in_range(number, 0, scene.sent - 1);
		scene.twice += scene.seen[number];
		scene.seen[number] = true;
		scene.last[i] = number;
		scene.got[i]++;
		scene.total++;
	}
}

static void read_channels(void)
{
	for (size_t i = 0; i < WORKERS; i++)
		read_channel(i);
}

static void await_handed_on(uint64_t count)
{
	uint64_t began = 0;

	while (count_of(&scene.account->counts.handed_on) < count)
		wait_more(&began);
	assert_int_equal(count_of(&scene.account->counts.handed_on), count);
}

/* Asleep, and with packets at hand: it waits for room. */
static bool is_stuck(void)
{
	const struct received *counts = &scene.account->counts;
	char path[40], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)scene.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'S' && count_of(&counts->packets) > count_of(&counts->handed_on);
}

/*
 * Nobody reads, so that in the end all channels are full; returns how many packets they hold. No
 * more are sent than a socket with the usual buffer can queue.
 */
static uint64_t fill_channels(void)
{
	uint64_t began = 0, held;
	int room = 65536;

	for (size_t i = 0; i < WORKERS; i++)
		setsockopt(scene.far[i], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	do {
		send_packets(64, 1);
		while (count_of(&scene.account->counts.handed_on) < scene.sent && !is_stuck())
			wait_more(&began);
	} while (!is_stuck());
	send_packets(200, 1);
	held = count_of(&scene.account->counts.handed_on);
	assert_in_range(held, WORKERS, scene.sent - 201);
	return held;
}

static void check_end(uint64_t packets)
{
	const struct received *counts = &scene.account->counts;

	assert_int_equal(counts->packets, packets);
	assert_int_equal(counts->bytes, packets * sizeof(uint32_t));
	assert_int_equal(counts->handed_on + counts->lost_in_crash, packets);
	assert_int_equal(counts->handed_on, scene.total);
	assert_int_equal(scene.twice, 0);
	assert_int_equal(counts->receive_errors + counts->overflows_seen, 0);
	assert_int_equal(counts->lines, 0);
}

static void test_in_turn(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		begin(engine, NS_PER_SECOND, ORDER_DRAIN);
		send_packets(3, 1);
		await_handed_on(3);
		send_packets(200, 1);
		await_handed_on(203);
		send_packets(500, 61);
		send_packets(7, 1);
		await_handed_on(710);
		send_packets(290, 64);
		await_handed_on(1000);
		read_channels();
		for (uint32_t i = 0; i < WORKERS; i++) {
			assert_int_equal(scene.got[i], 250);
			/* The one that is k goes to worker k mod N. */
			assert_int_equal(scene.last[i], 996 + i);
		}
		kill(scene.pid, SIGTERM);
		assert_int_equal(await_exit(), EXIT_DONE);
		check_end(1000);
		end();
	}
}

static void test_passed_over(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		size_t others = 0;

		begin(engine, NS_PER_SECOND, ORDER_DRAIN);
		while (scene.sent < MOST) {
			send_packets(100, engine == 2 ? 1 : 10);
			await_handed_on(scene.sent);
			for (size_t i = 0; i < WORKERS; i++)
				if (i != 1)
					read_channel(i);
		}
		kill(scene.pid, SIGTERM);
		assert_int_equal(await_exit(), EXIT_DONE);
		for (size_t i = 0; i < WORKERS; i++)
			others += scene.got[i];
		assert_in_range(others, MOST * 3 / 4 + 1, MOST - 1);
		/* Even among those who take part. */
		for (size_t i = 0; i < WORKERS; i++)
			if (i != 1)
				assert_in_range(scene.got[i], others / 3 - MOST / 100,
						others / 3 + MOST / 100);
		read_channel(1);
		check_end(MOST);
		assert_int_equal(scene.total, MOST);
		end();
	}
}

static void test_all_full(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		uint64_t held, began = 0;

		begin(engine, NS_PER_SECOND, ORDER_DRAIN);
		held = fill_channels();
		/* A batch is on its way, the rest is left to the kernel. */
		assert_in_range(count_of(&scene.account->counts.packets), held, held + 64);
		while (scene.total < scene.sent) {
			read_channels();
			wait_more(&began);
		}
		assert_int_equal(scene.total, scene.sent);
		kill(scene.pid, SIGTERM);
		assert_int_equal(await_exit(), EXIT_DONE);
		check_end(scene.sent);
		end();
	}
}

static void test_drain(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		uint64_t began = 0;
		int status;

		begin(engine, GIVE_UP, ORDER_DRAIN);
		fill_channels();
		kill(scene.pid, SIGTERM);
		while (waitpid(scene.pid, &status, WNOHANG) == 0) {
			read_channels();
			wait_more(&began);
		}
		assert_int_equal(status, EXIT_DONE);
		read_channels();
		assert_int_equal(scene.total, scene.sent);
		check_end(scene.sent);
		end();
	}
}

/* Workers that never take it: there is a limit, and what was given up is counted. */
static void test_given_up(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		const enum order order = engine % 2 ? ORDER_LEAVE : ORDER_DRAIN;
		uint64_t held;

		begin(engine, 50 * NS_PER_MS, order);
		held = fill_channels();
		kill(scene.pid, SIGTERM);
		assert_int_equal(await_exit(), EXIT_DONE);
		read_channels();
		assert_int_equal(scene.total, held);
		assert_in_range(scene.account->counts.lost_in_crash, 1, 64);
		check_end(scene.account->counts.packets);
		end();
	}
}

static size_t count_queued(int socket)
{
	size_t count = 0;
	char byte;

	while (recv(socket, &byte, 1, MSG_DONTWAIT) >= 0)
		count++;
	return count;
}

/* Told to leave, it leaves what it has not taken; told to drain, it takes all. */
static void test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * CHOICES; i++) {
		const enum order order = i % 2 ? ORDER_LEAVE : ORDER_DRAIN;
		size_t left;

		begin(i / 2, NS_PER_SECOND, order);
		kill(scene.pid, SIGSTOP);
		waitpid(scene.pid, NULL, WUNTRACED);
		send_packets(300, 1);
		kill(scene.pid, SIGTERM);
		kill(scene.pid, SIGCONT);
		assert_int_equal(await_exit(), EXIT_DONE);
		read_channels();
		left = count_queued(scene.pair.server);
		assert_int_equal(scene.account->counts.lost_in_crash, 0);
		check_end(300 - left);
		if (order == ORDER_LEAVE)
			assert_in_range(left, 200, 300);
		else
			assert_int_equal(left, 0);
		end();
	}
}

static bool has_signals(void)
{
	unsigned long pending = 0;
	char path[40], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)scene.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "ShdPnd:", 7) == 0)
			pending = strtoul(line + 7, NULL, 16);
	fclose(file);
	return pending != 0;
}

/* Other signals than SIGTERM are the parent's business. */
static void test_signals(void **state)
{
	uint64_t began = 0;

	(void)state;
	begin(0, NS_PER_SECOND, ORDER_LEAVE);
	kill(scene.pid, SIGINT);
	kill(scene.pid, SIGHUP);
	while (has_signals())
		wait_more(&began);
	send_packets(10, 1);
	await_handed_on(10);
	kill(scene.pid, SIGTERM);
	assert_int_equal(await_exit(), EXIT_DONE);
	read_channels();
	check_end(10);
	end();
}

static void test_gone(void **state)
{
	(void)state;
	begin(0, NS_PER_SECOND, ORDER_DRAIN);
	close(scene.near[2]);
	scene.near[2] = -1;
	while (scene.sent < 900) {
		send_packets(300, 1);
		await_handed_on(scene.sent);
		read_channels();
	}
	for (size_t i = 0; i < WORKERS; i++)
		if (i != 2)
			assert_in_range(scene.got[i], 200, 400);
	for (size_t i = 0; i < WORKERS; i++) {
		close(scene.near[i]);
		scene.near[i] = -1;
	}
	/* With nobody left there is nothing to wait for but the end. */
	send_packets(10, 1);
	kill(scene.pid, SIGTERM);
	assert_int_equal(await_exit(), EXIT_DONE);
	check_end(910);
	assert_int_equal(scene.account->counts.lost_in_crash, 10);
	end();
}

/* What it had taken and not handed on when it was killed is told afterwards. */
static void test_killed(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		uint64_t held;

		begin(engine, NS_PER_SECOND, ORDER_DRAIN);
		held = fill_channels();
		kill(scene.pid, SIGKILL);
		assert_true(WIFSIGNALED(await_exit()));
		account_settle_crash(scene.account);
		read_channels();
		assert_int_equal(scene.total, held);
		assert_in_range(scene.account->counts.lost_in_crash, 1, 64);
		check_end(held + scene.account->counts.lost_in_crash);
		assert_int_equal(count_queued(scene.pair.server),
				 scene.sent - scene.account->counts.packets);
		end();
	}
}

/*
 * A dispatcher's work, one instruction at a time: whenever it is killed, what counts as handed on
 * is what the workers have.
 */

static struct batch batch;
static struct channels channels;

static void trace_me(void)
{
	struct iovec packets[CHANNELS_PACKETS];
	size_t impossible = 0;

	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(77);
	raise(SIGSTOP);
	while (batch_take(&batch) == 0) {
		for (size_t i = 0; i < batch.count; i++)
			packets[i] =
				(struct iovec){ batch.messages[i].text, batch.messages[i].length };
		channels_send(&channels, packets, batch.count, &impossible);
		batch_end(&batch);
	}
	_exit(0);
}

static void look(void)
{
	static struct account copy;

	memcpy(&copy, scene.account, sizeof(copy));
	account_settle_crash(&copy);
	read_channels();
	assert_int_equal(copy.counts.handed_on, scene.total);
	assert_int_equal(copy.counts.handed_on + copy.counts.lost_in_crash, copy.counts.packets);
}

static void test_each_instruction(void **state)
{
	(void)state;
	for (size_t engine = 1; engine < 3; engine++) {
		int status;
		pid_t pid;

		begin(engine, NS_PER_SECOND, ORDER_LEAVE);
		kill(scene.pid, SIGTERM);
		await_exit();
		assert_true(batch_open(&batch, engine, scene.pair.server, scene.account));
		assert_true(channels_open(&channels, scene.far, WORKERS, scene.account));
		send_packets(30, 1);
		pid = fork();
		if (pid == 0)
			trace_me();
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			skip();
		while (WIFSTOPPED(status)) {
			look();
			assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
			assert_int_equal(waitpid(pid, &status, 0), pid);
		}
		assert_int_equal(status, 0);
		look();
		assert_int_equal(scene.total, 30);
		batch_close(&batch);
		channels_close(&channels);
		end();
	}
}

/* Longer than the channel can ever take: dropped, told, and no reason to wait. */
static void test_impossible(void **state)
{
	static char text[200000];
	struct iovec packets[3] = { { text, 5 }, { text, sizeof(text) }, { text, 6 } };
	struct account *account = account_open();
	size_t impossible = 0;
	int ends[2];

	(void)state;
	assert_non_null(account);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends), 0);
	/* Too small a buffer is made large enough for any packet. */
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int));
	assert_true(channels_open(&channels, ends, 1, account));
	assert_int_equal(channels_send(&channels, packets, 3, &impossible), 0);
	assert_int_equal(account->counts.handed_on, 2);
	assert_int_equal(impossible, 1);
	assert_int_equal(recv(ends[1], text, sizeof(text), 0), 5);
	assert_int_equal(recv(ends[1], text, sizeof(text), 0), 6);
	packets[0] = (struct iovec){ text, 65527 };
	assert_int_equal(channels_send(&channels, packets, 1, &impossible), 0);
	assert_int_equal(account->counts.handed_on, 3);
	assert_int_equal(impossible, 1);
	assert_int_equal(recv(ends[1], text, sizeof(text), 0), 65527);
	channels_close(&channels);
	account_close(account);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_turn),          cmocka_unit_test(test_passed_over),
		cmocka_unit_test(test_all_full),         cmocka_unit_test(test_drain),
		cmocka_unit_test(test_given_up),         cmocka_unit_test(test_orders),
		cmocka_unit_test(test_signals),          cmocka_unit_test(test_gone),
		cmocka_unit_test(test_killed),           cmocka_unit_test(test_impossible),
		cmocka_unit_test(test_each_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
