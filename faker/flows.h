/*
 * The flows that were sent: packets by source address and port. A flow is what the kernel's hash
 * assigns to a member, so their number and weights decide how even a group can be.
 */
#ifndef FAIRPORT_FAKER_FLOWS_H
#define FAIRPORT_FAKER_FLOWS_H

#include <stdint.h>

struct address;

/* Flows that are remembered one by one (32 MiB); packets of further ones count as untracked. */
#define FLOWS_LIMIT (1u << 20)

struct flow {
	uint64_t key; /* never 0 */
	uint64_t packets;
};

struct flows {
	struct flow *slots; /* open addressing, linear probing */
	uint32_t capacity;  /* a power of two */
	uint32_t count;
	uint64_t untracked; /* packets */
};

/* 0 or -ENOMEM. */
int flows_open(struct flows *flows);
void flows_close(struct flows *flows);

/* Counts PACKETS more from SOURCE (address and port). */
void flows_add(struct flows *flows, const struct address *source, uint64_t packets);

/*
 * (sum w)^2 / sum w^2 over the packets w of each flow: the number of equally heavy flows that
 * would spread alike (Kish's effective sample size). Untracked packets count as flows of their
 * own. 0 when nothing was sent.
 */
double flows_effective(const struct flows *flows);

#endif
