/* A range of local addresses to send from: one address or a CIDR prefix. */
#ifndef FAIRPORT_FAKER_ADDRESS_RANGE_H
#define FAIRPORT_FAKER_ADDRESS_RANGE_H

#include "common/address.h"

struct rng;

struct address_range {
	struct address first;
	uint64_t size; /* addresses in it, capped at 2^63 */
};

/*
 * Reads "127.0.0.1", "127.0.0.0/16", "fd00::/64". 0, or -EINVAL with *WHY set to a phrase. Of a
 * range of more than two addresses the first and the last are left out: IPv4 uses them for the
 * network and for broadcast.
 */
int address_range_parse(struct address_range *out, const char *text, const char **why);

/* The same with the first and the last. */
int address_range_parse_whole(struct address_range *out, const char *text, const char **why);

/* The address of number INDEX, which is below the size: 0 is the first. Port 0. */
void address_range_at(const struct address_range *range, uint64_t index, struct address *out);

/* An address of the range, uniformly at random, port 0. */
void address_range_pick(const struct address_range *range, struct rng *rng, struct address *out);

#endif
