#include "faker/address_range.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/rng.h"
#include "common/units.h"

/* The low 64 bits of the address, where the range counts. */
static uint64_t low_bits(const struct address *address)
{
	uint64_t low;

	if (address->any.sa_family == AF_INET)
		return ntohl(address->v4.sin_addr.s_addr);
	memcpy(&low, &address->v6.sin6_addr.s6_addr[8], sizeof(low));
	return be64toh(low);
}

static void set_low_bits(struct address *address, uint64_t low)
{
	if (address->any.sa_family == AF_INET) {
		address->v4.sin_addr.s_addr = htonl((uint32_t)low);
		return;
	}
	low = htobe64(low);
	memcpy(&address->v6.sin6_addr.s6_addr[8], &low, sizeof(low));
}

static bool parse_host(struct address *out, const char *host)
{
	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
		out->v4.sin_family = AF_INET;
		out->length = sizeof(out->v4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
		out->v6.sin6_family = AF_INET6;
		out->length = sizeof(out->v6);
		return true;
	}
	return false;
}

int address_range_parse_whole(struct address_range *out, const char *text, const char **why)
{
	char host[INET6_ADDRSTRLEN + 1];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t width, bits, host_bits;

	*why = "expected an address like 127.0.0.1 or a range like 127.0.0.0/16";
	if (length >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, length);
	host[length] = '\0';
	if (!parse_host(&out->first, host))
		return -EINVAL;
	out->size = 1;
	if (!slash)
		return 0;
	width = out->first.any.sa_family == AF_INET ? 32 : 128;
	if (slash[strspn(slash, "/0123456789")] != '\0' || units_count(slash + 1, &bits) != 0 ||
	    bits > width) {
		*why = "the number of bits after '/' is not one of this family";
		return -EINVAL;
	}
	host_bits = width - bits;
	if (host_bits > 63)
		host_bits = 63;
	out->size = 1ull << host_bits;
	set_low_bits(&out->first, low_bits(&out->first) & ~(out->size - 1));
	return 0;
}

int address_range_parse(struct address_range *out, const char *text, const char **why)
{
	int error = address_range_parse_whole(out, text, why);

	if (!error && out->size > 2) {
		address_range_at(out, 1, &out->first);
		out->size -= 2;
	}
	return error;
}

void address_range_at(const struct address_range *range, uint64_t index, struct address *out)
{
	*out = range->first;
	set_low_bits(out, low_bits(&range->first) + index);
}

void address_range_pick(const struct address_range *range, struct rng *rng, struct address *out)
{
	address_range_at(range, range->size > 1 ? rng_below(rng, range->size) : 0, out);
}
