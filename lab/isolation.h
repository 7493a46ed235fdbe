/* A network namespace of one's own, and what its kernel counts. */
#ifndef FAIRPORT_LAB_ISOLATION_H
#define FAIRPORT_LAB_ISOLATION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Moves this process, and with it its later children, into a new network namespace whose loopback
 * is up: no port is taken there, and its counters are the run's alone. 0 or -errno (-EPERM
 * without CAP_SYS_ADMIN).
 */
int isolation_network(void);

/* Goes back to the namespace of the first isolation_network(). */
void isolation_end(void);

/* UDP counters of this network namespace, IPv4 and IPv6 added up (/proc/net/snmp, snmp6). */
struct udp_counters {
	uint64_t no_ports;      /* packets that met no socket */
	uint64_t rcvbuf_errors; /* packets that met a full buffer */
};

void isolation_read_counters(struct udp_counters *counters);

#endif
