/* Receive engines: every datagram once, as it was sent, by real sockets on loopback. */
/* link: receiver/engines/engine.c receiver/engines/taking.c receiver/engines/recvfrom.c */
/* link: receiver/engines/recvmmsg.c receiver/engines/gro.c */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "receiver/engines/buffers.h"
#include "receiver/engines/engine.h"
#include "tests/unit/receive_pair.h"

#define DATAGRAMS 2000

/* What came, in its order. */
struct got {
	size_t count, messages;
	uint64_t bytes;
	size_t lengths[DATAGRAMS];
	size_t wrong, cut; /* not as made_of() says; shorter than it was */
	bool from_right;
	uint32_t overflows;
};

static const struct engine_ops *const engines[] = { &engine_recvfrom, &engine_recvmmsg,
						    &engine_gro };
static const int families[] = { AF_INET, AF_INET6 };

/* Byte I of a datagram of LENGTH. */
static char made_of(size_t length, size_t i)
{
	return (char)('a' + (length * 7 + i) % 26);
}

static void fill(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text[i] = made_of(length, i);
}

static void note_datagram(struct got *got, struct datagram datagram)
{
	assert_true(got->count < DATAGRAMS);
	got->lengths[got->count++] = datagram.length;
	got->cut += datagram.cut;
	for (size_t i = 0; i < datagram.length; i++)
		if (datagram.text[i] != made_of(datagram.length, i)) {
			got->wrong++;
			break;
		}
}

/* Takes until nothing is left; returns the error that said so. */
static int take_all(struct engine *engine, const struct address *from, struct got *got)
{
	static struct message messages[TAKING_MESSAGES];
	int count;

	*got = (struct got){ .from_right = true };
	while ((count = engine->ops->take(engine, messages)) >= 0) {
		assert_in_range(count, 1, engine->ops->batch);
		got->messages += (size_t)count;
		for (int i = 0; i < count; i++) {
			const struct message *message = &messages[i];

			got->bytes += message->size;
			message->text[message->length] = 'X'; /* is ours, they say */
			if (message->overflows_known)
				got->overflows = message->overflows;
			got->from_right &= message->from->length == from->length &&
					   memcmp(&message->from->any, &from->any, 8) == 0;
			for (size_t k = 0; k < message_datagrams(message); k++)
				note_datagram(got, message_datagram(message, k));
		}
		taking_end(engine->taking);
	}
	return count;
}

static void test_sizes(void **state)
{
	static struct got got;
	static char text[1400];

	(void)state;
	for (size_t e = 0; e < 2 * COUNT(engines); e++) {
		struct receive_pair pair;
		struct engine engine;
		uint64_t bytes = 0;
		static struct taking taking;

		receive_pair_open(&pair, families[e % 2]);
		assert_int_equal(engines[e / 2]->prepare(pair.server), 0);
		assert_true(engine_open(&engine, engines[e / 2], pair.server, &taking));
		assert_int_equal(take_all(&engine, &pair.from, &got), -EAGAIN);
		assert_int_equal(got.count, 0);
		/* Twice, for what the first time leaves behind; empty ones are among them. */
		for (size_t round = 0; round < 2; round++) {
			for (size_t i = bytes = 0; i < 150; i++) {
				size_t length = i * 37 % 1300;

				fill(text, length);
				assert_int_equal(send(pair.client, text, length, 0), length);
				bytes += length;
			}
			assert_int_equal(take_all(&engine, &pair.from, &got), -EAGAIN);
			assert_int_equal(got.count, 150);
			assert_int_equal(got.messages, 150);
			assert_int_equal(got.bytes, bytes);
			for (size_t i = 0; i < 150; i++)
				assert_int_equal(got.lengths[i], i * 37 % 1300);
			assert_int_equal(got.wrong + got.cut + got.overflows, 0);
			assert_true(got.from_right);
		}
		engine_close(&engine);
		receive_pair_close(&pair);
	}
}

static void test_largest(void **state)
{
	static struct got got;
	static char text[65536];

	(void)state;
	for (size_t e = 0; e < 2 * COUNT(engines); e++) {
		size_t length = e % 2 ? 65527 : 65507;
		struct receive_pair pair;
		struct engine engine;
		static struct taking taking;

		receive_pair_open(&pair, families[e % 2]);
		assert_int_equal(engines[e / 2]->prepare(pair.server), 0);
		assert_true(engine_open(&engine, engines[e / 2], pair.server, &taking));
		fill(text, length);
		for (size_t i = 0; i < 2; i++) {
			assert_int_equal(send(pair.client, text, length, 0), length);
			assert_int_equal(send(pair.client, text, length + 1, 0), -1);
			assert_int_equal(errno, EMSGSIZE);
		}
		assert_int_equal(take_all(&engine, &pair.from, &got), -EAGAIN);
		assert_int_equal(got.count, 2);
		assert_int_equal(got.bytes, 2 * length);
		assert_int_equal(got.lengths[0], length);
		assert_int_equal(got.lengths[1], length);
		assert_int_equal(got.wrong + got.cut, 0);
		engine_close(&engine);
		receive_pair_close(&pair);
	}
}

/* One call of a sender: TOTAL bytes in datagrams of SEGMENT. */
static void send_train(int client, size_t total, size_t segment)
{
	static char text[65536];

	for (size_t at = 0; at < total; at += segment)
		fill(text + at, total - at < segment ? total - at : segment);
	segment_sends(client, segment);
	assert_int_equal(send(client, text, total, 0), total);
	segment_sends(client, 0);
}

static void test_trains(void **state)
{
	static struct got got;
	static const struct {
		size_t total, segment, datagrams, last;
	} trains[] = {
		{ 1050, 100, 11, 50 },          { 1100, 100, 11, 100 }, { 64 * 142, 142, 64, 142 },
		{ 63 * 1000 + 1, 1000, 64, 1 }, { 64, 1, 64, 1 },       { 500, 500, 1, 500 },
	};

	(void)state;
	for (size_t e = 0; e < 2 * COUNT(engines); e++) {
		struct receive_pair pair;
		struct engine engine;
		static struct taking taking;
		size_t datagrams = 0, at = 0;
		uint64_t bytes = 0;

		receive_pair_open(&pair, families[e % 2]);
		assert_int_equal(engines[e / 2]->prepare(pair.server), 0);
		assert_true(engine_open(&engine, engines[e / 2], pair.server, &taking));
		for (size_t i = 0; i < COUNT(trains); i++) {
			send_train(pair.client, trains[i].total, trains[i].segment);
			datagrams += trains[i].datagrams;
			bytes += trains[i].total;
		}
		assert_int_equal(take_all(&engine, &pair.from, &got), -EAGAIN);
		assert_int_equal(got.count, datagrams);
		assert_int_equal(got.bytes, bytes);
		assert_int_equal(got.messages,
				 engine.ops == &engine_gro ? COUNT(trains) : datagrams);
		assert_int_equal(got.wrong + got.cut, 0);
		for (size_t i = 0; i < COUNT(trains); i++) {
			for (size_t k = 1; k < trains[i].datagrams; k++)
				assert_int_equal(got.lengths[at++], trains[i].segment);
			assert_int_equal(got.lengths[at++], trains[i].last);
		}
		engine_close(&engine);
		receive_pair_close(&pair);
	}
}

/* What the socket had no room for is told with what is queued later. */
static void test_overflows(void **state)
{
	static struct got got;

	(void)state;
	for (size_t e = 0; e < COUNT(engines); e++) {
		struct receive_pair pair;
		struct engine engine;
		static struct taking taking;
		size_t first;

		receive_pair_open(&pair, AF_INET);
		receive_pair_room(&pair, 0);
		assert_int_equal(engines[e]->prepare(pair.server), 0);
		assert_true(engine_open(&engine, engines[e], pair.server, &taking));
		for (size_t i = 0; i < 100; i++)
			assert_int_equal(send(pair.client, "", 0, 0), 0);
		take_all(&engine, &pair.from, &got);
		first = got.count;
		assert_in_range(first, 1, 99);
		/* These were queued before anything was dropped. */
		assert_int_equal(got.overflows, 0);
		assert_int_equal(send(pair.client, "", 0, 0), 0);
		take_all(&engine, &pair.from, &got);
		assert_int_equal(got.count, 1);
		assert_int_equal(got.overflows, engines[e] == &engine_recvfrom ? 0 : 100 - first);
		engine_close(&engine);
		receive_pair_close(&pair);
	}
}

static void send_made(int fd, size_t length)
{
	char *text = malloc(length + 1);

	assert_non_null(text);
	fill(text, length);
	assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), length);
	free(text);
}

/* A channel keeps the borders too, and tells what was cut. */
static void test_channel(void **state)
{
	static struct got got;
	static const size_t lengths[] = { 10, 0, 65527, 100000, 0, 0, 3 };
	const struct address nobody = { .length = 0 };

	(void)state;
	for (size_t choice = 0; receive_engine_names[choice]; choice++) {
		static struct taking taking;
		const struct engine_ops *ops;
		struct engine engine;
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
		ops = engine_choose(choice, fds[1]);
		assert_ptr_equal(ops, choice == 1 ? &engine_recvfrom : &engine_recvmmsg);
		assert_true(engine_open(&engine, ops, fds[1], &taking));
		for (size_t i = 0; i < COUNT(lengths); i++)
			send_made(fds[0], lengths[i]);
		assert_int_equal(take_all(&engine, &nobody, &got), -EAGAIN);
		assert_int_equal(got.count, COUNT(lengths));
		for (size_t i = 0; i < COUNT(lengths); i++)
			assert_int_equal(got.lengths[i],
					 lengths[i] > BUFFER_SIZE ? BUFFER_SIZE : lengths[i]);
		assert_int_equal(got.bytes, 165540);
		assert_int_equal(got.cut, 1);
		assert_int_equal(got.wrong, 1);
		assert_true(got.from_right);
		send_made(fds[0], 5);
		close(fds[0]);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(take_all(&engine, &nobody, &got), -EPIPE);
			assert_int_equal(got.count, i == 0);
		}
		engine_close(&engine);
		close(fds[1]);
	}
}

static int get_gro(int socket)
{
	int on = -1;
	socklen_t length = sizeof(on);

	assert_int_equal(getsockopt(socket, SOL_UDP, UDP_GRO, &on, &length), 0);
	return on;
}

static void test_choice(void **state)
{
	struct receive_pair pair;

	(void)state;
	receive_pair_open(&pair, AF_INET);
	assert_string_equal(receive_engine_names[0], "auto");
	assert_null(receive_engine_names[COUNT(engines) + 1]);
	for (size_t i = 0; i < COUNT(engines); i++) {
		assert_string_equal(engines[i]->name, receive_engine_names[i + 1]);
		assert_in_range(engines[i]->batch, 1, TAKING_MESSAGES);
		/* Each undoes what the one before wanted. */
		assert_ptr_equal(engine_choose(0, pair.server), &engine_recvmmsg);
		assert_int_equal(get_gro(pair.server), 0);
		assert_ptr_equal(engine_choose(i + 1, pair.server), engines[i]);
		assert_int_equal(get_gro(pair.server), engines[i] == &engine_gro);
	}
	receive_pair_close(&pair);
}

static void test_refused_choice(void **state)
{
	struct capture capture;
	const struct engine_ops *ops;
	char text[512];

	(void)state;
	capture_begin(&capture, stderr);
	ops = engine_choose(3, -1);
	capture_end(&capture, text, sizeof(text));
	assert_null(ops);
	assert_non_null(strstr(text, "could not prepare a socket for engine gro: Bad file"));
	assert_non_null(strstr(text, "hint: "));
}

/* An error that waits at the socket is told, and what is queued is still there. */
static void test_errors(void **state)
{
	static struct got got;

	(void)state;
	for (size_t e = 0; e < COUNT(engines); e++) {
		struct receive_pair pair;
		struct engine engine;
		static struct taking taking;

		receive_pair_open(&pair, AF_INET);
		assert_int_equal(engines[e]->prepare(pair.client), 0);
		assert_true(engine_open(&engine, engines[e], pair.client, &taking));
		close(pair.server);
		assert_int_equal(send(pair.client, "x", 1, 0), 1);
		assert_int_equal(take_all(&engine, &pair.from, &got), -ECONNREFUSED);
		assert_int_equal(take_all(&engine, &pair.from, &got), -EAGAIN);
		engine_close(&engine);
		close(pair.client);
	}
}

static void test_pieces(void **state)
{
	static char text[100];
	static const struct {
		size_t length, size, segment, datagrams, cut;
	} cases[] = {
		{ 0, 0, 0, 1, 0 },      { 0, 0, 10, 1, 0 },   { 7, 7, 0, 1, 0 },
		{ 10, 10, 10, 1, 0 },   { 11, 11, 10, 2, 0 }, { 100, 100, 10, 10, 0 },
		{ 7, 9, 0, 1, 1 },      { 10, 11, 10, 2, 1 }, { 95, 120, 10, 12, 3 },
		{ 90, 120, 10, 12, 3 }, { 0, 25, 10, 3, 3 },  { 9, 10, 10, 1, 1 },
		{ 9, 10, 20, 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct message message = { .text = text,
						 .length = cases[i].length,
						 .size = cases[i].size,
						 .segment = cases[i].segment };
		size_t at = 0, cut = 0;

		assert_int_equal(message_datagrams(&message), cases[i].datagrams);
		assert_int_equal(message_cut(&message), cases[i].cut);
		for (size_t k = 0; k < cases[i].datagrams; k++) {
			struct datagram datagram = message_datagram(&message, k);

			assert_ptr_equal(datagram.text, text + at);
			at += datagram.length;
			cut += datagram.cut;
		}
		assert_int_equal(at, cases[i].length);
		assert_int_equal(cut, cases[i].cut);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),   cmocka_unit_test(test_largest),
		cmocka_unit_test(test_trains),  cmocka_unit_test(test_overflows),
		cmocka_unit_test(test_channel), cmocka_unit_test(test_choice),
		cmocka_unit_test(test_errors),  cmocka_unit_test(test_refused_choice),
		cmocka_unit_test(test_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
