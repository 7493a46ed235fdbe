/* Internal to the tap: what tap.c sets up and read.c reads. */
#ifndef FAIRPORT_TAP_INTERNAL_H
#define FAIRPORT_TAP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/tap/reasons.h"
#include "probes/tap/sample.h"
#include "probes/tap/shared.h"
#include "probes/tap/tap.h"

/* Generated; it uses the types of shared.h. */
#include "probes/tap/tap.skel.h"

/* An array of the kernel's, mapped for reading. */
struct tap_table {
	void *data;
	size_t size; /* bytes */
};

/* What is remembered of a member from look to look. */
struct member_look {
	struct tap_look last;
	uint64_t dropped; /* since the start: what a look tells has 32 bits */
	uint64_t round;   /* the look that LAST is of; 0: none */
};

#define TAP_LINKS 16

struct tap_cgroup;

struct tap {
	struct tap_options options;
	struct tap_bpf *bpf;
	struct bpf_link *links[TAP_LINKS];
	size_t link_count;
	const struct bpf_link *look_udp, *look_tcp; /* two of these */
	int timestamps; /* a socket, as long as packets are to be given their times; -1: none */
	struct tap_table members, rows, waits, cpus;
	struct member_look *looks; /* by member */
	uint64_t round;
	struct reasons reasons;
	uint64_t evicted; /* flows, so far */
	uint64_t unplaced_now;
	uint64_t unplaced; /* sockets for which there was no room, in the worst look */
};

/* Loads the programs that the options ask for. 0, or -errno and in *STEP what failed. */
int tap_load(struct tap *tap, const struct tap_cgroup *cgroup, const char **step);

/* Attaches them. 0 or -errno. */
int tap_attach(struct tap *tap, const struct tap_cgroup *cgroup);

bool tap_is_iterator(const struct tap *tap, size_t link);

/* Looks at every socket. 0 or -errno. */
int tap_look_at_sockets(struct tap *tap);

#endif
