/* The intakes of streams, against real sockets: lines, answers, and how they end. */
/* link: receiver/tcp/streams.c receiver/tcp/connections.c receiver/tcp/connection.c */
/* link: receiver/tcp/framing.c receiver/tcp/descriptor.c receiver/lines.c receiver/account.c */
/* link: receiver/sinks/null.c receiver/sinks/echo.c receiver/engines/taking.c */
#include "helpers.h"

#include <malloc.h>

#include "tcp_worker.h"
#include "receiver/drain.h"
#include "receiver/tcp/framing.h"

static void test_lines_of_many(void **state)
{
	struct worker worker;
	int clients[200];

	(void)state;
	begin(&worker, SINK_DOOR);
	for (size_t i = 0; i < COUNT(clients); i++) {
		clients[i] = dial(&worker);
		say(clients[i], "a f=1\nb f=2\nc f");
	}
	SERVE_UNTIL(&worker, worker.counts->lines == 400);
	assert_int_equal(worker.counts->connections, 200);
	assert_int_equal(worker.counts->messages, 200);
	for (size_t i = 0; i < COUNT(clients); i++) {
		say(clients[i], "=3");
		close(clients[i]);
	}
	/* The line without a line feed is one, as the stream ended in order. */
	SERVE_UNTIL(&worker, worker.counts->lines == 600);
	assert_int_equal(worker.counts->discarded, 600);
	assert_int_equal(worker.counts->bytes, 200 * strlen("a f=1\nb f=2\nc f=3"));
	assert_int_equal(worker.counts->connections_reset, 0);
	assert_int_equal(worker.counts->receive_errors, 0);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 0);
}

static void test_reset(void **state)
{
	struct worker worker;
	int client;

	(void)state;
	begin(&worker, SINK_DOOR);
	client = dial(&worker);
	say(client, "a f=1\nb f=");
	SERVE_UNTIL(&worker, worker.counts->lines == 1);
	reset(client);
	SERVE_UNTIL(&worker, worker.counts->connections_reset == 1);
	assert_int_equal(worker.counts->lines, 2);
	assert_int_equal(worker.counts->rejected_truncated, 1);
	assert_int_equal(worker.counts->receive_errors, 0);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 0);
}

#define MESSAGE  "abc,d=e f=\"Xyz\" 12345\n"
#define MESSAGES 20000

/* Sends and receives what goes without waiting. */
struct talk {
	size_t sent, heard, whole;
	bool reading;
};

static void talk(struct talk *talk, int fd)
{
	static const char want[] = "ABC,D=E F=\"XYZ\" 12345\n";
	size_t unit = strlen(MESSAGE);
	char text[4096];
	ssize_t length;

	while (talk->sent < talk->whole) {
		size_t at = talk->sent % unit;

		length = send(fd, MESSAGE + at, unit - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (length < 0)
			break;
		talk->sent += (size_t)length;
	}
	while (talk->reading && (length = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0)
		for (ssize_t i = 0; i < length; i++)
			assert_int_equal(text[i], want[talk->heard++ % unit]);
}

/* Sends until that goes no further, and reads nothing. */
static void fill(struct talk *it, struct worker *worker, int client)
{
	size_t sent;

	it->reading = false;
	do {
		sent = it->sent;
		talk(it, client);
		serve_a_while(worker);
	} while (it->sent > sent);
	assert_true(it->sent < it->whole);
}

static void hear_all(struct talk *it, struct worker *worker, int client)
{
	uint64_t give_up = clock_now() + 10 * NS_PER_SECOND;

	it->reading = true;
	while (it->heard < it->whole && clock_now() < give_up) {
		talk(it, client);
		serve(worker, clock_now());
	}
	assert_int_equal(it->heard, it->whole);
}

/* Who sends without reading answers is not read from, and nothing piles up here. */
static void test_slow_reader(void **state)
{
	struct talk it = { .whole = MESSAGES * strlen(MESSAGE) };
	struct worker worker;
	size_t before;
	int client;

	(void)state;
	begin(&worker, SINK_ECHO);
	client = dial(&worker);
	before = mallinfo2().uordblks;
	fill(&it, &worker, client);
	assert_true(worker.counts->bytes < it.sent);
	assert_true(mallinfo2().uordblks < before + 200000);
	/* No bytes either way, and no turning in circles. */
	assert_int_equal(epoll_wait(worker.epoll, &(struct epoll_event){ 0 }, 1, 0), 0);
	hear_all(&it, &worker, client);
	assert_int_equal(worker.counts->bytes, it.whole);
	assert_int_equal(worker.counts->answered, MESSAGES);
	assert_int_equal(hear(client), -EAGAIN);
	close(client);
	end(&worker);
}

/* The other side has shut down its sending side, and waits for all answers and the end. */
static void test_half_close(void **state)
{
	struct talk it = { .whole = MESSAGES * strlen(MESSAGE) };
	struct worker worker;
	int client;

	(void)state;
	begin(&worker, SINK_ECHO);
	client = dial(&worker);
	fill(&it, &worker, client);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	it.whole = it.sent;
	hear_all(&it, &worker, client);
	serve_a_while(&worker);
	assert_int_equal(hear(client), 0);
	assert_int_equal(worker.counts->bytes, it.whole);
	/* The last one may have gone in part. */
	assert_int_equal(worker.counts->answered,
			 (it.whole + strlen(MESSAGE) - 1) / strlen(MESSAGE));
	assert_int_equal(worker.counts->connections_reset, 0);
	close(client);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 0);
}

/* Nor is an answer cut short that begins at the end. */
static void test_half_close_long(void **state)
{
	static char line[FRAMING_LINE_MAX];
	struct worker worker;
	size_t sent = 0, heard = 0;
	uint64_t give_up = clock_now() + 10 * NS_PER_SECOND;
	ssize_t length = 0;
	int client;

	(void)state;
	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = (char)('a' + i % 23);
	begin(&worker, SINK_ECHO);
	client = dial(&worker);
	while (sent < sizeof(line)) {
		length = send(client, line + sent, sizeof(line) - sent, MSG_NOSIGNAL);
		sent += length > 0 ? (size_t)length : 0;
		serve(&worker, clock_now());
	}
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	serve_a_while(&worker);
	for (length = -1; length != 0 && clock_now() < give_up;) {
		length = recv(client, line, sizeof(line), MSG_DONTWAIT);
		for (ssize_t i = 0; i < length; i++)
			assert_int_equal(line[i], 'A' + heard++ % 23);
		serve(&worker, clock_now());
	}
	assert_int_equal(heard, sent);
	assert_int_equal(worker.counts->answered, 1);
	close(client);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 0);
}

/* The other side goes away while it has answers to get. */
static void test_answers_unwanted(void **state)
{
	struct talk it = { .whole = MESSAGES * strlen(MESSAGE) };
	struct worker worker;
	int client;

	(void)state;
	begin(&worker, SINK_ECHO);
	client = dial(&worker);
	fill(&it, &worker, client);
	close(client);
	SERVE_UNTIL(&worker, worker.counts->connections_reset == 1);
	end(&worker);
}

/* What is in the backlog when draining begins is accepted, and goes on until it ends. */
static void test_drain(void **state)
{
	struct worker worker;
	int clients[100];
	uint64_t now;

	(void)state;
	begin(&worker, SINK_DOOR);
	for (size_t i = 0; i < COUNT(clients); i++) {
		clients[i] = dial(&worker);
		say(clients[i], "a f=1\n");
	}
	now = clock_now();
	worker.ops->stop(worker.intake, true, now);
	assert_false(worker.ops->finished(worker.intake, now));
	SERVE_UNTIL(&worker, worker.counts->lines == 100);
	assert_int_equal(worker.counts->connections, 100);
	worker.ops->service(worker.intake, clock_now() + DRAIN_HANDSHAKE);
	for (size_t i = 0; i < COUNT(clients); i++) {
		assert_false(worker.ops->finished(worker.intake, clock_now()));
		say(clients[i], "b f=1\n");
		close(clients[i]);
		SERVE_UNTIL(&worker, worker.counts->lines == 101 + i);
	}
	SERVE_UNTIL(&worker, worker.ops->finished(worker.intake, clock_now()));
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 0);
}

/* As long as connections come, it is not quiet. */
static void test_drain_not_quiet(void **state)
{
	struct worker worker;
	uint64_t now = clock_now();
	int clients[2];

	(void)state;
	begin(&worker, SINK_DOOR);
	worker.ops->stop(worker.intake, true, now);
	worker.ops->service(worker.intake, now + DRAIN_HANDSHAKE - 1);
	clients[0] = dial(&worker);
	worker.ops->service(worker.intake, now + DRAIN_HANDSHAKE);
	assert_int_equal(worker.counts->connections, 1);
	clients[1] = dial(&worker);
	worker.ops->service(worker.intake, now + 2 * DRAIN_HANDSHAKE);
	assert_int_equal(worker.counts->connections, 2);
	close(clients[0]);
	close(clients[1]);
	SERVE_UNTIL(&worker, worker.ops->finished(worker.intake, clock_now()));
	end(&worker);
}

/* The backlog is left to whoever holds the listener too; connections go on. */
static void test_leave(void **state)
{
	struct worker worker;
	int listener = open_listener(&worker.port), other = dup(listener), clients[2], fd;

	(void)state;
	begin_with(&worker, &intake_listener, listener, SINK_DOOR);
	clients[0] = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 1);
	clients[1] = dial(&worker);
	worker.ops->stop(worker.intake, false, clock_now());
	serve_a_while(&worker);
	assert_int_equal(worker.counts->connections, 1);
	fd = accept(other, NULL, NULL);
	assert_true(fd >= 0);
	close(fd);
	assert_false(worker.ops->finished(worker.intake, clock_now()));
	say(clients[0], "a f=1\n");
	close(clients[0]);
	SERVE_UNTIL(&worker, worker.ops->finished(worker.intake, clock_now()));
	assert_int_equal(worker.counts->lines, 1);
	close(clients[1]);
	close(other);
	end(&worker);
}

/* At the end of the limit: what came is taken, the other side sees an end in order. */
static void test_cut(void **state)
{
	struct worker worker;
	int open, ended;

	(void)state;
	begin(&worker, SINK_ECHO);
	open = dial(&worker);
	ended = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 2);
	worker.ops->stop(worker.intake, true, clock_now());
	say(open, "a\nb\nc");
	say(ended, "a\nb\nc");
	assert_int_equal(shutdown(ended, SHUT_WR), 0);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 1);
	assert_int_equal(worker.counts->lines, 6);
	assert_int_equal(worker.counts->answered, 5);
	assert_int_equal(worker.counts->rejected_truncated, 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(wait_to_hear(open), 1);
	assert_int_equal(wait_to_hear(open), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(wait_to_hear(ended), 1);
	assert_int_equal(wait_to_hear(ended), 0);
	close(open);
	close(ended);
}

/* Who has more to send is cut too. */
static void test_cut_sender(void **state)
{
	struct talk it = { .whole = SIZE_MAX };
	struct worker worker;
	int client;

	(void)state;
	begin(&worker, SINK_DOOR);
	client = dial(&worker);
	SERVE_UNTIL(&worker, worker.counts->connections == 1);
	talk(&it, client);
	end(&worker);
	assert_int_equal(worker.counts->connections_cut, 1);
	assert_true(worker.counts->bytes > 0);
	close(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines_of_many),   cmocka_unit_test(test_reset),
		cmocka_unit_test(test_slow_reader),     cmocka_unit_test(test_half_close),
		cmocka_unit_test(test_half_close_long), cmocka_unit_test(test_answers_unwanted),
		cmocka_unit_test(test_drain),           cmocka_unit_test(test_drain_not_quiet),
		cmocka_unit_test(test_leave),           cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
