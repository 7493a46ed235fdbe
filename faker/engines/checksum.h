/* The checksum of UDP, for packets whose headers we write. */
#ifndef FAIRPORT_FAKER_ENGINES_CHECKSUM_H
#define FAIRPORT_FAKER_ENGINES_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

struct udphdr;

/*
 * The checksum field for UDP (its check 0, its len right) with LENGTH bytes of DATA, sent between
 * ADDRESSES: source and target in a row, ADDRESSES_LENGTH bytes, as they stand in the IP header. In
 * network byte order, never 0 (RFC 768; RFC 8200, 8.1; computed as in RFC 1071).
 */
uint16_t checksum_udp(const void *addresses, size_t addresses_length, const struct udphdr *udp,
		      const void *data, size_t length);

#endif
