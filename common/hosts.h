/* Which hosts a socket address stands for, and how two of them lie to each other. */
#ifndef FAIRPORT_HOSTS_H
#define FAIRPORT_HOSTS_H

#include <stdbool.h>

struct address;

/* An IPv4-mapped address of IPv6 is one of IPv4, here and below. */
bool host_is_v4(const struct address *address);

/* 0.0.0.0 or [::]. */
bool host_is_any(const struct address *address);

/* Whatever their ports. */
bool hosts_equal(const struct address *left, const struct address *right);

/* An order of addresses for sorting, whatever their ports: by family, then by number. */
int hosts_compare(const struct address *left, const struct address *right);

#endif
