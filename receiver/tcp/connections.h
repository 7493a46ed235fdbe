/* All connections of a worker: bounded in number, and in the time that they may be silent. */
#ifndef FAIRPORT_RECEIVER_CONNECTIONS_H
#define FAIRPORT_RECEIVER_CONNECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/tcp/connection.h"

struct intake_start;

struct connections {
	int epoll;
	bool answers; /* the sink does */
	uint64_t most, idle_timeout;
	uint64_t count;
	struct connection *oldest, *newest; /* a list, in the order of their last bytes */
	struct connection_desk desk;
};

void connections_open(struct connections *all, const struct intake_start *start);

/*
 * Takes a connected socket over: from now on, its events carry a struct connection. Where there is
 * no room for it, the other side is told by a reset.
 */
void connections_add(struct connections *all, int fd, uint64_t now);

/* CONNECTION has an event; may free it, but no other. */
void connections_serve(struct connections *all, struct connection *connection, uint64_t now);

/* Closes those that were silent for too long. Returns when to be called next, or UINT64_MAX. */
uint64_t connections_expire(struct connections *all, uint64_t now);

/* Reads what has come by now, and closes all. */
void connections_close(struct connections *all);

#endif
