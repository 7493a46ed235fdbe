/* Who else has sockets on a port: found in /proc/net and /proc/PID/fd. */
#ifndef FAIRPORT_RECEIVER_HOLDERS_H
#define FAIRPORT_RECEIVER_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>

struct address;

/*
 * Looks, before anything is bound, for sockets of this network namespace that are bound (TCP:
 * listening) to the port of ADDRESS. WILDCARD: what will be bound takes IPv4 too.
 *
 * On the very same address, they would share its packets with ours: that is refused, naming each
 * pid, command and user, unless JOIN, which makes it a warning. On another address: the more
 * specific one takes all that is sent to it, which is a warning that says who takes from whom.
 * Returns whether to go on.
 */
bool holders_allow(const struct address *address, bool wildcard, bool tcp, bool join);

/* After bind(2) failed with EADDRINUSE: a hint that names who holds the port, as far as visible. */
void holders_explain(const struct address *address, bool wildcard, bool tcp);

#endif
