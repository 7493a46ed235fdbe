#include "faker/engines/tcp_connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "faker/engines/engine.h"
#include "faker/errors.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"
#include "faker/engines/tcp.h"
#include "faker/engines/tcp_socket.h"

/* What one connection may have added and not sent; and with that, not replied. In bytes. */
#define UNSENT_MAX    (256u << 10)
#define UNREPLIED_MAX (1u << 20)

/* Calls of recv(2) before other connections have their turn. */
#define READS_MAX 16

#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

static struct tcp_results *results_of(const struct connection *connection)
{
	return connection->all->engine->tcp;
}

static bool expects_echo(const struct connection *connection)
{
	return connection->all->engine->plan->options->expect_echo != NULL;
}

/* It waits for nothing any more. */
static void rest(struct connection *connection)
{
	struct connections *all = connection->all;

	if (!connection->waiting)
		return;
	*(connection->older ? &connection->older->newer : &all->oldest) = connection->newer;
	*(connection->newer ? &connection->newer->older : &all->newest) = connection->older;
	connection->waiting = false;
}

/* It waits for something since NOW. As all may wait equally long, the list is in order. */
static void await(struct connection *connection, uint64_t now)
{
	struct connections *all = connection->all;

	rest(connection);
	connection->since = now;
	connection->older = all->newest;
	connection->newer = NULL;
	*(all->newest ? &all->newest->newer : &all->oldest) = connection;
	all->newest = connection;
	connection->waiting = true;
}

/* Waits for what is outstanding, anew if there was PROGRESS; ends what is to be ended. */
static void settle(struct connection *connection, bool progress)
{
	bool outstanding =
		outbox_count(&connection->outbox) > 0 || echo_missing(&connection->echo) > 0;

	if (connection->state != CONNECTION_LIVE)
		return;
	if (outstanding && (progress || !connection->waiting)) {
		await(connection, clock_now());
	} else if (!outstanding && connection->ending) {
		/* Should it fail, the socket has an error that recv(2) will tell. */
		shutdown(connection->fd, SHUT_WR);
		connection->state = CONNECTION_LINGERING;
		await(connection, clock_now());
	} else if (!outstanding) {
		rest(connection);
	}
}

/* ERROR has ended it. */
static void count_outcome(const struct connection *connection, int error)
{
	struct tcp_counts *counts = &results_of(connection)->counts;
	struct sent *sent = connection->all->engine->sent;

	if (connection->state == CONNECTION_OPENING) {
		counter_add(&sent->watched_calls, 1);
		counter_add(&sent->refused_calls, error == ECONNREFUSED);
	}
	counts->refused += error == ECONNREFUSED;
	counts->reset += error == ECONNRESET || error == EPIPE;
	counts->timed_out += error == ETIMEDOUT;
	counts->failed += error != ECONNREFUSED && error != ECONNRESET && error != EPIPE &&
			  error != ETIMEDOUT;
}

/* 0 or -errno, with nothing open. */
static int begin(struct connection *connection)
{
	struct epoll_event event = { .events = EVENTS, .data.ptr = connection };
	uint64_t begun;
	int error = 0;

	connection->state = CONNECTION_OPENING;
	connection->sent = 0;
	connection->fd = tcp_socket_connect(connection->all->engine, connection->slot, &begun);
	if (connection->fd < 0) {
		error = -connection->fd;
	} else if (epoll_ctl(connection->all->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
		error = errno;
		close(connection->fd);
	}
	results_of(connection)->counts.connections += begun > 0;
	if (error && begun)
		count_outcome(connection, error);
	if (!error)
		await(connection, begun);
	return -error;
}

int connection_open(struct connections *all, uint32_t slot)
{
	struct connection *connection = calloc(1, sizeof(*connection));
	int error;

	if (!connection)
		return -ENOMEM;
	connection->all = all;
	connection->slot = slot;
	error = begin(connection);
	if (error)
		free(connection);
	else
		all->slots[slot] = connection;
	return error;
}

static void discard(struct connection *connection)
{
	struct connections *all = connection->all;

	counter_add(&all->engine->sent->unsent_packets, outbox_clear(&connection->outbox));
	if (connection->ending)
		all->ending--;
	else
		all->slots[connection->slot] = NULL;
	free(connection);
}

/* Whether something is left that a new connection may try. */
static bool can_move(struct connection *connection)
{
	counter_add(&connection->all->engine->sent->unsent_packets,
		    outbox_move(&connection->outbox));
	return outbox_count(&connection->outbox) > 0;
}

/*
 * Closes the socket. DEAD: the other side had closed before; where the connection should have gone
 * on, it does so with a new socket.
 */
static void conclude(struct connection *connection, bool dead)
{
	struct engine *engine = connection->all->engine;
	int error;

	engine->tcp->counts.missing_replies += echo_missing(&connection->echo);
	echo_clear(&connection->echo);
	tcp_socket_flow(engine, connection->fd, connection->sent);
	rest(connection);
	close(connection->fd);
	if (!dead || connection->ending || !can_move(connection)) {
		discard(connection);
		return;
	}
	error = begin(connection);
	if (error) {
		engine_error(engine, error);
		discard(connection);
	}
}

static void fail(struct connection *connection, int error)
{
	bool live = connection->state == CONNECTION_LIVE;

	count_outcome(connection, error);
	/* Not returned by send(), so nobody else counts it. */
	engine_error(connection->all->engine, error);
	conclude(connection, live && (error == ECONNRESET || error == EPIPE));
}

static void establish(struct connection *connection)
{
	struct engine *engine = connection->all->engine;

	counter_add(&engine->sent->watched_calls, 1);
	engine->tcp->counts.established++;
	histogram_add(&engine->tcp->connect, clock_now() - connection->since);
	connection->state = CONNECTION_LIVE;
	rest(connection);
}

bool connection_takes(const struct connection *connection, uint32_t length)
{
	uint64_t bytes = outbox_bytes(&connection->outbox);
	uint64_t replies = bytes + echo_outstanding(&connection->echo);

	return (bytes == 0 || bytes + length <= UNSENT_MAX) &&
	       (replies == 0 || replies + length <= UNREPLIED_MAX);
}

int connection_add(struct connection *connection, const struct packet *packet)
{
	return outbox_add(&connection->outbox, packet);
}

/* The kernel has taken LENGTH bytes. */
static void account(struct connection *connection, uint32_t length)
{
	const char *data = outbox_data(&connection->outbox);
	const struct packet *messages = outbox_messages(&connection->outbox);
	struct engine *engine = connection->all->engine;
	uint64_t now = clock_now();
	uint32_t count;

	if (expects_echo(connection))
		echo_sent(&connection->echo, data, length);
	count = outbox_sent(&connection->outbox, length);
	for (uint32_t i = 0; expects_echo(connection) && i < count; i++)
		echo_message(&connection->echo, messages[i].length, now);
	engine_count(engine, messages, count);
	if (count > 0)
		engine->last_sent = now;
	connection->sent += count;
	outbox_drop(&connection->outbox, count);
}

void connection_flush(struct connection *connection)
{
	/* As long as a reply is awaited, only replies are progress. */
	bool awaited = echo_missing(&connection->echo) > 0, progress = false;

	while (outbox_count(&connection->outbox) > 0) {
		const struct outbox *outbox = &connection->outbox;
		uint32_t length = outbox_bytes(outbox);
		ssize_t sent;

		if (expects_echo(connection) &&
		    echo_reserve(&connection->echo, length, outbox_count(outbox)) != 0) {
			fail(connection, ENOMEM);
			return;
		}
		sent = send(connection->fd, outbox_data(outbox), length, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			fail(connection, errno);
			return;
		}
		/* Over loopback a connection is often established before connect(2) returns. */
		if (connection->state == CONNECTION_OPENING)
			establish(connection);
		account(connection, (uint32_t)sent);
		progress = !awaited;
	}
	settle(connection, progress);
}

void connection_end(struct connection *connection)
{
	connection->ending = true;
	connection->all->ending++;
	connection->all->slots[connection->slot] = NULL;
	settle(connection, false);
}

/* The other side has closed; that is in order only after we have. */
static void close_after(struct connection *connection)
{
	struct tcp_counts *counts = &results_of(connection)->counts;
	bool lingering = connection->state == CONNECTION_LINGERING;

	++*(lingering ? &counts->completed : &counts->closed_early);
	conclude(connection, true);
}

/* Reads what has come. False when the connection has ended by it. */
static bool receive(struct connection *connection, uint32_t events)
{
	struct connections *all = connection->all;
	struct epoll_event event = { .events = EVENTS, .data.ptr = connection };
	bool end = events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
	int reads;

	for (reads = 0; reads < READS_MAX; reads++) {
		ssize_t length = recv(connection->fd, all->input, INPUT_SIZE, 0);

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0 && errno == EAGAIN)
			break;
		if (length < 0) {
			fail(connection, errno);
			return false;
		}
		if (length == 0) {
			close_after(connection);
			return false;
		}
		if (expects_echo(connection)) {
			echo_take(&connection->echo, all->input, (uint32_t)length, clock_now(),
				  results_of(connection));
			/* Now, as an end that follows is in order once all is replied. */
			settle(connection, true);
		}
		if (length < INPUT_SIZE && !end)
			break;
	}
	/* To be told again of what is left. */
	if (reads == READS_MAX)
		epoll_ctl(all->epoll, EPOLL_CTL_MOD, connection->fd, &event);
	return true;
}

/* False when the connection has failed. */
static bool opened(struct connection *connection)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
		error = errno;
	if (error == 0)
		establish(connection);
	else
		fail(connection, error);
	return error == 0;
}

void connection_event(struct connection *connection, uint32_t events)
{
	if (connection->state == CONNECTION_OPENING && !opened(connection))
		return;
	/* First the news that it has ended: what is not sent by then can still be moved. */
	if (events & ~(uint32_t)EPOLLOUT && !receive(connection, events))
		return;
	connection_flush(connection);
}

void connection_expire(struct connection *connection)
{
	struct tcp_counts *counts = &results_of(connection)->counts;
	bool lingering = connection->state == CONNECTION_LINGERING;

	++*(lingering ? &counts->unclosed : &counts->timed_out);
	conclude(connection, false);
}

void connection_abandon(struct connection *connection)
{
	results_of(connection)->counts.abandoned++;
	conclude(connection, false);
}
