/* The intakes of streams: what bounds them, and connections that are passed. */
/* link: receiver/tcp/streams.c receiver/tcp/connections.c receiver/tcp/connection.c */
/* link: receiver/tcp/framing.c receiver/tcp/descriptor.c receiver/lines.c receiver/account.c */
/* link: receiver/sinks/null.c receiver/sinks/echo.c receiver/engines/taking.c */
#include "helpers.h"

#include <sys/resource.h>

#include "tcp_worker.h"
#include "receiver/tcp/descriptor.h"

static void test_most_connections(void **state)
{
	struct worker worker;
	int clients[5];

	(void)state;
	most_connections = 3;
	begin(&worker, SINK_DOOR);
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 5);
	assert_int_equal(worker.counts->connections_refused, 2);
	assert_int_equal(wait_to_hear(clients[3]), -ECONNRESET);
	assert_int_equal(wait_to_hear(clients[4]), -ECONNRESET);
	/* Where one ends, another has room. */
	close(clients[0]);
	serve_a_while(&worker);
	clients[0] = dial(&worker);
	say(clients[0], "a f=1\n");
	say(clients[2], "a f=1\n");
	SERVE_UNTIL(&worker, worker.counts->lines == 2);
	assert_int_equal(worker.counts->connections_refused, 2);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
	end(&worker);
}

static void test_idle(void **state)
{
	struct worker worker;
	int quiet, busy, half;
	uint64_t begun = clock_now(), due;

	(void)state;
	begin(&worker, SINK_DOOR);
	quiet = dial(&worker);
	busy = dial(&worker);
	half = dial(&worker);
	say(half, "a f=");
	SERVE_UNTIL(&worker, worker.counts->connections == 3 && worker.counts->messages == 1);
	due = worker.ops->service(worker.intake, clock_now());
	assert_in_range(due, begun + 60 * NS_PER_SECOND, clock_now() + 60 * NS_PER_SECOND);
	worker.ops->service(worker.intake, begun + 60 * NS_PER_SECOND - 1);
	assert_int_equal(worker.counts->connections_idle, 0);
	/* A byte that was not read yet counts: it was us who were busy. */
	say(busy, "a");
	worker.ops->service(worker.intake, clock_now() + 61 * NS_PER_SECOND);
	assert_int_equal(worker.counts->connections_idle, 2);
	assert_int_equal(worker.counts->lines, 1);
	assert_int_equal(worker.counts->rejected_truncated, 1);
	assert_int_equal(wait_to_hear(quiet), 0);
	assert_int_equal(wait_to_hear(half), 0);
	say(busy, " f=1\n");
	SERVE_UNTIL(&worker, worker.counts->discarded == 1);
	close(busy);
	SERVE_UNTIL(&worker, worker.ops->service(worker.intake, clock_now()) == UINT64_MAX);
	close(quiet);
	close(half);
	end(&worker);
}

/* Those that speak go behind those that do not. */
static void test_idle_order(void **state)
{
	struct worker worker;
	uint64_t before;
	int clients[3];

	(void)state;
	begin(&worker, SINK_DOOR);
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 3);
	before = clock_now();
	say(clients[0], "a f=1\n");
	SERVE_UNTIL(&worker, worker.counts->lines == 1);
	worker.ops->service(worker.intake, before + 60 * NS_PER_SECOND);
	assert_int_equal(worker.counts->connections_idle, 2);
	assert_int_equal(wait_to_hear(clients[1]), 0);
	assert_int_equal(wait_to_hear(clients[2]), 0);
	assert_int_equal(hear(clients[0]), -EAGAIN);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
	end(&worker);
}

static void test_no_room(void **state)
{
	struct worker worker;
	int client;

	(void)state;
	begin(&worker, SINK_DOOR);
	client = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 1);
	room = false;
	say(client, "a f=1\n");
	serve_a_while(&worker);
	assert_int_equal(worker.counts->bytes, 0);
	room = true;
	SERVE_UNTIL(&worker, worker.counts->lines == 1);
	close(client);
	end(&worker);
}

static void test_passed(void **state)
{
	struct worker worker;
	struct received unused = { 0 };
	uint16_t port;
	int listener = open_listener(&port), channel = open_channel(&worker), client, fd;

	(void)state;
	worker.port = port;
	client = dial(&worker);
	fd = descriptor_accept(listener, &unused);
	assert_true(fd >= 0);
	assert_int_equal(descriptor_pass(channel, fd), 0);
	say(client, "a f=1\n");
	SERVE_UNTIL(&worker, worker.counts->answered == 1);
	assert_int_equal(worker.counts->connections, 1);
	/* That the accepter still has it open: no more events come for what has ended. */
	reset(client);
	SERVE_UNTIL(&worker, worker.counts->connections_reset == 1);
	assert_int_equal(epoll_wait(worker.epoll, &(struct epoll_event){ 0 }, 1, 0), 0);
	close(fd);

	/* What is in the channel is taken, in order to drain it; then the channel ends. */
	client = dial(&worker);
	fd = descriptor_accept(listener, &unused);
	assert_int_equal(descriptor_pass(channel, fd), 0);
	close(fd);
	close(channel);
	worker.ops->stop(worker.intake, true, clock_now());
	say(client, "b f=1\n");
	SERVE_UNTIL(&worker, worker.counts->answered == 2);
	assert_false(worker.ops->finished(worker.intake, clock_now()));
	close(client);
	SERVE_UNTIL(&worker, worker.ops->finished(worker.intake, clock_now()));
	close(listener);
	end(&worker);
	assert_int_equal(worker.counts->receive_errors, 0);
}

/* A message without a descriptor is none of ours; the end of the channel is not ready for ever. */
static void test_passed_wrong(void **state)
{
	struct worker worker;
	int channel = open_channel(&worker);

	(void)state;
	assert_int_equal(send(channel, "x", 1, 0), 1);
	SERVE_UNTIL(&worker, worker.counts->receive_errors == 1);
	close(channel);
	serve_a_while(&worker);
	assert_int_equal(epoll_wait(worker.epoll, &(struct epoll_event){ 0 }, 1, 0), 0);
	worker.ops->stop(worker.intake, true, clock_now());
	SERVE_UNTIL(&worker, worker.ops->finished(worker.intake, clock_now()));
	assert_int_equal(worker.counts->connections, 0);
	end(&worker);
}

static int lowest_free(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/* How many messages on standard error have TEXT. */
static size_t count_text(const char *messages, const char *text)
{
	size_t count = 0;

	while ((messages = strstr(messages, text))) {
		messages++;
		count++;
	}
	return count;
}

/* Without descriptors: said once, nothing spins, and they are taken later. */
static void run_short(bool passed)
{
	struct received unused = { 0 };
	struct capture capture;
	struct worker worker;
	struct rlimit limit;
	int listener = -1, channel = -1, clients[2], spare, wakeups = 0;
	char messages[1024];
	uint64_t begun;

	if (passed) {
		uint16_t port;

		listener = open_listener(&port);
		channel = open_channel(&worker);
		worker.port = port;
	} else {
		begin(&worker, SINK_ECHO);
	}
	clients[0] = dial(&worker);
	clients[1] = dial(&worker);
	for (int i = 0; passed && i < 2; i++) {
		int fd = -EAGAIN;

		while (fd == -EAGAIN)
			fd = descriptor_accept(listener, &unused);
		assert_int_equal(descriptor_pass(channel, fd), 0);
		close(fd);
	}
	capture_begin(&capture, stderr);
	spare = lowest_free();
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)spare;
	setrlimit(RLIMIT_NOFILE, &limit);
	begun = clock_now();
	while (clock_now() < begun + 250 * NS_PER_MS) {
		struct epoll_event event;

		if (epoll_wait(worker.epoll, &event, 1, 1) == 1) {
			worker.ops->ready(worker.intake, event.data.ptr, event.events);
			wakeups++;
		}
		worker.ops->service(worker.intake, clock_now());
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	capture_end(&capture, messages, sizeof(messages));
	assert_int_equal(count_text(messages, "could not take a connection"), 1);
	assert_int_equal(count_text(messages, "ulimit -n"), 1);
	assert_in_range(wakeups, 1, 3);
	assert_int_equal(worker.counts->receive_errors, wakeups);
	assert_int_equal(worker.counts->connections, 0);
	say(clients[0], "a f=1\n");
	say(clients[1], "a f=1\n");
	SERVE_UNTIL(&worker, worker.counts->answered == 2);
	close(clients[0]);
	close(clients[1]);
	if (passed) {
		close(channel);
		close(listener);
	}
	end(&worker);
}

static void test_short_listener(void **state)
{
	(void)state;
	run_short(false);
}

static void test_short_passed(void **state)
{
	(void)state;
	run_short(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_most_connections), cmocka_unit_test(test_idle),
		cmocka_unit_test(test_idle_order),       cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_passed),           cmocka_unit_test(test_passed_wrong),
		cmocka_unit_test(test_short_listener),   cmocka_unit_test(test_short_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
