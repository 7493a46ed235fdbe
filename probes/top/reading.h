/*
 * All that is known of the sockets at one moment: who has them and what is queued, and, as far as
 * it may be counted, what arrived at each since the start.
 */
#ifndef FAIRPORT_TOP_READING_H
#define FAIRPORT_TOP_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/sockets/sockets.h"

struct sample;
struct tap_flow_entry;

/* What this process may see; each tier has all of the one before. */
enum tier {
	TIER_NONE,       /* queues, drops, owners */
	TIER_RECEPTIONS, /* what is taken out of UDP sockets, what is established on TCP */
	TIER_ARRIVALS,   /* what arrives at UDP sockets, taken or not */
};

/* One 4-tuple. */
struct reading_flow {
	uint64_t hash; /* of the 4-tuple */
	uint64_t packets;
};

struct reading_member {
	uint64_t cookie;
	bool tcp, connected;
	struct address local;
	char device[IF_NAMESIZE];
	uint32_t slot;      /* UINT32_MAX: not known */
	bool program_known; /* and with it the next two */
	uint32_t program_type;
	char program_name[16];
	pid_t pid;     /* who takes, or would; 0: nobody visible */
	size_t owners; /* processes that have it open */
	bool orphaned; /* every process could be looked into, and none has it */
	char state;    /* of that process, proc_pid_stat(5); '?' unknown */
	char command[OWNER_COMMAND];

	bool counted;     /* ARRIVED and TAKEN are known */
	uint64_t arrived; /* packets, or where those are not seen receptions; TCP: connections */
	uint64_t taken;   /* packets received; TCP: connections accepted */
	uint64_t new_flows;
	uint64_t dropped; /* of 32 bits, since it was opened */

	bool packets_known;     /* QUEUE_PACKETS is */
	uint64_t queue_packets; /* TCP: connections that wait to be accepted */
	uint64_t queue, room;   /* bytes queued and granted; TCP: connections, and the backlog */

	size_t first_flow, flow_count; /* in the reading's flows, by hash */
};

struct reading {
	uint64_t time;                  /* clock_now() */
	struct reading_member *members; /* by cookie */
	size_t count;
	struct reading_flow *flows;
	bool flows_counted;
};

/*
 * What SAMPLE (NULL: nothing is counted) and FLOWS (those that tap_read_flows() returns; NULL: not
 * counted) say about the sockets of LIST. 0 or -ENOMEM; reading_free() in any case.
 */
int reading_join(struct reading *out, const struct socket_list *list, const struct sample *sample,
		 const struct tap_flow_entry *flows, size_t flow_count, enum tier tier);

/* Orders by protocol, port, address and device: what is equal in all of them is one group. */
int reading_compare_places(const struct reading_member *left, const struct reading_member *right);

/* The member with COOKIE, NULL if there is none. */
const struct reading_member *reading_find(const struct reading *reading, uint64_t cookie);

void reading_free(struct reading *reading);

#endif
