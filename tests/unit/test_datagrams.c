/* The intake of datagrams: bursts, answers, and when it has drained its input. */
/* link: receiver/datagrams.c receiver/account.c receiver/engines/batch.c */
/* link: receiver/engines/engine.c receiver/engines/taking.c receiver/engines/recvfrom.c */
/* link: receiver/engines/recvmmsg.c receiver/engines/gro.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "common/clock.h"
#include "receiver/account.h"
#include "receiver/drain.h"
#include "receiver/intake.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "tests/unit/receive_pair.h"

#define RECVFROM 1
#define CHOICES  4
#define BURST    64

/* What receiver/lines.c is here. */
static struct {
	size_t packets, bytes, cut, cut_bytes;
	size_t room; /* in packets */
	uint64_t first, last;
	char told[16]; /* the first bytes of the last one */
	bool answering;
	const struct account *account;
} taken;

/* If it ended now: what was read is not lost, and what is at hand is. */
static void check_account(void)
{
	static struct account copy;

	memcpy(&copy, taken.account, sizeof(copy));
	account_settle_crash(&copy);
	assert_int_equal(copy.counts.packets, taken.account->counts.packets);
	assert_int_equal(copy.counts.packets - copy.counts.lost_in_crash,
			 taken.packets + taken.cut);
}

bool lines_have_room(const struct lines *lines)
{
	(void)lines;
	return taken.packets < taken.room;
}

void lines_take(struct lines *lines, char *text, size_t length, uint64_t received,
		const struct reply *reply)
{
	(void)lines;
	check_account();
	if (taken.packets++ == 0)
		taken.first = received;
	taken.last = received;
	taken.bytes += length;
	memcpy(taken.told, text, length < sizeof(taken.told) ? length : sizeof(taken.told));
	if (taken.answering)
		reply->send(reply->context, text, length);
}

void lines_take_cut(struct lines *lines, char *text, size_t length, uint64_t received,
		    const struct reply *reply)
{
	(void)lines;
	(void)text;
	(void)received;
	(void)reply;
	check_account();
	taken.cut++;
	taken.cut_bytes += length;
}

/* An intake with all that it refers to. */
struct scene {
	struct receive_options options;
	struct lines lines;
	struct account *account;
	struct receive_pair pair;
	int epoll;
	void *intake;
};

static const struct intake_ops *const ops = &intake_datagrams;

static void open_intake(struct scene *scene, int input, size_t engine)
{
	struct intake_start start = { .options = &scene->options,
				      .lines = &scene->lines,
				      .input = input };

	memset(&taken, 0, sizeof(taken));
	taken.room = SIZE_MAX;
	scene->options.engine = engine;
	start.account = scene->account = account_open();
	taken.account = start.account;
	assert_non_null(start.account);
	start.epoll = scene->epoll = epoll_create1(0);
	assert_true(start.epoll >= 0);
	scene->intake = ops->open(&start);
	assert_non_null(scene->intake);
}

static void open_scene(struct scene *scene, size_t engine)
{
	receive_pair_open(&scene->pair, AF_INET);
	open_intake(scene, scene->pair.server, engine);
}

static void close_scene(struct scene *scene)
{
	int input = scene->pair.server;

	ops->close(scene->intake);
	assert_int_equal(fcntl(input, F_GETFD), -1);
	close(scene->epoll);
	close(scene->pair.client);
	account_close(scene->account);
}

static void send_many(const struct scene *scene, size_t count)
{
	while (count-- > 0)
		assert_int_equal(send(scene->pair.client, "line", 4, 0), 4);
}

/* One round of a worker's: whether there was an event. */
static bool serve(struct scene *scene)
{
	struct epoll_event event = { .events = 0 };
	int count = epoll_wait(scene->epoll, &event, 1, 0);

	assert_in_range(count, 0, 1);
	if (count)
		ops->ready(scene->intake, event.data.ptr, event.events);
	return count;
}

static void test_bursts(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < 2 * CHOICES; engine++) {
		struct scene scene = { .options.exclusive = engine >= CHOICES };
		uint64_t before = clock_wall();

		open_scene(&scene, engine % CHOICES);
		assert_false(serve(&scene));
		assert_int_equal(ops->service(scene.intake, clock_now()), UINT64_MAX);
		send_many(&scene, 150);
		for (size_t rounds = 0; taken.packets < 150; rounds++) {
			size_t packets = taken.packets;

			assert_true(serve(&scene));
			assert_in_range(taken.packets - packets, 1, BURST + 63);
			assert_true(rounds < 4);
		}
		serve(&scene);
		assert_false(serve(&scene));
		assert_int_equal(taken.packets, 150);
		assert_int_equal(taken.bytes, 600);
		assert_memory_equal(taken.told, "line", 4);
		assert_in_range(taken.first, before, clock_wall());
		assert_in_range(taken.last, taken.first, clock_wall());
		assert_int_equal(scene.account->counts.packets, 150);
		assert_int_equal(scene.account->counts.bytes, 600);
		assert_int_equal(scene.account->taking.way, TAKING_NONE);
		close_scene(&scene);
	}
}

/* A sink without room: the rest of a batch waits, and no other is taken. */
static void test_room(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };
		open_scene(&scene, engine);
		taken.room = 3;
		send_many(&scene, 100);
		assert_true(serve(&scene));
		assert_int_equal(taken.packets, 3);
		assert_in_range(scene.account->counts.packets, 3, 64);
		assert_true(serve(&scene));
		assert_int_equal(taken.packets, 3);
		/* In its hands until the sink took it: a crash would lose it. */
		if (engine != RECVFROM)
			assert_int_not_equal(scene.account->taking.way, TAKING_NONE);
		taken.room = SIZE_MAX;
		while (taken.packets < 100)
			assert_true(serve(&scene));
		close_scene(&scene);
	}
}

static void test_trains(void **state)
{
	static char text[64 * 100];

	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };

		open_scene(&scene, engine);
		memset(text, 'x', sizeof(text));
		memset(text + 6300, 'y', 50);
		segment_sends(scene.pair.client, 100);
		assert_int_equal(send(scene.pair.client, text, 6350, 0), 6350);
		while (serve(&scene))
			;
		assert_int_equal(taken.packets, 64);
		assert_int_equal(taken.bytes, 6350);
		assert_memory_equal(taken.told, "yyyy", 4);
		assert_int_equal(scene.account->counts.packets, 64);
		close_scene(&scene);
	}
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };
		char text[100];

		open_scene(&scene, engine);
		taken.answering = true;
		assert_int_equal(send(scene.pair.client, "one", 3, 0), 3);
		assert_int_equal(send(scene.pair.client, "second", 6, 0), 6);
		serve(&scene);
		assert_int_equal(recv(scene.pair.client, text, 100, MSG_DONTWAIT), 3);
		assert_memory_equal(text, "one", 3);
		assert_int_equal(recv(scene.pair.client, text, 100, MSG_DONTWAIT), 6);
		assert_memory_equal(text, "second", 6);
		assert_int_equal(recv(scene.pair.client, text, 100, MSG_DONTWAIT), -1);
		close_scene(&scene);
	}
}

static void test_channel(void **state)
{
	static char text[100000];

	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
		scene.pair = (struct receive_pair){ .server = fds[0], .client = fds[1] };
		open_intake(&scene, fds[0], engine);
		taken.answering = true; /* there is nobody to answer to */
		send_many(&scene, 3);
		assert_int_equal(send(fds[1], text, sizeof(text), 0), sizeof(text));
		assert_int_equal(send(fds[1], text, 0, 0), 0);
		while (serve(&scene))
			;
		assert_int_equal(taken.packets, 4);
		assert_int_equal(taken.cut, 1);
		assert_int_equal(taken.cut_bytes, 65536);
		assert_int_equal(scene.account->counts.packets, 5);
		assert_int_equal(scene.account->counts.truncated_packets, 1);
		assert_int_equal(scene.account->counts.bytes, 100012);
		/* The end is told once, not for ever. */
		shutdown(fds[1], SHUT_RDWR);
		assert_true(serve(&scene));
		assert_false(serve(&scene));
		assert_int_equal(scene.account->counts.packets, 5);
		ops->stop(scene.intake, true, 0);
		ops->service(scene.intake, DRAIN_QUIET);
		assert_true(ops->finished(scene.intake, DRAIN_QUIET));
		close_scene(&scene);
	}
}

static void test_leave(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };
		int other;

		open_scene(&scene, engine);
		other = dup(scene.pair.server);
		send_many(&scene, 5);
		assert_false(ops->finished(scene.intake, 0));
		ops->stop(scene.intake, false, 0);
		assert_true(ops->finished(scene.intake, 0));
		assert_int_equal(fcntl(scene.pair.server, F_GETFD), -1);
		/* The socket lives on with somebody else, and is no event here. */
		assert_false(serve(&scene));
		assert_int_equal(ops->service(scene.intake, clock_now()), UINT64_MAX);
		ops->ready(scene.intake, scene.intake, EPOLLIN);
		assert_int_equal(taken.packets, 0);
		assert_int_equal(scene.account->counts.receive_calls, 0);
		close(other);
		close_scene(&scene);
	}
}

/* Times are made up, but for the one at which ready() took something. */
static void test_drain(void **state)
{
	(void)state;
	for (size_t engine = 0; engine < CHOICES; engine++) {
		struct scene scene = { .epoll = -1 };
		uint64_t now = clock_now();

		open_scene(&scene, engine);
		send_many(&scene, 100);
		ops->stop(scene.intake, true, now);
		while (serve(&scene))
			;
		assert_int_equal(taken.packets, 100);
		/* What comes late is taken, and begins the wait anew. */
		now = clock_now() + DRAIN_QUIET;
		send_many(&scene, 1);
		assert_int_equal(ops->service(scene.intake, now), now + DRAIN_QUIET);
		assert_int_equal(taken.packets, 101);
		assert_false(ops->finished(scene.intake, now));
		/* So does it not when there was no room to take it. */
		taken.room = 0;
		send_many(&scene, 1);
		now += 2 * DRAIN_QUIET;
		assert_int_equal(ops->service(scene.intake, now), now + DRAIN_QUIET);
		assert_false(ops->finished(scene.intake, now));
		taken.room = SIZE_MAX;
		ops->service(scene.intake, now);
		assert_int_equal(taken.packets, 102);
		assert_int_equal(ops->service(scene.intake, now + 1), now + DRAIN_QUIET);
		assert_false(ops->finished(scene.intake, now + 1));
		now += DRAIN_QUIET;
		assert_int_equal(ops->service(scene.intake, now), UINT64_MAX);
		assert_true(ops->finished(scene.intake, now));
		assert_int_equal(fcntl(scene.pair.server, F_GETFD), -1);
		close_scene(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bursts),  cmocka_unit_test(test_room),
		cmocka_unit_test(test_trains),  cmocka_unit_test(test_answers),
		cmocka_unit_test(test_channel), cmocka_unit_test(test_leave),
		cmocka_unit_test(test_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
