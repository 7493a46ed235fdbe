/* A batch of datagrams: taken by an engine, and counted. */
#ifndef FAIRPORT_RECEIVER_BATCH_H
#define FAIRPORT_RECEIVER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/engines/engine.h"
#include "receiver/engines/taking.h"

struct account;

struct batch {
	struct engine engine;
	struct account *account;
	uint32_t overflows; /* of the socket, as last seen */
	size_t count;       /* of messages */
	size_t packets;     /* in them */
	struct message messages[TAKING_MESSAGES];
};

/*
 * Chooses the engine and prepares SOCKET for it; drops of this socket count as seen from now on.
 * False after saying what is wrong.
 */
bool batch_open(struct batch *batch, size_t choice, int socket, struct account *account);
void batch_close(struct batch *batch);

/*
 * Takes the next batch, if there is one, and counts packets, bytes, truncated_packets, messages,
 * receive_calls, eagain, receive_errors and overflows_seen. 0, or -errno with nothing taken:
 * -EAGAIN when there is nothing, -EPIPE at the end of a channel.
 *
 * What was taken is lost if the process is killed now: behind each datagram whose lines were taken
 * comes batch_done(), behind the last one batch_end().
 */
int batch_take(struct batch *batch);

static inline void batch_done(struct batch *batch, uint32_t datagrams)
{
	taking_done(batch->engine.taking, datagrams);
}

static inline void batch_end(struct batch *batch)
{
	taking_end(batch->engine.taking);
}

/* Whether the input had no more than the last batch, as far as one can tell without asking. */
static inline bool batch_was_short(const struct batch *batch)
{
	return batch->count < batch->engine.ops->batch;
}

#endif
