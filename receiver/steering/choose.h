/* What all steering programs do with the slot that they come to. For *.bpf.c only. */
#ifndef FAIRPORT_STEERING_CHOOSE_H
#define FAIRPORT_STEERING_CHOOSE_H

#include "receiver/steering/steer_shared.h"

#include <bpf/bpf_helpers.h>

#define TRIES 8

const volatile struct steer_config config SEC(".rodata.config");

/* The maps that outlive a program: its successor goes on with them. */
struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, STEER_SOCKETS);
	__type(key, uint32_t);
	__type(value, uint64_t);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct steer_decisions);
} decisions SEC(".maps");

/* No atomic additions: the kernel asks for a socket with bottom halves off, so on one CPU once. */
static __always_inline struct steer_decisions *counters(void)
{
	uint32_t zero = 0;

	return bpf_map_lookup_elem(&decisions, &zero);
}

/* False: the socket is closed, or being closed. */
static __always_inline bool take(struct sk_reuseport_md *md, uint32_t slot)
{
	struct steer_decisions *count;
	uint32_t key;

	if (slot >= STEER_SLOTS)
		return false;
	key = config.keys[slot];
	if (bpf_sk_select_reuseport(md, &sockets, &key, 0) != 0)
		return false;
	count = counters();
	if (count)
		count->by_slot[slot]++;
	return true;
}

static __always_inline uint32_t in_table(uint64_t index)
{
	return config.table[index & (STEER_TABLE - 1)];
}

/*
 * The slot has no socket any more: another one by the table, so by the weights, where DRAW begins.
 * The kernel's own hash would choose among all sockets of the group, also those that are to get
 * nothing. As this is how a listener that is closed hands on its queue, too, no program has to
 * look at what it is asked for (md->migrating_sk: Linux 5.14).
 *
 * No loop: without CAP_PERFMON the verifier follows branches as a CPU may mispredict them, and so
 * finds no end of one.
 */
static __noinline int choose_other(struct sk_reuseport_md *md, uint32_t draw)
{
	struct steer_decisions *count;

#pragma unroll
	for (int i = 0; i < TRIES; i++) {
		draw = draw * 1664525 + 1013904223;
		if (take(md, in_table((draw >> 8) % config.length)))
			return SK_PASS;
	}
	count = counters();
	if (count)
		count->fallbacks++;
	return SK_PASS;
}

static __always_inline int choose(struct sk_reuseport_md *md, uint32_t slot, uint32_t draw)
{
	return take(md, slot) ? SK_PASS : choose_other(md, draw);
}

#endif
