/*
 * The user side of tap.bpf.c: counts in the kernel what arrives at the sockets of some ports, what
 * is taken out of them, by whom, and what is dropped.
 */
#ifndef FAIRPORT_TAP_H
#define FAIRPORT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ports;
struct reasons;
struct sample;
struct tap;

/* Each of the first four costs something for every packet; see OVERHEAD in fairport-probe(8). */
struct tap_options {
	bool arrivals;  /* packets as they arrive at each socket; UDP */
	bool flows;     /* and their 4-tuples; with ARRIVALS only */
	bool waits;     /* how long packets are queued, and which are truncated */
	bool cpus;      /* on which CPU all this happens */
	uint32_t netns; /* inode of the network namespace, which this process must be in */
	const struct ports *ports;
	const char *cgroup; /* directory; rows say whether they are of it; NULL: all are */
};

/*
 * Counts from now on. Returns 0, or -errno and in *STEP what failed ("load"); what libbpf says
 * goes to message_detail(). Needs CAP_BPF and CAP_PERFMON, for arrivals CAP_NET_ADMIN as well, and
 * Linux 6.3 with BTF; no tracefs. -EXDEV: arrivals cannot be counted from inside a cgroup
 * namespace.
 */
int tap_open(struct tap **out, const struct tap_options *options, const char **step);

/* Counts sockets of these ports too. What happened there before is not counted. 0 or -errno. */
int tap_add_ports(struct tap *tap, const struct ports *ports);

/* Stops counting; what was counted can still be read. */
void tap_stop(struct tap *tap);

/*
 * Replaces SAMPLE by all that was counted since the start. With LAST, nothing is counted from the
 * moment on when the queues were looked at. 0 or -errno.
 */
int tap_read(struct tap *tap, struct sample *sample, bool last);

/* What counting missed. */
struct tap_lost {
	uint64_t events;  /* for want of room in a table (TAP_MEMBERS, TAP_ROWS), or of memory */
	uint64_t sockets; /* that found no room */
	uint64_t missed;  /* runs that the kernel skipped */
	uint64_t evicted; /* flows that had to make room for others */
};

struct tap_flow_entry; /* sample.h */

/*
 * The flows that the table has, in the order of its members and of their packets, the most first.
 * 0 or -errno; *FLOWS is the caller's to free.
 */
int tap_read_flows(struct tap *tap, struct tap_flow_entry **flows, size_t *count);

struct tap_lost tap_lost(struct tap *tap);

/* The names of the reasons of drops. */
const struct reasons *tap_reasons(const struct tap *tap);

/* Bytes of kernel memory that the tables take. */
uint64_t tap_memory(const struct tap *tap);

void tap_close(struct tap *tap);

#endif
