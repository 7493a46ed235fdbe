/*
 * The other side for tests of fairport-fake: a receiver that behaves well, or badly in one exact
 * way, and keeps an independent account.
 *
 *   peer MODE [ADDRESS [FILE]]
 *
 * MODE is a row of the table at the end. It is bound to ADDRESS (127.0.0.1), a port of the kernel's
 * choice, and prints that port as a line once it is ready. SIGTERM or SIGINT end it: it takes what
 * has arrived by then, prints its account and leaves with status 0.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH      64
#define LONGEST    65536 /* bytes of a datagram, and of a read */
#define ROOM_BYTES (64 << 20)
#define EVENTS     256
#define NO_QUEUE   (-1) /* does not listen */

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

struct flow {
	union address source;
	uint64_t packets, bytes;
};

struct connection {
	int fd;
	bool seen; /* a byte was received */
	char *data;
	size_t begin, end, room; /* what DATA holds: still to be echoed, or all of it for FILE */
};

struct peer {
	const struct mode *mode;
	int fd, epoll, signals;
	FILE *file, *lengths;
	uint64_t connections, bytes;

	struct flow *flows; /* open addressing */
	size_t flow_count, flow_room;

	struct connection **open; /* by descriptor */
	int open_room;

	/* What is received, and of datagrams where from. */
	char data[BATCH][LONGEST];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
	union address sources[BATCH];
};

/* What to do with LENGTH bytes that were received, the first of DATA; false: close it. */
typedef bool take_function(struct peer *peer, struct connection *connection, size_t length);

struct mode {
	const char *name;
	void (*run)(struct peer *peer);
	take_function *take;
	int type, backlog;
	bool shut; /* end our side as soon as it is accepted */
	bool mute; /* do not close though the other side did */
};

static void *checked(void *memory)
{
	if (!memory)
		err(1, "memory");
	return memory;
}

static bool stopped(struct peer *peer)
{
	struct pollfd wait = { .fd = peer->signals, .events = POLLIN };

	return poll(&wait, 1, 0) > 0;
}

/* Flows. */

static uint16_t port_of(const union address *address)
{
	return ntohs(address->any.sa_family == AF_INET ? address->v4.sin_port
						       : address->v6.sin6_port);
}

static const char *host_of(const union address *address, char text[static INET6_ADDRSTRLEN])
{
	const void *host = address->any.sa_family == AF_INET ? (const void *)&address->v4.sin_addr
							     : &address->v6.sin6_addr;

	return inet_ntop(address->any.sa_family, host, text, INET6_ADDRSTRLEN);
}

static int compare_sources(const union address *a, const union address *b)
{
	int order = a->any.sa_family == AF_INET
			    ? memcmp(&a->v4.sin_addr, &b->v4.sin_addr, sizeof(a->v4.sin_addr))
			    : memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof(a->v6.sin6_addr));

	return order ? order : port_of(a) - port_of(b);
}

static int compare_flows(const void *a, const void *b)
{
	return compare_sources(&((const struct flow *)a)->source,
			       &((const struct flow *)b)->source);
}

static size_t hash_of(const union address *source)
{
	const unsigned char *host = source->any.sa_family == AF_INET
					    ? (const unsigned char *)&source->v4.sin_addr
					    : (const unsigned char *)&source->v6.sin6_addr;
	size_t length = source->any.sa_family == AF_INET ? 4 : 16, hash = port_of(source);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ host[i]) * 0x100000001b3ull;
	return hash ^ hash >> 29;
}

static struct flow *find_flow(struct peer *peer, const union address *source)
{
	size_t at = hash_of(source) & (peer->flow_room - 1);

	while (peer->flows[at].packets && compare_sources(&peer->flows[at].source, source) != 0)
		at = (at + 1) & (peer->flow_room - 1);
	return &peer->flows[at];
}

static void grow_flows(struct peer *peer)
{
	struct flow *old = peer->flows;
	size_t room = peer->flow_room;

	peer->flow_room = room ? room * 2 : 1024;
	peer->flows = checked(calloc(peer->flow_room, sizeof(*peer->flows)));
	for (size_t i = 0; i < room; i++)
		if (old[i].packets)
			*find_flow(peer, &old[i].source) = old[i];
	free(old);
}

static void count_flow(struct peer *peer, const union address *source, size_t bytes)
{
	struct flow *flow;

	if (peer->flow_count * 2 >= peer->flow_room)
		grow_flows(peer);
	flow = find_flow(peer, source);
	peer->flow_count += flow->packets == 0;
	flow->source = *source;
	flow->packets++;
	flow->bytes += bytes;
}

static void print_flows(struct peer *peer)
{
	char host[INET6_ADDRSTRLEN];
	size_t count = 0;

	for (size_t i = 0; i < peer->flow_room; i++)
		if (peer->flows[i].packets)
			peer->flows[count++] = peer->flows[i];
	if (count)
		qsort(peer->flows, count, sizeof(*peer->flows), compare_flows);
	for (size_t i = 0; i < count; i++)
		printf("%s %u %ju %ju\n", host_of(&peer->flows[i].source, host),
		       port_of(&peer->flows[i].source), (uintmax_t)peer->flows[i].packets,
		       (uintmax_t)peer->flows[i].bytes);
}

/* Datagrams. */

static void prepare_datagrams(struct peer *peer)
{
	int room = ROOM_BYTES;

	if (setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0)
		setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	for (int i = 0; i < BATCH; i++) {
		peer->parts[i] = (struct iovec){ peer->data[i], LONGEST };
		peer->messages[i].msg_hdr.msg_iov = &peer->parts[i];
		peer->messages[i].msg_hdr.msg_iovlen = 1;
		peer->messages[i].msg_hdr.msg_name = &peer->sources[i];
	}
}

static void keep_payload(struct peer *peer, const char *data, size_t length)
{
	if (fwrite(data, 1, length, peer->file) != length ||
	    fprintf(peer->lengths, "%zu\n", length) < 0)
		err(1, "payload");
}

/* Everything that has arrived. */
static void receive_datagrams(struct peer *peer)
{
	int count;

	do {
		for (int i = 0; i < BATCH; i++)
			peer->messages[i].msg_hdr.msg_namelen = sizeof(peer->sources[i]);
		count = recvmmsg(peer->fd, peer->messages, BATCH, MSG_DONTWAIT, NULL);
		if (count < 0 && errno != EAGAIN && errno != EINTR)
			err(1, "recvmmsg");
		for (int i = 0; i < count; i++)
			if (peer->file)
				keep_payload(peer, peer->data[i], peer->messages[i].msg_len);
			else
				count_flow(peer, &peer->sources[i], peer->messages[i].msg_len);
	} while (count > 0);
}

static void run_datagrams(struct peer *peer)
{
	struct pollfd wait[] = { { .fd = peer->fd, .events = POLLIN },
				 { .fd = peer->signals, .events = POLLIN } };

	while (!wait[1].revents) {
		poll(wait, 2, -1);
		receive_datagrams(peer);
	}
	print_flows(peer);
}

/* Connections. */

static void keep(struct connection *connection, const char *data, size_t length)
{
	if (connection->room - connection->end < length) {
		connection->room = (connection->end + length) * 2;
		connection->data = checked(realloc(connection->data, connection->room));
	}
	memcpy(connection->data + connection->end, data, length);
	connection->end += length;
}

/* With FILE, the bytes of each connection in one piece, in the order the connections end. */
static void end_connection(struct peer *peer, struct connection *connection)
{
	if (peer->file && connection->end &&
	    fwrite(connection->data, 1, connection->end, peer->file) != connection->end)
		err(1, "payload");
	peer->open[connection->fd] = NULL;
	close(connection->fd);
	free(connection->data);
	free(connection);
}

static bool take_sink(struct peer *peer, struct connection *connection, size_t length)
{
	if (peer->file)
		keep(connection, peer->data[0], length);
	return true;
}

static bool take_reset(struct peer *peer, struct connection *connection, size_t length)
{
	struct linger at_once = { .l_onoff = 1 };

	(void)peer;
	(void)length;
	setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return false;
}

/* Sends what it can; waits for room or for more to read, never for both. */
static bool write_back(struct peer *peer, struct connection *connection)
{
	struct epoll_event event = { .data.fd = connection->fd };

	while (connection->begin < connection->end) {
		ssize_t sent =
			send(connection->fd, connection->data + connection->begin,
			     connection->end - connection->begin, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN)
			return false;
		if (sent < 0)
			break;
		connection->begin += (size_t)sent;
	}
	event.events = connection->begin < connection->end ? EPOLLOUT : EPOLLIN;
	if (event.events == EPOLLIN)
		connection->begin = connection->end = 0;
	epoll_ctl(peer->epoll, EPOLL_CTL_MOD, connection->fd, &event);
	return true;
}

static bool take_upper(struct peer *peer, struct connection *connection, size_t length)
{
	char *data = peer->data[0];

	for (size_t i = 0; i < length; i++)
		if (data[i] >= 'a' && data[i] <= 'z')
			data[i] = (char)(data[i] - 'a' + 'A');
	keep(connection, data, length);
	return write_back(peer, connection);
}

/* The first byte of each connection comes back wrong, the others do not. */
static bool take_wrong(struct peer *peer, struct connection *connection, size_t length)
{
	if (!connection->seen)
		peer->data[0][0] = '?';
	return take_upper(peer, connection, length);
}

/* Reads once. False when the connection is to be closed. */
static bool read_once(struct peer *peer, struct connection *connection)
{
	ssize_t length;
	bool go_on;

	if (connection->begin < connection->end && peer->mode->take != take_sink)
		return write_back(peer, connection);
	length = recv(connection->fd, peer->data[0], LONGEST, MSG_DONTWAIT);
	if (length < 0)
		return errno == EAGAIN;
	if (length == 0 && peer->mode->mute)
		epoll_ctl(peer->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
	if (length == 0)
		return peer->mode->mute;
	peer->bytes += (uint64_t)length;
	go_on = peer->mode->take(peer, connection, (size_t)length);
	connection->seen = true;
	return go_on;
}

static void add_connection(struct peer *peer, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
	struct connection *connection = checked(calloc(1, sizeof(*connection)));
	int yes = 1;

	peer->connections++;
	while (fd >= peer->open_room) {
		int room = peer->open_room ? peer->open_room * 2 : 1024;

		peer->open = checked(realloc(peer->open, (size_t)room * sizeof(*peer->open)));
		memset(peer->open + peer->open_room, 0,
		       (size_t)(room - peer->open_room) * sizeof(*peer->open));
		peer->open_room = room;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	connection->fd = fd;
	peer->open[fd] = connection;
	if (peer->mode->shut)
		shutdown(fd, SHUT_WR);
	epoll_ctl(peer->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(struct peer *peer)
{
	int fd;

	while ((fd = accept4(peer->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		add_connection(peer, fd);
}

/* Returns how many connections had something to tell. */
static int serve(struct peer *peer, int timeout)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(peer->epoll, events, EVENTS, timeout), served = 0;

	for (int i = 0; i < count; i++) {
		int fd = events[i].data.fd;

		if (fd == peer->signals)
			continue;
		served++;
		if (fd == peer->fd)
			accept_all(peer);
		else if (!read_once(peer, peer->open[fd]))
			end_connection(peer, peer->open[fd]);
	}
	return served;
}

static void run_connections(struct peer *peer)
{
	struct epoll_event event = { .events = EPOLLIN };

	peer->epoll = epoll_create1(EPOLL_CLOEXEC);
	event.data.fd = peer->fd;
	epoll_ctl(peer->epoll, EPOLL_CTL_ADD, peer->fd, &event);
	event.data.fd = peer->signals;
	epoll_ctl(peer->epoll, EPOLL_CTL_ADD, peer->signals, &event);
	while (!stopped(peer))
		serve(peer, -1);
	while (serve(peer, 0) > 0)
		;
	for (int fd = 0; fd < peer->open_room; fd++)
		if (peer->open[fd])
			end_connection(peer, peer->open[fd]);
	printf("%ju %ju\n", (uintmax_t)peer->connections, (uintmax_t)peer->bytes);
}

/* Leaves everything to the kernel. */
static void run_idle(struct peer *peer)
{
	struct pollfd wait = { .fd = peer->signals, .events = POLLIN };

	poll(&wait, 1, -1);
}

static const struct mode modes[] = {
	/* "ADDRESS PORT PACKETS BYTES" of each source, sorted */
	{ "udp-flows", run_datagrams, NULL, SOCK_DGRAM, 0, false, false },
	/* all payloads to FILE, their lengths line by line to FILE.lengths */
	{ "udp-payload", run_datagrams, NULL, SOCK_DGRAM, 0, false, false },
	/* those below: "CONNECTIONS BYTES" */
	{ "tcp-sink", run_connections, take_sink, SOCK_STREAM, SOMAXCONN, false, false },
	{ "tcp-upper", run_connections, take_upper, SOCK_STREAM, SOMAXCONN, false, false },
	{ "tcp-wrong", run_connections, take_wrong, SOCK_STREAM, SOMAXCONN, false, false },
	/* RST after the first bytes */
	{ "tcp-reset", run_connections, take_reset, SOCK_STREAM, SOMAXCONN, false, false },
	/* our side ends at once, and reads on until the other does */
	{ "tcp-early", run_connections, take_sink, SOCK_STREAM, SOMAXCONN, true, false },
	/* reads, but neither replies nor closes */
	{ "tcp-mute", run_connections, take_sink, SOCK_STREAM, SOMAXCONN, false, true },
	/* never accepts: the queue is full with the first connections, the kernel ignores others */
	{ "tcp-backlog", run_idle, NULL, SOCK_STREAM, 0, false, false },
	/* has the port, but does not listen: all are refused */
	{ "tcp-refuse", run_idle, NULL, SOCK_STREAM, NO_QUEUE, false, false },
	{ NULL, NULL, NULL, 0, 0, false, false },
};

static const struct mode *find_mode(const char *name)
{
	const struct mode *mode = modes;

	while (mode->name && strcmp(mode->name, name) != 0)
		mode++;
	if (!mode->name)
		errx(1, "unknown mode %s", name);
	return mode;
}

static int open_socket(const struct mode *mode, const char *host, uint16_t *port)
{
	union address address = { .any.sa_family = strchr(host, ':') ? AF_INET6 : AF_INET };
	bool v4 = address.any.sa_family == AF_INET;
	socklen_t length = sizeof(address);
	int fd = socket(address.any.sa_family, mode->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (inet_pton(address.any.sa_family, host,
		      v4 ? (void *)&address.v4.sin_addr : &address.v6.sin6_addr) != 1)
		errx(1, "bad address %s", host);
	if (fd < 0 || bind(fd, &address.any, v4 ? sizeof(address.v4) : sizeof(address.v6)) != 0 ||
	    getsockname(fd, &address.any, &length) != 0 ||
	    (mode->type == SOCK_STREAM && mode->backlog != NO_QUEUE &&
	     listen(fd, mode->backlog) != 0))
		err(1, "socket on %s", host);
	*port = port_of(&address);
	return fd;
}

static FILE *open_file(const char *name, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s%s", name, suffix);
	return checked(fopen(path, "w"));
}

int main(int argc, char **argv)
{
	struct peer *peer = checked(calloc(1, sizeof(*peer)));
	sigset_t signals;
	uint16_t port;

	if (argc < 2)
		errx(1, "usage: peer MODE [ADDRESS [FILE]]");
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	peer->signals = signalfd(-1, &signals, SFD_CLOEXEC);
	peer->mode = find_mode(argv[1]);
	if (argc > 3) {
		peer->file = open_file(argv[3], "");
		if (peer->mode->type == SOCK_DGRAM)
			peer->lengths = open_file(argv[3], ".lengths");
	}
	if (strcmp(argv[1], "udp-payload") == 0 && !peer->file)
		errx(1, "udp-payload needs a file");
	peer->fd = open_socket(peer->mode, argc > 2 ? argv[2] : "127.0.0.1", &port);
	if (peer->mode->type == SOCK_DGRAM)
		prepare_datagrams(peer);
	printf("%u\n", port);
	fflush(stdout);
	peer->mode->run(peer);
	if ((peer->file && fclose(peer->file) != 0) ||
	    (peer->lengths && fclose(peer->lengths) != 0) || fflush(stdout) != 0)
		err(1, "output");
	return 0;
}
