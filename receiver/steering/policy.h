/* How a group's sockets are chosen: the policies by name, and what a user may say about them. */
#ifndef FAIRPORT_RECEIVER_POLICY_H
#define FAIRPORT_RECEIVER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum policy_kind {
	POLICY_HASH,        /* the kernel's own: no program */
	POLICY_RANDOM,      /* classic BPF: no privilege needed */
	POLICY_CPU,         /* classic BPF: the CPU that the packet came in on, modulo members */
	POLICY_ROUND_ROBIN, /* eBPF from here */
	POLICY_WEIGHTED,    /* as many to each as its weight, smoothly */
	POLICY_LEAST_QUEUE,
	POLICY_SERIES,     /* hash of measurement and tags: UDP only */
	POLICY_CONSISTENT, /* hash of the flow; resizing moves few */
};

#define POLICY_WEIGHTS    64
#define POLICY_WEIGHT_SUM 4096

/* For OPTION_PARSED: TEXT first. */
struct policy {
	const char *text; /* as given: "weighted:3,1" */
	enum policy_kind kind;
	uint16_t weights[POLICY_WEIGHTS];
	size_t weight_count; /* 0: not weighted */
};

/* Fills the policy at VALUE from its text; see struct option_row. */
int policy_parse(void *value, const char **expected);

/*
 * Done by eBPF, which takes CAP_BPF and CAP_NET_ADMIN, for least-queue and series CAP_PERFMON, too.
 */
bool policy_is_ebpf(const struct policy *policy);

/*
 * Why POLICY cannot steer WORKERS workers ("weighted has 2 weights for 4 workers", "series reads
 * packets, and TCP is chosen for before there is any"), or NULL. TCP: for listeners. The phrase
 * stays until the next call.
 */
const char *policy_unfit(const struct policy *policy, size_t workers, bool tcp);

#endif
