/* Two UDP sockets on loopback: a client that is connected to a server. */
#ifndef FAIRPORT_TESTS_UNIT_RECEIVE_PAIR_H
#define FAIRPORT_TESTS_UNIT_RECEIVE_PAIR_H

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "common/address.h"

struct receive_pair {
	int server, client;
	struct address from; /* the client's */
};

static inline void receive_pair_address(int fd, struct address *address)
{
	address->length = sizeof(address->v6);
	assert_int_equal(getsockname(fd, &address->any, &address->length), 0);
}

/* Room for SIZE bytes at the server, or what is the least or the most. */
static inline void receive_pair_room(struct receive_pair *pair, int size)
{
	setsockopt(pair->server, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	setsockopt(pair->server, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
}

/* FAMILY: AF_INET or AF_INET6. */
static inline void receive_pair_open(struct receive_pair *pair, int family)
{
	struct address to = { .length = sizeof(to.v4) };

	if (family == AF_INET6) {
		to.length = sizeof(to.v6);
		to.v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6,
					       .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	} else {
		to.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	}
	pair->server = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	pair->client = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(pair->server >= 0 && pair->client >= 0);
	assert_int_equal(bind(pair->server, &to.any, to.length), 0);
	receive_pair_address(pair->server, &to);
	assert_int_equal(connect(pair->client, &to.any, to.length), 0);
	receive_pair_address(pair->client, &pair->from);
	receive_pair_room(pair, 4 << 20);
}

static inline void receive_pair_close(struct receive_pair *pair)
{
	close(pair->server);
	close(pair->client);
}

/* From now on each send is cut into datagrams of SEGMENT bytes; 0: is one. */
static inline void segment_sends(int client, size_t segment)
{
	int size = (int)segment;

	assert_int_equal(setsockopt(client, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)), 0);
}

#endif
