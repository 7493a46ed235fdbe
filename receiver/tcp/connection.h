/* One TCP connection: what it sends becomes lines, and with sink echo answers go back. */
#ifndef FAIRPORT_RECEIVER_CONNECTION_H
#define FAIRPORT_RECEIVER_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/tcp/framing.h"

struct lines;
struct received;

/* Bytes of one read: then other connections have their turn. */
#define CONNECTION_READ 65536

/*
 * Answers that the kernel did not take yet. While there are any, nothing is read, so they are what
 * one read can give at most: CONNECTION_READ bytes, and the line that was held before.
 */
struct outbox {
	char *text; /* NULL, and no memory, while there are none */
	uint32_t length, sent;
};

/* Small, as there may be many that do nothing. */
struct connection {
	struct connection *older, *newer; /* by the time of the last byte */
	uint64_t active;                  /* that time, of clock_now() */
	int fd;
	bool ended;   /* the other side will send no more */
	bool writing; /* is registered as waiting to send, not to read */
	struct framing framing;
	struct outbox outbox;
};

/* What the connections of a worker use in turn. */
struct connection_desk {
	struct lines *lines;
	struct received *counts;
	size_t answered; /* bytes of ANSWERS */
	char input[CONNECTION_READ];
	char answers[CONNECTION_READ + FRAMING_LINE_MAX];
};

enum connection_state {
	CONNECTION_WAITS,  /* for nothing but the next event */
	CONNECTION_MOVED,  /* bytes came or went */
	CONNECTION_ENDED,  /* the other side has sent all, and all answers are on their way */
	CONNECTION_BROKEN, /* by the other side, or by an error, which was counted */
};

/* Sends what is left to send, or else reads once. */
enum connection_state connection_serve(struct connection *connection, struct connection_desk *desk);

/* Whether there is something that was not read yet. */
bool connection_has_news(const struct connection *connection);

/* Closes the socket; a line whose end has not come is counted as rejected. */
void connection_close(struct connection *connection, struct connection_desk *desk);

#endif
