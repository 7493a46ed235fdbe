/*
 * Hears the ICMP answers to packets that carry no socket's name. Needs CAP_NET_RAW.
 */
#ifndef FAIRPORT_FAKER_ENGINES_ICMP_H
#define FAIRPORT_FAKER_ENGINES_ICMP_H

#include <stdbool.h>

struct address;

/* A non-blocking socket that gets "destination unreachable" of FAMILY, or -errno. */
int icmp_open(int family);

/* Takes all that has come. Whether something said that no socket has TARGET (UDP). */
bool icmp_refused(int fd, const struct address *target);

#endif
