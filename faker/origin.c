#include "faker/origin.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The last block that begins at SLOT or before it. */
static const struct origin_block *find_block(const struct origins *origins, uint64_t slot)
{
	size_t low = 0, high = origins->block_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (origins->blocks[middle].before <= slot)
			low = middle;
		else
			high = middle;
	}
	return &origins->blocks[low];
}

void origin_block_at(const struct origin_block *block, uint64_t index, struct address *out)
{
	uint64_t turn = index / block->addresses.size;

	address_range_at(&block->addresses, index % block->addresses.size, out);
	address_set_port(out, (uint16_t)(block->ports.first + turn));
}

bool origins_choose(const struct origins *origins, uint64_t slot, struct rng *rng,
		    struct address *out)
{
	if (origins->blocks) {
		const struct origin_block *block = find_block(origins, slot);

		origin_block_at(block, slot - block->before, out);
		return true;
	}
	if (origins->range.size == 0)
		return false;
	address_range_pick(&origins->range, rng, out);
	return true;
}

uint64_t origins_addresses(const struct origins *origins)
{
	if (origins->blocks)
		return origins->addresses;
	return origins->range.size ? origins->range.size : 1;
}

struct port_range ports_ephemeral(void)
{
	struct port_range range = { .first = 32768, .last = 60999 };
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	unsigned int first, last;

	if (!file)
		return range;
	if (fscanf(file, "%u %u", &first, &last) == 2 && first <= last && last <= UINT16_MAX)
		range = (struct port_range){ .first = (uint16_t)first, .last = (uint16_t)last };
	fclose(file);
	return range;
}

uint32_t ports_count(struct port_range range)
{
	return (uint32_t)range.last - range.first + 1;
}

/* Sockets can be bound to these, but nobody sends from them. */
static bool is_of_no_host(const struct address *address)
{
	const struct in6_addr *v6 = &address->v6.sin6_addr;
	uint32_t v4;

	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_UNSPECIFIED(v6) || IN6_IS_ADDR_MULTICAST(v6);
	v4 = ntohl(address->v4.sin_addr.s_addr);
	return v4 == INADDR_ANY || v4 == INADDR_BROADCAST || IN_MULTICAST(v4);
}

bool origin_is_local(const struct address *address)
{
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct address any_port = *address;
	bool local;

	if (fd < 0)
		return false;
	address_set_port(&any_port, 0);
	local = !is_of_no_host(address) && bind(fd, &any_port.any, any_port.length) == 0;
	close(fd);
	return local;
}
