#include "faker/engines/checksum.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

/* Adds bytes as 16-bit words. One's complement sums may be taken in wider words and folded. */
static uint64_t add(uint64_t sum, const void *data, size_t length)
{
	const char *at = data;
	uint64_t word;
	uint32_t last = 0;

	for (; length >= sizeof(word); at += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		sum += word;
		sum += sum < word; /* the carry comes round */
	}
	if (length >= sizeof(last)) {
		memcpy(&last, at, sizeof(last));
		sum += last;
		sum += sum < last;
		at += sizeof(last);
		length -= sizeof(last);
	}
	last = 0;
	memcpy(&last, at, length);
	sum += last;
	return sum + (sum < last);
}

uint16_t checksum_udp(const void *addresses, size_t addresses_length, const struct udphdr *udp,
		      const void *data, size_t length)
{
	/* Length and protocol have 32 bits in the pseudo header of IPv6; the upper ones are 0. */
	uint16_t rest[2] = { htons(IPPROTO_UDP), udp->len };
	uint64_t sum = add(0, addresses, addresses_length);

	sum = add(sum, rest, sizeof(rest));
	sum = add(sum, udp, sizeof(*udp));
	sum = add(sum, data, length);
	sum = (sum >> 32) + (sum & UINT32_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	sum = (sum >> 16) + (sum & UINT16_MAX);
	return sum == UINT16_MAX ? UINT16_MAX : (uint16_t)~sum;
}
