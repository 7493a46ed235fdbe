/* TCP: one outcome for each connection, each message sent or given up, bytes in their order. */
/* link: faker/engines/engine.c faker/engines/tcp.c faker/engines/tcp_connection.c */
/* link: faker/engines/tcp_socket.c faker/engines/tcp_echo.c faker/engines/tcp_outbox.c */
/* link: faker/engines/fifo.c faker/flows.c faker/errors.c faker/origin.c faker/address_range.c */
/* link: faker/source.c faker/popularity.c */
#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "common/clock.h"
#include "common/rng.h"
#include "faker/engines/engine.h"
#include "faker/errors.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"
#include "faker/engines/tcp.h"

#define TIMEOUT (100 * NS_PER_MS)
#define GIVE_UP (20 * NS_PER_SECOND)
#define GUESTS  64

/* The other side, in a thread. */

struct guest {
	int fd;
	char *data;
	size_t length;
};

enum manner {
	KEEPS,  /* reads all, closes after the other side */
	SLOW,   /* the same, with pauses */
	UPPER,  /* replies in upper case */
	WRONG,  /* the same, but for the first byte of each connection */
	MUTE,   /* reads, does not close */
	RESETS, /* after the first bytes */
	LEAVES, /* closes in order after the first bytes */
};

struct server {
	enum manner manner;
	int listener;
	atomic_bool stop;
	pthread_t thread;
	unsigned int count;
	struct guest guests[GUESTS];
};

/* The engine and all that it refers to. */
struct scene {
	struct server server;
	struct fake_options options;
	struct plan plan;
	struct sent sent;
	struct errors errors;
	struct tcp_results tcp;
	struct engine engine;
	atomic_bool stop, hurry;
	uint64_t taken; /* messages send() was done with */
};

static struct scene *scene;

static void reset(int fd)
{
	struct linger at_once = { .l_onoff = 1 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(fd);
}

static void write_back(struct guest *guest, const char *data, size_t length, bool wrong)
{
	for (size_t i = 0; i < length; i++) {
		char byte = data[i];

		if (byte >= 'a' && byte <= 'z')
			byte = (char)(byte - 'a' + 'A');
		if (wrong && i == 0)
			byte = '?';
		if (send(guest->fd, &byte, 1, MSG_NOSIGNAL) != 1)
			return;
	}
}

/* Reads once and behaves. */
static void attend(struct server *server, struct guest *guest)
{
	static const struct timespec pause = { .tv_nsec = 200000 };
	char data[16384];
	ssize_t length = recv(guest->fd, data, sizeof(data), MSG_DONTWAIT);
	bool first = guest->length == 0;

	if (length < 0)
		return;
	guest->data = realloc(guest->data, guest->length + (size_t)length + 1);
	memcpy(guest->data + guest->length, data, (size_t)length);
	guest->length += (size_t)length;
	if (server->manner == SLOW)
		nanosleep(&pause, NULL);
	if (server->manner == UPPER || server->manner == WRONG)
		write_back(guest, data, (size_t)length, server->manner == WRONG && first);
	if (server->manner == RESETS)
		reset(guest->fd);
	else if (server->manner == LEAVES || (length == 0 && server->manner != MUTE))
		close(guest->fd);
	else if (length > 0)
		return;
	/* Mute and at its end: nothing is left to look at, but it stays open. */
	guest->fd = server->manner == MUTE ? -2 - guest->fd : -1;
}

static void *serve(void *context)
{
	struct server *server = context;
	struct pollfd waits[GUESTS + 1];

	while (!server->stop) {
		unsigned int count = server->count;

		for (unsigned int i = 0; i < count; i++)
			waits[i] = (struct pollfd){ server->guests[i].fd, POLLIN, 0 };
		waits[count] = (struct pollfd){ server->listener, POLLIN, 0 };
		poll(waits, count + 1, 5);
		for (unsigned int i = 0; i < count; i++)
			if (waits[i].revents)
				attend(server, &server->guests[i]);
		if (waits[count].revents && count < GUESTS)
			server->guests[server->count++].fd =
				accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
	}
	return NULL;
}

/* A socket that listens and sets the target. */
static void listen_at(int backlog)
{
	struct address *target = &scene->plan.target;

	*target = (struct address){ .v4.sin_family = AF_INET, .length = sizeof(target->v4) };
	target->v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	scene->server.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(scene->server.listener >= 0);
	assert_int_equal(bind(scene->server.listener, &target->any, target->length), 0);
	if (backlog >= 0)
		assert_int_equal(listen(scene->server.listener, backlog), 0);
	assert_int_equal(getsockname(scene->server.listener, &target->any, &target->length), 0);
}

static void open_engine(const char *source, uint32_t slots, const char *echo)
{
	const char *why;

	scene->options = (struct fake_options){ .timeout = GIVE_UP,
						.expect_echo = echo,
						.source.text = source };
	assert_int_equal(source_parse(&scene->options.source, &why), 0);
	scene->plan.options = &scene->options;
	scene->engine = (struct engine){
		.row = &engine_tcp,
		.plan = &scene->plan,
		.stop = &scene->stop,
		.sent = &scene->sent,
		.errors = &scene->errors,
		.tcp = &scene->tcp,
		.slots = slots,
		.slot_stride = 1,
	};
	rng_seed(&scene->engine.rng, 1, 0);
	assert_int_equal(flows_open(&scene->engine.flows), 0);
	assert_int_equal(engine_tcp.open(&scene->engine), 0);
}

static void start_server(enum manner manner)
{
	listen_at(GUESTS);
	scene->server.manner = manner;
	assert_int_equal(pthread_create(&scene->server.thread, NULL, serve, &scene->server), 0);
}

static void stop_server(void)
{
	scene->server.stop = true;
	pthread_join(scene->server.thread, NULL);
}

static int set_up(void **state)
{
	(void)state;
	scene = calloc(1, sizeof(*scene));
	if (!scene)
		return -1;
	scene->server.listener = -1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < scene->server.count; i++) {
		int fd = scene->server.guests[i].fd;

		if (fd != -1)
			close(fd < -1 ? -2 - fd : fd);
		free(scene->server.guests[i].data);
	}
	if (scene->server.listener >= 0)
		close(scene->server.listener);
	flows_close(&scene->engine.flows);
	free(scene);
	return 0;
}

/* Offers PACKET until it is taken, or for TIME ns. */
static bool offer(const struct packet *packet, uint64_t time)
{
	uint64_t end = clock_now() + time;
	int result;

	do {
		result = engine_tcp.send(&scene->engine, packet, 1);
		assert_true(result >= 0);
		if (result == 0)
			engine_tcp.tend(&scene->engine, clock_now() + NS_PER_MS);
	} while (result == 0 && clock_now() < end);
	scene->taken += (uint64_t)result;
	return result > 0;
}

static void send_text(const char *text, uint32_t slot, bool renew)
{
	struct packet packet = { .data = text,
				 .length = (uint32_t)strlen(text),
				 .lines = 2,
				 .invalid = 1,
				 .slot = slot,
				 .renew = renew };

	assert_true(offer(&packet, GIVE_UP));
}

/* Tends until COUNTER is VALUE. */
static void await_count(const uint64_t *counter, uint64_t value)
{
	uint64_t end = clock_now() + GIVE_UP;

	while (*counter != value && clock_now() < end)
		engine_tcp.tend(&scene->engine, clock_now() + NS_PER_MS);
	assert_int_equal(*counter, value);
}

static int accept_guest(void)
{
	int fd = accept4(scene->server.listener, NULL, NULL, SOCK_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Closes the engine and checks what must be equal whatever happened. */
static void end_engine(void)
{
	const struct tcp_counts *counts = &scene->tcp.counts;
	const struct flows *flows = &scene->engine.flows;
	uint64_t packets = 0, errors = 0;

	engine_tcp.close(&scene->engine);
	assert_int_equal(counts->connections, counts->completed + counts->unclosed +
						      counts->refused + counts->reset +
						      counts->timed_out + counts->closed_early +
						      counts->abandoned + counts->failed);
	assert_int_equal(scene->taken, scene->sent.packets + scene->sent.unsent_packets);
	assert_int_equal(scene->sent.lines, 2 * scene->sent.packets);
	assert_int_equal(scene->sent.invalid_lines, scene->sent.packets);
	if (scene->options.expect_echo)
		assert_int_equal(scene->sent.packets,
				 counts->replies + counts->wrong_replies + counts->missing_replies);
	assert_int_equal(scene->tcp.reply.count, counts->replies + counts->wrong_replies);
	assert_int_equal(scene->tcp.connect.count, counts->established);
	for (uint32_t i = 0; i < flows->capacity; i++)
		packets += flows->slots[i].packets;
	assert_int_equal(packets, scene->sent.packets);
	for (int i = 0; i < ERROR_KINDS; i++)
		errors += scene->errors.kinds[i].count;
	assert_int_equal(errors, scene->sent.send_errors);
}

static void drain_engine(void)
{
	engine_tcp.drain(&scene->engine, &scene->hurry);
	end_engine();
}

static void assert_guest(unsigned int number, const char *text)
{
	const struct guest *guest = &scene->server.guests[number];

	assert_int_equal(guest->length, strlen(text));
	assert_memory_equal(guest->data, text, guest->length);
}

static void test_one_connection(void **state)
{
	struct packet packets[3] = { { .data = "first ", .length = 6, .lines = 2, .invalid = 1 },
				     { .data = "second ", .length = 7, .lines = 2, .invalid = 1 },
				     { .data = "third", .length = 5, .lines = 2, .invalid = 1 } };
	uint64_t start = clock_now(), end;

	(void)state;
	start_server(KEEPS);
	open_engine("fixed", 1, NULL);
	assert_int_equal(engine_tcp.send(&scene->engine, packets, 3), 3);
	scene->taken = 3;
	await_count(&scene->sent.packets, 3);
	end = clock_now();
	drain_engine();
	/* To end the connection is not to send. */
	assert_true(scene->engine.last_sent >= start && scene->engine.last_sent <= end);
	stop_server();
	assert_guest(0, "first second third");
	assert_int_equal(scene->tcp.counts.connections, 1);
	assert_int_equal(scene->tcp.counts.established, 1);
	assert_int_equal(scene->tcp.counts.completed, 1);
	assert_int_equal(scene->sent.packets, 3);
	assert_int_equal(scene->sent.bytes, 18);
	assert_int_equal(scene->sent.calls, 1);
	assert_int_equal(scene->sent.watched_calls, 1);
	assert_int_equal(scene->sent.refused_calls, 0);
}

static void test_pool(void **state)
{
	(void)state;
	start_server(KEEPS);
	open_engine("pool:3", 3, NULL);
	for (uint32_t i = 0; i < 30; i++)
		send_text("line", i % 3, false);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.completed, 3);
	assert_int_equal(scene->engine.flows.count, 3);
	for (uint32_t i = 0; i < scene->engine.flows.capacity; i++)
		assert_true(scene->engine.flows.slots[i].packets == 0 ||
			    scene->engine.flows.slots[i].packets == 10);
	for (unsigned int i = 0; i < 3; i++)
		assert_guest(i, "linelinelinelinelinelinelinelinelineline");
}

/* A connection of one message is ended at once, not when the next message comes. */
static void test_per_packet(void **state)
{
	char text[32];

	(void)state;
	start_server(KEEPS);
	open_engine("per-packet", 1, NULL);
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "message %d", i);
		send_text(text, 0, true);
	}
	await_count(&scene->tcp.counts.completed, 40);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.connections, 40);
	assert_int_equal(scene->server.count, 40);
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "message %u", i);
		assert_guest(i, text);
	}
}

static void test_renewed(void **state)
{
	(void)state;
	start_server(KEEPS);
	open_engine("rotate:3", 1, NULL);
	for (int i = 0; i < 9; i++)
		send_text("line", 0, i % 3 == 0);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.completed, 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_guest(i, "linelineline");
}

static void test_bound(void **state)
{
	struct origins *origins = &scene->plan.origins;
	struct flow heaviest;
	struct address local;
	const char *why;

	(void)state;
	assert_int_equal(address_range_parse(&origins->range, "127.1.2.3", &why), 0);
	start_server(KEEPS);
	open_engine("fixed", 1, NULL);
	send_text("line", 0, false);
	drain_engine();
	stop_server();
	assert_int_equal(flows_heaviest(&scene->engine.flows, &heaviest, 1), 1);
	flow_address(&heaviest, &local);
	assert_int_equal(ntohl(local.v4.sin_addr.s_addr), 0x7f010203);
	assert_true(address_port(&local) > 0);
}

/* What cannot be opened at all is an error of the call, and no connection. */
static void test_not_opened(void **state)
{
	struct packet packet = { .data = "line", .length = 4 };
	const char *why;

	(void)state;
	assert_int_equal(address_range_parse(&scene->plan.origins.range, "192.0.2.1", &why), 0);
	listen_at(1);
	open_engine("fixed", 1, NULL);
	assert_int_equal(engine_tcp.send(&scene->engine, &packet, 1), -EADDRNOTAVAIL);
	end_engine();
	assert_int_equal(scene->tcp.counts.connections, 0);
	assert_int_equal(scene->sent.send_errors, 0);
}

static void test_refused(void **state)
{
	(void)state;
	listen_at(-1);
	open_engine("pool:2", 2, NULL);
	for (uint32_t i = 0; i < 10; i++) {
		send_text("line", i % 2, false);
		await_count(&scene->tcp.counts.refused, i + 1);
	}
	drain_engine();
	assert_int_equal(scene->tcp.counts.connections, 10);
	assert_int_equal(scene->tcp.counts.established, 0);
	assert_int_equal(scene->sent.unsent_packets, 10);
	assert_int_equal(scene->sent.watched_calls, 10);
	assert_int_equal(scene->sent.refused_calls, 10);
	assert_int_equal(errors_count(&scene->errors, ECONNREFUSED), 10);
}

static void test_reset(void **state)
{
	(void)state;
	start_server(RESETS);
	open_engine("per-packet", 1, NULL);
	for (int i = 0; i < 20; i++)
		send_text("line", 0, true);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.reset, 20);
	assert_int_equal(scene->sent.packets, 20);
	assert_int_equal(errors_count(&scene->errors, ECONNRESET), 20);
	assert_int_equal(scene->sent.refused_calls, 0);
}

static void test_closed_early(void **state)
{
	int guest;

	(void)state;
	listen_at(4);
	open_engine("fixed", 1, NULL);
	send_text("first", 0, false);
	close(accept_guest()); /* with bytes unread: RST */
	await_count(&scene->tcp.counts.reset, 1);
	send_text("second", 0, false);
	guest = accept_guest();
	shutdown(guest, SHUT_WR);
	await_count(&scene->tcp.counts.closed_early, 1);
	close(guest);
	end_engine();
	assert_int_equal(scene->tcp.counts.connections, 2);
	assert_int_equal(scene->sent.packets, 2);
	assert_int_equal(scene->sent.unsent_packets, 0);
}

/* A message that finds its connection dead goes to a new one; there it has its only chance. */
static void test_moved(void **state)
{
	char text[8] = "";
	int guest;

	(void)state;
	listen_at(4);
	open_engine("fixed", 1, NULL);
	send_text("first", 0, false);
	reset(accept_guest());
	send_text("second", 0, false);
	assert_int_equal(scene->tcp.counts.reset, 1);
	assert_int_equal(scene->tcp.counts.connections, 2);
	await_count(&scene->sent.packets, 2);
	guest = accept_guest();
	assert_int_equal(recv(guest, text, sizeof(text), 0), 6);
	assert_string_equal(text, "second");
	reset(guest);
	close(scene->server.listener);
	scene->server.listener = -1;
	send_text("third", 0, false);
	await_count(&scene->tcp.counts.refused, 1);
	assert_int_equal(scene->tcp.counts.reset, 2);
	end_engine();
	assert_int_equal(scene->sent.packets, 2);
	assert_int_equal(scene->sent.unsent_packets, 1);
}

static void test_no_answer(void **state)
{
	int others[3];

	(void)state;
	listen_at(0);
	/* The queue holds one more than it was asked for; then the kernel is silent. */
	for (int i = 0; i < 3; i++) {
		others[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(others[i], &scene->plan.target.any, scene->plan.target.length);
	}
	open_engine("pool:2", 2, NULL);
	scene->options.timeout = TIMEOUT;
	send_text("line", 0, false);
	send_text("line", 1, false);
	send_text("line", 1, false);
	drain_engine();
	for (int i = 0; i < 3; i++)
		close(others[i]);
	assert_int_equal(scene->tcp.counts.timed_out, 2);
	assert_int_equal(scene->engine.last_sent, 0);
	assert_int_equal(scene->sent.unsent_packets, 3);
	assert_int_equal(scene->sent.watched_calls, 0);
}

static void test_unclosed(void **state)
{
	uint64_t start;

	(void)state;
	start_server(MUTE);
	open_engine("pool:3", 3, NULL);
	scene->options.timeout = TIMEOUT;
	for (uint32_t i = 0; i < 9; i++)
		send_text("line", i % 3, false);
	start = clock_now();
	drain_engine();
	assert_true(clock_now() - start >= TIMEOUT);
	stop_server();
	assert_int_equal(scene->tcp.counts.unclosed, 3);
	assert_int_equal(scene->sent.packets, 9);
}

/* The run ends at once, whatever its connections wait for: the other side to close, to answer. */
static void test_hurry(void **state)
{
	int others[3];

	(void)state;
	listen_at(0);
	open_engine("pool:2", 2, NULL);
	send_text("line", 0, false);
	await_count(&scene->sent.packets, 1);
	for (int i = 0; i < 3; i++) {
		others[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(others[i], &scene->plan.target.any, scene->plan.target.length);
	}
	send_text("line", 1, false);
	scene->hurry = true;
	drain_engine();
	for (int i = 0; i < 3; i++)
		close(others[i]);
	assert_int_equal(scene->tcp.counts.abandoned, 2);
	assert_int_equal(scene->sent.unsent_packets, 1);
}

static void test_hurry_replies(void **state)
{
	(void)state;
	start_server(MUTE);
	open_engine("pool:2", 2, "upper");
	for (uint32_t i = 0; i < 10; i++)
		send_text("line", i % 2, false);
	await_count(&scene->sent.packets, 10);
	scene->hurry = true;
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.abandoned, 2);
	assert_int_equal(scene->tcp.counts.missing_replies, 10);
}

static void test_stop(void **state)
{
	struct packet packet = { .data = "line", .length = 4 };

	(void)state;
	listen_at(1);
	open_engine("fixed", 1, NULL);
	scene->stop = true;
	assert_int_equal(engine_tcp.send(&scene->engine, &packet, 1), 0);
	drain_engine();
	assert_int_equal(scene->tcp.counts.connections, 0);
}

/* Nobody reads: messages are buffered up to a limit, then refused, then given up. */
static void test_no_room(void **state)
{
	const uint32_t length = 100000;
	struct packet packet = { .length = length, .lines = 2, .invalid = 1 };
	char *data = calloc(1, length);

	(void)state;
	packet.data = data;
	listen_at(1);
	open_engine("fixed", 1, NULL);
	scene->options.timeout = TIMEOUT;
	while (offer(&packet, TIMEOUT / 10))
		;
	assert_true(scene->taken > scene->sent.packets);
	assert_true((scene->taken - scene->sent.packets) * length <= 256 * 1024 + length);
	drain_engine();
	free(data);
	assert_int_equal(scene->tcp.counts.timed_out, 1);
	assert_int_equal(scene->sent.bytes, scene->sent.packets * length);
	assert_true(scene->sent.unsent_packets > 0);
}

/* Large messages of several lengths through a narrow place arrive complete and in order. */
static void test_partial_sends(void **state)
{
	const uint32_t longest = 400000;
	char *data = malloc(longest);
	char *all = malloc(longest * 20);
	size_t length = 0;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2, 0);
	start_server(SLOW);
	open_engine("fixed", 1, NULL);
	for (int i = 0; i < 20; i++) {
		struct packet packet = { .data = data, .lines = 2, .invalid = 1 };

		packet.length = 1 + (uint32_t)rng_below(&rng, longest);
		for (uint32_t at = 0; at < packet.length; at++)
			data[at] = (char)rng_next(&rng);
		memcpy(all + length, data, packet.length);
		length += packet.length;
		assert_true(offer(&packet, GIVE_UP));
		memset(data, 0, longest); /* it was copied */
	}
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.completed, 1);
	assert_int_equal(scene->sent.packets, 20);
	assert_int_equal(scene->sent.bytes, length);
	assert_int_equal(scene->server.guests[0].length, length);
	assert_memory_equal(scene->server.guests[0].data, all, length);
	free(data);
	free(all);
}

static void test_replies(void **state)
{
	(void)state;
	start_server(UPPER);
	open_engine("pool:3", 3, "upper");
	for (uint32_t i = 0; i < 60; i++)
		send_text("cpu,host=a value=1\n", i % 3, false);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.replies, 60);
	assert_int_equal(scene->tcp.counts.completed, 3);
}

/* It is ended only when the reply is there. */
static void test_replies_per_packet(void **state)
{
	(void)state;
	start_server(UPPER);
	open_engine("per-packet", 1, "upper");
	for (uint32_t i = 0; i < 40; i++)
		send_text("cpu,host=a value=1\n", 0, true);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.replies, 40);
	assert_int_equal(scene->tcp.counts.completed, 40);
}

static void test_wrong_replies(void **state)
{
	(void)state;
	start_server(WRONG);
	open_engine("pool:3", 3, "upper");
	for (uint32_t i = 0; i < 60; i++)
		send_text("line", i % 3, false);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.wrong_replies, 3);
	assert_int_equal(scene->tcp.counts.replies, 57);
	assert_int_equal(scene->tcp.counts.completed, 3);
}

static void test_missing_replies(void **state)
{
	(void)state;
	start_server(MUTE);
	open_engine("pool:2", 2, "upper");
	scene->options.timeout = TIMEOUT;
	for (uint32_t i = 0; i < 10; i++)
		send_text("line", i % 2, false);
	await_count(&scene->tcp.counts.timed_out, 2);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.missing_replies, 10);
	assert_int_equal(scene->tcp.counts.connections, 2);
}

static void test_closed_before_reply(void **state)
{
	(void)state;
	start_server(LEAVES);
	open_engine("per-packet", 1, "upper");
	for (uint32_t i = 0; i < 20; i++)
		send_text("line", 0, true);
	drain_engine();
	stop_server();
	assert_int_equal(scene->tcp.counts.closed_early, 20);
	assert_int_equal(scene->tcp.counts.missing_replies, 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_connection),
		TEST(test_pool),
		TEST(test_per_packet),
		TEST(test_renewed),
		TEST(test_bound),
		TEST(test_not_opened),
		TEST(test_refused),
		TEST(test_reset),
		TEST(test_closed_early),
		TEST(test_moved),
		TEST(test_no_answer),
		TEST(test_unclosed),
		TEST(test_hurry),
		TEST(test_hurry_replies),
		TEST(test_stop),
		TEST(test_no_room),
		TEST(test_partial_sends),
		TEST(test_replies),
		TEST(test_replies_per_packet),
		TEST(test_wrong_replies),
		TEST(test_missing_replies),
		TEST(test_closed_before_reply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
