/*
 * What a worker counts: fairport-receive writes these counters into its records, the analysis
 * reads them back.
 */
#ifndef FAIRPORT_RECEIVED_H
#define FAIRPORT_RECEIVED_H

#include <stdint.h>

#include "common/counters.h"

/* The table of the receiver's own in a database, beside those of measurements. */
#define RECEIVED_OWN_TABLE "fairport_batches"

/*
 * lines + unspooled = stored + discarded + answered + rejected_* + store_errors + dropped + spooled
 * + pending, where pending is what the sink still holds in memory.
 */
struct received {
	uint64_t packets, bytes;    /* UDP datagrams, and payload bytes of UDP or TCP */
	uint64_t truncated_packets; /* longer than the buffer (MSG_TRUNC) */
	uint64_t messages; /* that receive calls returned: packets, or with gro trains of them */
	uint64_t receive_calls, eagain, receive_errors;
	uint64_t drops;               /* of the socket: its receive buffer was full */
	uint64_t overflows_seen;      /* the same as SO_RXQ_OVFL tells in-band, late and partly */
	uint64_t in_queue;            /* packets left unread at the end */
	uint64_t lost_in_crash;       /* of packets: the process died before it had read them */
	uint64_t handed_on;           /* by a front: packets or connections given to workers */
	uint64_t connections;         /* TCP: accepted, or got from an accepter */
	uint64_t connections_refused; /* closed at once: --max-connections were open */
	uint64_t connections_idle;    /* closed after --idle-timeout */
	uint64_t connections_reset;   /* broken off by the other side */
	uint64_t connections_cut;     /* closed by us at the end of --drain */
	uint64_t lines;
	uint64_t answered;  /* lines that the echo sink sent back */
	uint64_t stored;    /* rows that PostgreSQL says it copied, or points that were printed */
	uint64_t discarded; /* lines that the null sink took */
	uint64_t rejected_syntax, rejected_truncated, rejected_type_conflict, rejected_limit;
	uint64_t rejected_encoding; /* text that PostgreSQL cannot hold */
	uint64_t rejected_strict;   /* good, but not all of their packet was (--strict) */
	uint64_t store_errors;      /* lines that were received and could not be stored */
	uint64_t dropped;           /* lines that found memory full, with --on-full drop */
	uint64_t spooled;           /* lines that went to disk */
	uint64_t unspooled; /* lines from disk, this run's or an earlier one's, with a fate now */
	uint64_t batches;   /* transactions that were committed */
};

extern const struct counter received_counters[];

uint64_t received_rejected(const struct received *counts);
uint64_t received_settled(const struct received *counts); /* lines whose fate is known */
uint64_t received_pending(const struct received *counts);

#endif
