/*
 * The flows that were sent: packets by source address and port. A flow is what the kernel's hash
 * assigns to a member, so their number and weights decide how even a group can be.
 */
#ifndef FAIRPORT_FAKER_FLOWS_H
#define FAIRPORT_FAKER_FLOWS_H

#include <stddef.h>
#include <stdint.h>

struct address;

/*
 * Flows that are remembered one by one. Packets of further ones are counted together, and their
 * number is estimated.
 */
#define FLOWS_LIMIT (1u << 20)

/* Registers of the sketch: 16 KiB, and a standard error of 1.04 / sqrt(2^14) = 0.8 %. */
#define FLOWS_SKETCH_BITS 14

struct flow {
	uint8_t address[16]; /* IPv4 in the first four bytes, and zeros */
	uint64_t packets;    /* never 0 */
	uint16_t port;       /* network byte order */
	uint16_t family;     /* AF_INET, AF_INET6 */
};

struct flows {
	struct flow *slots; /* open addressing, linear probing */
	uint32_t capacity;  /* a power of two */
	uint32_t count;
	uint64_t untracked; /* packets */
	uint8_t *sketch;    /* HyperLogLog of all flows; NULL: all are remembered */
};

/* 0 or -ENOMEM. */
int flows_open(struct flows *flows);
void flows_close(struct flows *flows);

/* Counts PACKETS more from SOURCE (address and port). */
void flows_add(struct flows *flows, const struct address *source, uint64_t packets);

/* Adds what WHAT counted. */
void flows_merge(struct flows *into, const struct flows *what);

/*
 * How many different flows there were: exact up to FLOWS_LIMIT, else an estimate (HyperLogLog;
 * Flajolet et al., 2007).
 */
uint64_t flows_number(const struct flows *flows);

/*
 * (sum w)^2 / sum w^2 over the packets w of each flow: the number of equally heavy flows that
 * would spread alike (Kish's effective sample size). Untracked packets count as flows of their
 * own. 0 when nothing was sent.
 */
double flows_effective(const struct flows *flows);

/*
 * The COUNT flows with the most packets, heaviest first (equal ones by address and port), written
 * to OUT. Returns how many there were.
 */
size_t flows_heaviest(const struct flows *flows, struct flow *out, size_t count);

/* Its address and port. */
void flow_address(const struct flow *flow, struct address *out);

#endif
