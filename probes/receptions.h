/* The user side of receptions.bpf.c: loads it, attaches it, reads what it counted. */
#ifndef FAIRPORT_RECEPTIONS_H
#define FAIRPORT_RECEPTIONS_H

#include <stdint.h>

struct receptions;
struct table;

/* What counting missed: events without room in the map, and runs that the kernel skipped. */
struct receptions_lost {
	uint64_t lost_events, missed_events;
};

/*
 * Counts from now on the receptions on UDP sockets that are bound to PORT in the network namespace
 * with inode NETNS. Returns 0, or -errno and in *STEP what failed ("load"); what libbpf says
 * goes to message_detail(). Needs CAP_BPF, CAP_PERFMON and Linux 6.3 with BTF; no tracefs.
 */
int receptions_open(struct receptions **out, uint16_t port, uint32_t netns, const char **step);

/* Stops counting; what was counted can still be read. */
void receptions_stop(struct receptions *receptions);

/* Replaces the rows of TABLE with what was counted since the start. 0 or -errno. */
int receptions_read(const struct receptions *receptions, struct table *table);

struct receptions_lost receptions_lost(const struct receptions *receptions);

void receptions_close(struct receptions *receptions);

#endif
