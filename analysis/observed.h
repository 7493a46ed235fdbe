/*
 * What was seen of a server from beside it, whoever wrote it: by fairport-probe (probe.ndjson) its
 * sockets, who took from them, and the flows that came; by fairport-groups (groups.ndjson) which of
 * them the kernel chooses among, and what is wrong with some. A socket is a member, and its cookie
 * is the key between all streams.
 */
#ifndef FAIRPORT_ANALYSIS_OBSERVED_H
#define FAIRPORT_ANALYSIS_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "analysis/timeline.h"

#define OBSERVED_FLOWS   65536 /* as many as the probe tells apart; of more, the heaviest */
#define OBSERVED_MEMBERS TIMELINE_WIDEST /* twice as many as the probe has room for */
#define OBSERVED_REASONS 8
#define OBSERVED_NONE    SIZE_MAX /* an index of nothing */

/* A count that was not made, or cannot be known of this kind of socket. */
#define OBSERVED_UNKNOWN UINT64_MAX

struct observed_process {
	uint64_t pid;
	char comm[32];
};

struct observed_reason {
	char reason[48]; /* in the kernel's words: "SOCKET_RCVBUFF" */
	uint64_t packets;
};

/* ns in the queue, of COUNT packets; of UNKNOWN others it is not known. */
struct observed_wait {
	uint64_t count, unknown, p50, p99, max;
	bool known; /* it was measured */
};

struct observed_mark {
	char cause[24]; /* "dead-member" */
	char evidence[256];
};

struct observed_member {
	uint64_t cookie;
	uint64_t port; /* 0: unknown */
	bool tcp;
	bool open;  /* at the end */
	bool final; /* its last record was read; else the counts are those of the intervals */
	/*
	 * Taken by processes: packets, of TCP connections. Chosen for this socket: arrivals, of TCP
	 * handshakes.
	 */
	uint64_t packets, arrivals, handshakes;
	uint64_t flows, dropped, queue_packets, queue_bytes, queue_max;
	uint64_t limit; /* bytes of the receive buffer; of TCP, connections of the backlog */
	struct observed_process *owners;
	size_t owner_count;
	struct observed_reason reasons[OBSERVED_REASONS];
	size_t reason_count;
	struct observed_wait wait;
	size_t group, place; /* in groups, and among its members; OBSERVED_NONE */
};

/* A process that took from a member, or tried to. */
struct observed_worker {
	struct observed_process process;
	uint64_t cookie;
	uint64_t calls, packets, bytes, eagain, accepts;
	size_t member; /* OBSERVED_NONE: of no socket that is told */
};

struct observed_flow {
	char remote[64], local[64]; /* address and port */
	uint64_t cookie, packets;
	size_t member; /* where they arrived; OBSERVED_NONE: a socket that is not told */
};

/* A member as fairport-groups saw it, at a moment of its own. */
struct observed_place {
	uint64_t cookie;
	uint64_t slot;                  /* OBSERVED_UNKNOWN */
	struct observed_process holder; /* pid 0: none is visible */
	char peer[64];                  /* of a connected socket; else "" */
	uint64_t queue;                 /* bytes, of TCP connections */
	struct observed_mark *marks;
	size_t mark_count;
};

struct observed_group {
	bool tcp;
	bool grouped; /* the kernel chooses among the members; else these are sockets by themselves
		       */
	char address[64];
	uint64_t port;
	char steering[8];               /* "hash", "cbpf", "ebpf"; "": unknown, or no group */
	char program_name[32];          /* "": there is none, or it has none */
	struct observed_place *members; /* in the order of their slots */
	size_t member_count;
};

struct observed {
	json_t *header, *summary; /* of the probe; NULL where absent */
	bool groups_known;        /* there is a groups.ndjson */
	struct observed_member *members;
	size_t member_count;
	size_t first_count; /* of members that the first interval told of; 0: none did */
	size_t next;        /* where the next search begins: records come in the same order */
	struct observed_worker *workers;
	size_t worker_count;
	struct observed_flow *flows; /* heaviest first */
	size_t flow_count;
	uint64_t flows_untold; /* records beyond OBSERVED_FLOWS */
	struct observed_group *groups;
	size_t group_count;
	uint64_t elapsed;         /* ns, to the end of the last interval, or of all */
	struct timeline timeline; /* of members, by index; kept only where no receiver tells */
};

/* The member with this cookie, new where there is none. NULL: there is no room for it. */
struct observed_member *observed_member(struct observed *observed, uint64_t cookie);

/* Its index, or OBSERVED_NONE. */
size_t observed_find(const struct observed *observed, uint64_t cookie);

/* Ties what was read in any order together by the cookies. False: out of memory. */
bool observed_join(struct observed *observed);

/*
 * How many flows came to the members for which WANTED, an array by member, is true; NULL: to any.
 * A 4-tuple is one flow, however many members it came to. NAN where they were not counted.
 */
void observed_flows(const struct observed *observed, const bool *wanted, double *flows,
		    double *effective);

void observed_free(struct observed *observed);

#endif
