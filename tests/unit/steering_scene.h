/* Groups on 127.0.0.1 for the tests of steering: sockets, packets, and where they came out. */
#ifndef FAIRPORT_TESTS_UNIT_STEERING_SCENE_H
#define FAIRPORT_TESTS_UNIT_STEERING_SCENE_H

#include "tests/unit/helpers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/steering/steering.h"

#define SOCKETS  16
#define FLOWS    2000
#define PATIENCE (5 * NS_PER_SECOND)

/* What every test begins with and leaves nothing of. */
struct scene {
	struct steering *steering;
	struct sockaddr_in address;
	bool tcp;
	size_t count;
	struct steering_member members[SOCKETS]; /* fd -1: closed */
	size_t got[SOCKETS], total;
	uint16_t came_to[FLOWS]; /* by the number in a packet: the socket it came out of */
	int flows[FLOWS];
	size_t flow_count;
};

static struct scene scene;

static inline void add_socket(void)
{
	int type = (scene.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
	struct steering_member *member = &scene.members[scene.count];
	int fd = socket(AF_INET, type, 0), yes = 1;
	socklen_t length = sizeof(scene.address);

	assert_true(fd >= 0);
	assert_true(scene.count < SOCKETS);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&scene.address, length), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&scene.address, &length), 0);
	if (scene.tcp)
		assert_int_equal(listen(fd, 128), 0);
	member->fd = fd;
	length = sizeof(member->cookie);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_COOKIE, &member->cookie, &length), 0);
	scene.count++;
}

static inline void close_socket(size_t index)
{
	if (scene.members[index].fd >= 0)
		close(scene.members[index].fd);
	scene.members[index].fd = -1;
}

static inline void open_scene(bool tcp, size_t sockets)
{
	memset(&scene, 0, sizeof(scene));
	scene.tcp = tcp;
	scene.address.sin_family = AF_INET;
	scene.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	while (scene.count < sockets)
		add_socket();
	scene.steering = steering_open(tcp);
	assert_non_null(scene.steering);
}

static inline int close_scene(void **state)
{
	(void)state;
	steering_close(scene.steering);
	scene.steering = NULL;
	while (scene.count > 0)
		close_socket(--scene.count);
	while (scene.flow_count > 0)
		close(scene.flows[--scene.flow_count]);
	return 0;
}

/* TEXT chooses among COUNT sockets from FIRST. */
static inline int set_range(const char *text, size_t first, size_t count)
{
	struct policy policy = { .text = text };
	const char *expected;

	assert_int_equal(policy_parse(&policy, &expected), 0);
	return steering_set(scene.steering, &policy, scene.members + first, count);
}

static inline void set(const char *text)
{
	assert_int_equal(set_range(text, 0, scene.count), 0);
}

/*
 * Whether this process may not or cannot steer by the policy, and its tests are to be skipped. With
 * FAIRPORT_REQUIRE=all that is a failure.
 */
static inline bool is_unavailable(const char *text)
{
	const char *require = getenv("FAIRPORT_REQUIRE");
	struct capture capture;
	char said[1024];
	int error;

	open_scene(false, 1);
	capture_begin(&capture, stderr);
	error = set_range(text, 0, 1);
	capture_end(&capture, said, sizeof(said));
	close_scene(NULL);
	if (error == 0)
		return false;
	if ((error != -EPERM && error != -EOPNOTSUPP) || (require && strcmp(require, "all") == 0))
		fail_msg("%s", said);
	print_message("skipped: %s", said);
	return true;
}

#define NEEDS(text)                                                                                \
	do {                                                                                       \
		if (is_unavailable(text))                                                          \
			skip();                                                                    \
	} while (0)

static inline void forget_counts(void)
{
	memset(scene.got, 0, sizeof(scene.got));
	scene.total = 0;
}

static inline void assert_got(const size_t *want, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (scene.got[i] != want[i])
			fail_msg("socket %zu got %zu instead of %zu", i, scene.got[i], want[i]);
}

static inline void assert_each_got(size_t want)
{
	for (size_t i = 0; i < scene.count; i++)
		if (scene.got[i] != want)
			fail_msg("socket %zu got %zu instead of %zu", i, scene.got[i], want);
}

/* The socket of flow INDEX, connected to the group. */
static inline int flow(size_t index)
{
	while (scene.flow_count <= index) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		assert_true(fd >= 0);
		scene.flows[scene.flow_count++] = fd;
		assert_int_equal(connect(fd, (struct sockaddr *)&scene.address,
					 sizeof(scene.address)),
				 0);
	}
	return scene.flows[index];
}

/* Takes up to MOST packets out of a socket; returns how many there were. */
static inline size_t take(size_t index, size_t most)
{
	uint32_t number = UINT32_MAX;
	size_t taken = 0;

	while (taken < most && scene.members[index].fd >= 0 &&
	       recv(scene.members[index].fd, &number, sizeof(number), MSG_TRUNC) >= 0) {
		taken++;
		if (number < FLOWS)
			scene.came_to[number] = (uint16_t)index;
	}
	scene.got[index] += taken;
	scene.total += taken;
	return taken;
}

/* Until TOTAL packets were received since the counts were forgotten, and not one more. */
static inline void collect(size_t total)
{
	uint64_t deadline = clock_now() + PATIENCE;

	do
		for (size_t i = 0; i < scene.count; i++)
			take(i, SIZE_MAX);
	while (scene.total < total && clock_now() < deadline);
	assert_int_equal(scene.total, total);
}

static inline void send_number(size_t from, uint32_t number)
{
	assert_int_equal(send(flow(from), &number, sizeof(number), 0), sizeof(number));
}

/* COUNT packets of one flow, or one of each of so many flows; all are collected. */
static inline void send_packets(size_t count, bool one_flow)
{
	size_t before = scene.total;

	for (uint32_t i = 0; i < count; i++) {
		send_number(one_flow ? 0 : i, i);
		if (i % 64 == 63)
			collect(before + i + 1);
	}
	collect(before + count);
}

#endif
