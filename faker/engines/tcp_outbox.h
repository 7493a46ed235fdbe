/*
 * What is still to be sent on one connection: messages, each copied whole. They leave it from the
 * front, once their last byte was sent.
 */
#ifndef FAIRPORT_FAKER_ENGINES_TCP_OUTBOX_H
#define FAIRPORT_FAKER_ENGINES_TCP_OUTBOX_H

#include <stdint.h>

#include "faker/engines/fifo.h"

struct packet;

/* All zero is an empty one. */
struct outbox {
	struct fifo bytes;
	struct fifo messages; /* struct packet, without data */
	uint32_t begun;       /* bytes sent of the first message */
	uint32_t moved;       /* messages, the first ones, that came from another connection */
};

/* 0 or -ENOMEM. */
int outbox_add(struct outbox *outbox, const struct packet *packet);

/* How many messages, and the bytes of them that are not sent. */
uint32_t outbox_count(const struct outbox *outbox);
uint32_t outbox_bytes(const struct outbox *outbox);

/* Those bytes, in one piece; and the messages, without data. */
const char *outbox_data(const struct outbox *outbox);
const struct packet *outbox_messages(const struct outbox *outbox);

/*
 * The first LENGTH bytes were sent. Returns how many messages were complete with them; the caller
 * removes these with outbox_drop().
 */
uint32_t outbox_sent(struct outbox *outbox, uint32_t length);
void outbox_drop(struct outbox *outbox, uint32_t count);

/*
 * The connection has failed. Removes what no other connection may try: a message that was sent in
 * part, and those that had been moved before; the others are moved now. Returns how many it
 * removed.
 */
uint32_t outbox_move(struct outbox *outbox);

/* Removes all messages. Returns how many they were. */
uint32_t outbox_clear(struct outbox *outbox);

#endif
