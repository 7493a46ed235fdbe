/*
 * One TCP connection to the target: opened, sent on, ended in order, waited for. Nothing blocks;
 * epoll(7) tells when to go on. Every connection that was begun is counted in one outcome.
 */
#ifndef FAIRPORT_FAKER_ENGINES_TCP_CONNECTION_H
#define FAIRPORT_FAKER_ENGINES_TCP_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "faker/engines/tcp_echo.h"
#include "faker/engines/tcp_outbox.h"

struct engine;
struct packet;

/* Of a buffer that replies are read to, in bytes. */
#define INPUT_SIZE 65536

/* All connections of a thread. */
struct connections {
	struct engine *engine;
	struct connection **slots;          /* NULL: the slot has none */
	struct connection *oldest, *newest; /* that wait for something */
	char *input;                        /* INPUT_SIZE bytes: where replies are read to */
	int epoll;
	uint32_t ending; /* how many no slot has any more */
	uint32_t sends;  /* calls */
	bool brief;      /* a connection is for one message */
};

enum connection_state {
	CONNECTION_OPENING,
	CONNECTION_LIVE,
	CONNECTION_LINGERING /* we have ended it, the other side has not */
};

/* Small, as there may be 20,000. */
struct connection {
	struct connections *all;
	struct connection *older, *newer;
	struct outbox outbox;
	struct echo echo;
	uint64_t since; /* clock_now(): it waits for something since then */
	uint64_t sent;  /* messages */
	uint32_t slot;
	int fd;
	enum connection_state state;
	bool ending;  /* nothing is added any more */
	bool waiting; /* for what must come within --timeout */
};

/*
 * Opens a connection for SLOT, which has none. 0, or -errno with nothing open; that error is left
 * to the caller to count.
 */
int connection_open(struct connections *all, uint32_t slot);

/* Whether LENGTH bytes can be added now. They always can once nothing is outstanding. */
bool connection_takes(const struct connection *connection, uint32_t length);

/* Adds a copy of PACKET to what is to be sent. 0 or -ENOMEM. */
int connection_add(struct connection *connection, const struct packet *packet);

/*
 * The functions below may free the connection, and then take it off its slot.
 */

/* Sends what was added, as far as there is room. */
void connection_flush(struct connection *connection);

/* Takes it off its slot; it is ended as soon as all is sent and replied. */
void connection_end(struct connection *connection);

/* Deals with EVENTS of epoll(7). */
void connection_event(struct connection *connection, uint32_t events);

/* It has waited for too long. */
void connection_expire(struct connection *connection);

/* Closes it at once, as the run does not wait for it any more. */
void connection_abandon(struct connection *connection);

#endif
