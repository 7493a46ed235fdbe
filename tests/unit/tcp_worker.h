/*
 * A worker for tests of the intakes of streams: its loop, a sink with a door, and clients that
 * speak to it over loopback. Included after helpers.h, once.
 */
#ifndef FAIRPORT_TESTS_UNIT_TCP_WORKER_H
#define FAIRPORT_TESTS_UNIT_TCP_WORKER_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "receiver/account.h"
#include "receiver/intake.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

/* Of the sink; and --max-connections of the next worker. Both as here at the start of a test. */
static bool room;
static uint64_t most_connections = 3000;

static bool room_there(const void *sink)
{
	(void)sink;
	return room;
}

static void discard(void *sink, const struct lp_point *point, const char *line, size_t length,
		    int64_t received)
{
	struct account *account = sink;

	(void)point, (void)line, (void)length, (void)received;
	counter_add(&account->counts.discarded, 1);
}

/* The null sink with a door. */
static const struct sink_ops sink_door = {
	.open = sink_idle_open,
	.has_room = room_there,
	.put = discard,
	.close = sink_idle_flush,
};

enum { SINK_DOOR, SINK_ECHO };

const struct sink_ops *sink_by_index(size_t index)
{
	static const struct sink_ops *const sinks[] = { &sink_door, &sink_echo };

	return sinks[index];
}

struct worker {
	struct receive_options options;
	struct lines lines;
	struct received *counts;
	struct received last; /* what COUNTS points to after end() */
	const struct intake_ops *ops;
	void *intake;
	int epoll;
	uint16_t port;
};

/* As small as they get; by itself the kernel lets them grow to many megabytes. */
static inline void bound_buffers(int fd)
{
	int size = 4096;

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
}

static inline int open_listener(uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	bound_buffers(fd);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1024), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static inline void begin_with(struct worker *worker, const struct intake_ops *ops, int input,
			      size_t sink)
{
	struct account *account = account_open();
	struct intake_start start = { .options = &worker->options,
				      .lines = &worker->lines,
				      .account = account,
				      .input = input };
	struct sink_start sink_start = { .options = &worker->options, .account = account };

	assert_non_null(account);
	room = true;
	worker->options = (struct receive_options){ .sink = sink,
						    .max_connections = most_connections,
						    .idle_timeout = 60 * NS_PER_SECOND };
	worker->counts = &account->counts;
	worker->ops = ops;
	worker->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_true(worker->epoll >= 0);
	start.epoll = worker->epoll;
	assert_true(lines_open(&worker->lines, &sink_start));
	worker->intake = ops->open(&start);
	assert_non_null(worker->intake);
}

static inline void begin(struct worker *worker, size_t sink)
{
	int listener = open_listener(&worker->port);

	begin_with(worker, &intake_listener, listener, sink);
}

/* As a worker does; NOW is the time that the service is told. */
static inline void serve(struct worker *worker, uint64_t now)
{
	struct epoll_event events[64];
	int count = epoll_wait(worker->epoll, events, 64, 1);

	for (int i = 0; i < count; i++)
		worker->ops->ready(worker->intake, events[i].data.ptr, events[i].events);
	worker->ops->service(worker->intake, now);
}

#define SERVE_UNTIL(worker, condition)                                                             \
	do {                                                                                       \
		uint64_t give_up = clock_now() + 10 * NS_PER_SECOND;                               \
                                                                                                   \
		while (!(condition) && clock_now() < give_up)                                      \
			serve(worker, clock_now());                                                \
		assert_true(condition);                                                            \
	} while (0)

/* For what must not happen. */
static inline void serve_a_while(struct worker *worker)
{
	for (int i = 0; i < 20; i++)
		serve(worker, clock_now());
}

static inline void end(struct worker *worker)
{
	worker->ops->close(worker->intake);
	assert_int_equal(received_pending(worker->counts), 0);
	assert_int_equal(worker->counts->packets, 0);
	close(worker->epoll);
	worker->last = *worker->counts;
	worker->counts = &worker->last;
	account_close(worker->lines.account);
	most_connections = 3000;
}

/* A client; it blocks in connect, and then does not. */
static inline int dial(const struct worker *worker)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(worker->port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	bound_buffers(fd);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static inline void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static inline void reset(int fd)
{
	const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd);
}

/* What recv(2) of a byte says: 1, 0 at the end, or -errno. */
static inline int hear(int fd)
{
	char byte;
	ssize_t length = recv(fd, &byte, 1, MSG_DONTWAIT);

	return length < 0 ? -errno : (int)length;
}

static inline int wait_to_hear(int fd)
{
	uint64_t give_up = clock_now() + 10 * NS_PER_SECOND;
	int result;

	while ((result = hear(fd)) == -EAGAIN && clock_now() < give_up)
		usleep(1000);
	return result;
}

static inline int open_channel(struct worker *worker)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
				    ends),
			 0);
	begin_with(worker, &intake_passed, ends[0], SINK_ECHO);
	return ends[1];
}

#endif
