#include "receiver/tcp/connections.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "receiver/account.h"
#include "receiver/intake.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

/* Of one connection at the end: its other side may send faster than we read. */
#define LAST_READS 16

void connections_open(struct connections *all, const struct intake_start *start)
{
	all->epoll = start->epoll;
	all->answers = start->lines->ops->answers;
	all->most = start->options->max_connections;
	all->idle_timeout = start->options->idle_timeout;
	all->count = 0;
	all->oldest = all->newest = NULL;
	all->desk.lines = start->lines;
	all->desk.counts = &start->account->counts;
}

static void leave_list(struct connections *all, struct connection *connection)
{
	*(connection->older ? &connection->older->newer : &all->oldest) = connection->newer;
	*(connection->newer ? &connection->newer->older : &all->newest) = connection->older;
}

static void join_list(struct connections *all, struct connection *connection, uint64_t now)
{
	connection->active = now;
	connection->older = all->newest;
	connection->newer = NULL;
	*(all->newest ? &all->newest->newer : &all->oldest) = connection;
	all->newest = connection;
}

static void touch(struct connections *all, struct connection *connection, uint64_t now)
{
	leave_list(all, connection);
	join_list(all, connection, now);
}

static bool watch(struct connections *all, int operation, struct connection *connection)
{
	struct epoll_event event = { .events = connection->writing ? EPOLLOUT : EPOLLIN,
				     .data.ptr = connection };

	return epoll_ctl(all->epoll, operation, connection->fd, &event) == 0;
}

/*
 * The accepter that passed the socket may not have closed it yet, so closing it here need not end
 * its registration, whose events would carry a pointer to what is freed.
 */
static void end(struct connections *all, struct connection *connection)
{
	epoll_ctl(all->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	leave_list(all, connection);
	all->count--;
	connection_close(connection, &all->desk);
	free(connection);
}

/* Not to accept would leave the other side waiting in the backlog, for what it cannot know. */
static void refuse(struct connections *all, int fd)
{
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(fd);
	counter_add(&all->desk.counts->connections_refused, 1);
}

void connections_add(struct connections *all, int fd, uint64_t now)
{
	struct connection *connection = NULL;
	int on = 1;

	if (all->count < all->most)
		connection = calloc(1, sizeof(*connection));
	if (!connection) {
		refuse(all, fd);
		return;
	}
	connection->fd = fd;
	if (!watch(all, EPOLL_CTL_ADD, connection)) {
		free(connection);
		refuse(all, fd);
		return;
	}
	/* Answers are gathered here; for the kernel to wait for more would only delay them. */
	if (all->answers)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	join_list(all, connection, now);
	all->count++;
}

void connections_serve(struct connections *all, struct connection *connection, uint64_t now)
{
	bool writing = connection->outbox.text;

	if (!writing && !lines_have_room(all->desk.lines))
		return;
	switch (connection_serve(connection, &all->desk)) {
	case CONNECTION_WAITS:
		return;
	case CONNECTION_MOVED:
		touch(all, connection, now);
		connection->writing = connection->outbox.text;
		if (connection->writing != writing)
			watch(all, EPOLL_CTL_MOD, connection);
		return;
	case CONNECTION_BROKEN:
		counter_add(&all->desk.counts->connections_reset, 1);
		break;
	case CONNECTION_ENDED:
		break;
	}
	end(all, connection);
}

/* When the connection that was silent for longest is to be closed. */
static uint64_t next_due(const struct connections *all)
{
	if (!all->oldest || all->oldest->active > UINT64_MAX - all->idle_timeout)
		return UINT64_MAX;
	return all->oldest->active + all->idle_timeout;
}

uint64_t connections_expire(struct connections *all, uint64_t now)
{
	while (next_due(all) <= now) {
		struct connection *oldest = all->oldest;

		/* It is the sink that was slow to make room, not the other side. */
		if (connection_has_news(oldest)) {
			touch(all, oldest, now);
			continue;
		}
		counter_add(&all->desk.counts->connections_idle, 1);
		end(all, oldest);
	}
	return next_due(all);
}

/*
 * close(2) of a socket with unread bytes sends a reset (RFC 2525, 2.17), which may destroy answers
 * on their way to the other side; and its bytes were acknowledged. So what is there is taken,
 * as long as the sink has room: where it has not, the reset is the truth.
 */
static void cut(struct connections *all, struct connection *connection)
{
	enum connection_state state = CONNECTION_MOVED;

	for (int i = 0; i < LAST_READS && state == CONNECTION_MOVED; i++) {
		if (!connection->outbox.text && !lines_have_room(all->desk.lines))
			break;
		state = connection_serve(connection, &all->desk);
	}
	if (state == CONNECTION_BROKEN)
		counter_add(&all->desk.counts->connections_reset, 1);
	else if (state != CONNECTION_ENDED)
		counter_add(&all->desk.counts->connections_cut, 1);
	end(all, connection);
}

void connections_close(struct connections *all)
{
	while (all->oldest)
		cut(all, all->oldest);
}
