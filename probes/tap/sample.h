/*
 * All that was counted up to one moment: by socket ("member") and by thread, socket and call
 * ("row"). Both keep their places, so the difference of two samples is taken place by place.
 */
#ifndef FAIRPORT_SAMPLE_H
#define FAIRPORT_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/counters.h"
#include "probes/tap/shared.h"

struct member_counters {
	uint64_t arrivals, arrived_bytes; /* datagrams; a train of GRO is one */
	uint64_t segments;                /* the packets that these were on the wire */
	uint64_t taken;                   /* packets received, as counted beside the arrivals */
	uint64_t dropped;                 /* by the kernel, since the start */
	uint64_t handshakes;              /* TCP connections established */
	uint64_t flows;                   /* new 4-tuples */
	uint64_t waits_unknown;           /* packets taken without a known time of arrival */
};

extern const struct counter member_counters[];

struct sample_member {
	uint64_t cookie; /* 0: connections that are older than the counting */
	uint16_t port;
	bool tcp;
	bool known; /* it was looked at once, or a thread received on it */
	bool open;  /* it was looked at for this sample; else it is closed, or too new */
	struct member_counters counters;
	struct tap_reason reasons[TAP_REASONS];
	uint64_t dropped_by_event; /* as the tracepoint told; REASONS may lack some of them */
	/* As it is now, or was when looked at last; not differences. TCP: connections. */
	uint64_t queue_packets, queue_bytes, queue_at_start;
	uint64_t rcvbuf;    /* bytes granted; TCP: the backlog */
	uint64_t queue_max; /* packets, since the start */
	int64_t in_transit; /* arrived, and not yet received, dropped or queued */
	uint64_t waits[TAP_WAITS];
};

struct sample {
	uint64_t time; /* clock_now() */
	struct sample_member *members;
	struct tap_row *rows; /* those with pid 0 are not in use */
	struct tap_cpu *cpus;
	size_t member_count, row_count, cpu_count;
};

/* DELTA = NOW - BEFORE; its old contents are replaced. 0 or -ENOMEM. */
int sample_subtract(struct sample *delta, const struct sample *now, const struct sample *before);

void sample_free(struct sample *sample);

extern const struct counter row_counters[]; /* of struct tap_counters */
extern const char *const tap_call_names[TAP_CALLS];

/* The smallest number of ns that a share Q of the WAITS do not exceed; 0 where there are none. */
uint64_t waits_quantile(const uint64_t waits[static TAP_WAITS], double q);
uint64_t waits_count(const uint64_t waits[static TAP_WAITS]);

struct tap_flow_entry {
	struct tap_flow_key key;
	uint64_t packets;
};

#endif
