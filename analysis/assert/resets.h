/*
 * How often TCP connections were broken off in a network namespace, of whatever port: what the
 * kernel counts for all, as it counts it for no port.
 */
#ifndef FAIRPORT_ANALYSIS_ASSERT_RESETS_H
#define FAIRPORT_ANALYSIS_ASSERT_RESETS_H

#include <stdbool.h>
#include <stdint.h>

/* Of /proc/net/snmp, see Documentation/networking/snmp_counter.rst of the kernel. */
struct resets {
	uint64_t sent;   /* OutRsts: also those that refuse a connection */
	uint64_t broken; /* EstabResets: connections that ended without order */
	uint64_t failed; /* AttemptFails: connections that were not established */
};

/*
 * Since boot. NETNS: NULL for our own, or the pid of a process in it. False: it has a name instead,
 * or cannot be read.
 */
bool resets_read(struct resets *out, const char *netns);

#endif
