/*
 * Where packets come from: the local addresses and ports that sockets are bound to, or that raw
 * packets carry. From --source list:FILE, from the range of --source-addr, or the kernel's choice.
 */
#ifndef FAIRPORT_FAKER_ORIGIN_H
#define FAIRPORT_FAKER_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faker/address_range.h"

struct rng;

/* The ports that the kernel gives to sockets that ask for none, both included. */
struct port_range {
	uint16_t first, last;
};

/*
 * One line of a list: as many sources as it has addresses times ports. From one to the next the
 * address counts up, and after the last address the port.
 */
struct origin_block {
	struct address_range addresses; /* size 1: one address */
	struct port_range ports;        /* 0 to 0: the kernel's choice */
	uint64_t before;                /* sources of the blocks before it */
	uint64_t line;                  /* where it stands in the file, 1-based */
};

struct origins {
	struct origin_block *blocks; /* of a list; NULL: none */
	size_t block_count;
	uint64_t count;             /* sources of the list */
	uint64_t addresses;         /* different ones in the list */
	struct address_range range; /* of --source-addr; size 0: none */
};

/*
 * Reads a list of sources for targets of FAMILY, one a line: an address, with or without a port,
 * or ranges of them:
 *
 *   127.0.0.1:5000          127.0.0.1:5000-5009       127.0.0.0/24:5000
 *   127.0.0.1               [::1]:5000-5009           [fd00::/120]:5000      # a comment
 *
 * Of a range of addresses all are taken, the first and the last too, up to 2^20 sources in all.
 * An address and port may stand in the list once only; an address without port any number of times.
 * False after an error message that names file and line, with *ORIGINS empty.
 */
bool origins_read(struct origins *origins, const char *path, int family);
void origins_free(struct origins *origins);

/* The source of number INDEX in a block, from 0. */
void origin_block_at(const struct origin_block *block, uint64_t index, struct address *out);

/*
 * Chooses the local address of source SLOT: of a list, the source of that number, below their
 * count; of a range, an address at random and port 0. False when nothing was asked for: the kernel
 * chooses all.
 */
bool origins_choose(const struct origins *origins, uint64_t slot, struct rng *rng,
		    struct address *out);

/* How many different addresses can be sent from; 1 where the kernel chooses. */
uint64_t origins_addresses(const struct origins *origins);

/* Reads net.ipv4.ip_local_port_range (IPv6 too). The kernel's default where it is not readable. */
struct port_range ports_ephemeral(void);
uint32_t ports_count(struct port_range range);

/*
 * Whether this host owns ADDRESS (its port does not matter): a socket can be bound to it, and it is
 * the address of one host.
 */
bool origin_is_local(const struct address *address);

#endif
