/*
 * Source strategies: which socket, and so which source address and port, sends a packet.
 * One row of the table per strategy; to add one, write its functions and its row in source.c.
 */
#ifndef FAIRPORT_FAKER_SOURCE_H
#define FAIRPORT_FAKER_SOURCE_H

#include "common/address.h"
#include "common/rng.h"
#include "faker/address_range.h"

struct flows;
struct source_strategy;

struct source {
	const struct source_strategy *strategy;
	struct address target;
	struct address_range range; /* size 0: the kernel chooses the address */
	struct flows *flows;
	struct rng rng;
	struct address name; /* of the socket in fd */
	int fd;              /* -1: none open */
	uint64_t unrecorded; /* packets of fd that flows has not been told of */
};

/* Names in the order of their indices, NULL-ended; and what to say about each. */
extern const char *const source_names[];
const char *source_meaning(size_t index);

/*
 * Opens what the strategy keeps open. TARGET, RANGE (size 0: none) and SEED are set by the
 * caller through the arguments; flows are counted in FLOWS. 0 or -errno.
 */
int source_open(struct source *source, size_t strategy, const struct address *target,
		const struct address_range *range, struct flows *flows, uint64_t seed);

/* Sends one datagram. 0 when the kernel took it, else -errno. */
int source_send(struct source *source, const void *packet, size_t length);

void source_close(struct source *source);

#endif
