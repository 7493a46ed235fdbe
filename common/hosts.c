#include "common/hosts.h"

#include <string.h>

#include "common/address.h"

bool host_is_v4(const struct address *address)
{
	return address->any.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr);
}

static uint32_t v4_of(const struct address *address)
{
	return address->any.sa_family == AF_INET ? address->v4.sin_addr.s_addr
						 : address->v6.sin6_addr.s6_addr32[3];
}

bool host_is_any(const struct address *address)
{
	return host_is_v4(address) ? v4_of(address) == INADDR_ANY
				   : IN6_IS_ADDR_UNSPECIFIED(&address->v6.sin6_addr);
}

bool hosts_equal(const struct address *left, const struct address *right)
{
	if (host_is_v4(left) || host_is_v4(right))
		return host_is_v4(left) && host_is_v4(right) && v4_of(left) == v4_of(right);
	return IN6_ARE_ADDR_EQUAL(&left->v6.sin6_addr, &right->v6.sin6_addr);
}

int hosts_compare(const struct address *left, const struct address *right)
{
	if (left->any.sa_family != right->any.sa_family)
		return left->any.sa_family < right->any.sa_family ? -1 : 1;
	/* Both are in network order, so bytes compare as numbers do. */
	if (left->any.sa_family == AF_INET)
		return memcmp(&left->v4.sin_addr, &right->v4.sin_addr, sizeof(left->v4.sin_addr));
	return memcmp(&left->v6.sin6_addr, &right->v6.sin6_addr, sizeof(left->v6.sin6_addr));
}
