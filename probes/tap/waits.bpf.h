/*
 * How long packets wait in the queue, and whether they were truncated when they were taken.
 *
 * No tracepoint shows a reader together with the packet that it takes. But a queue is first in,
 * first out: the packet that is at its head when one is taken is the one that is taken next, and
 * a packet that finds the queue empty is too. Packets are numbered as they are taken, so that what
 * is known of one is not mistaken for another's.
 */
#ifndef FAIRPORT_TAP_WAITS_H
#define FAIRPORT_TAP_WAITS_H

#include "probes/tap/core.bpf.h"

static __always_inline int64_t real_time(void)
{
	return (int64_t)bpf_ktime_get_tai_ns() - config.tai_offset;
}

static __always_inline void set_next(struct tap_next *next, uint64_t index, int64_t arrived,
				     uint64_t length)
{
	volatile struct tap_next *out = next;

	/* Whoever reads it meanwhile must not take one half for the other. */
	out->index = 0;
	out->arrived = arrived;
	out->length = length;
	out->index = index;
}

/* Two buckets for each power of two, as shared.h says. */
static __always_inline uint32_t wait_bucket(uint64_t ns)
{
	uint32_t power = 0;

	if (ns < 2)
		return (uint32_t)ns;
	for (int step = 32; step > 0; step /= 2)
		if (ns >> (power + step))
			power += step;
	return power * TAP_WAIT_STEPS + (ns >> (power - 1) & 1);
}

static __always_inline void add_wait(uint32_t index, uint64_t ns)
{
	struct tap_waits *of_member = bpf_map_lookup_elem(&waits, &index);
	uint32_t bucket = wait_bucket(ns);

	if (of_member && bucket < TAP_WAITS)
		__sync_fetch_and_add(&of_member->buckets[bucket], 1);
}

/* Notes which packet will be taken after the one with this NUMBER. */
static __always_inline void note_next(struct tap_member *member, uint64_t number,
				      const struct sock *sk)
{
	const struct udp_sock *udp = as_udp(sk);
	const struct sk_buff *head = NULL;

	if (udp->reader_queue.qlen)
		head = udp->reader_queue.next;
	else if (sk->sk_receive_queue.qlen)
		head = sk->sk_receive_queue.next;
	if (head)
		set_next(&member->queued, number + 1, head->tstamp, head->len);
	else
		member->queued.index = 0;
}

/* The thread of ROW has just taken packet NUMBER of MEMBER, and got LENGTH bytes of it. */
static __always_inline void count_wait(struct tap_member *member, struct tap_row *row,
				       const struct sock *sk, uint64_t number, uint64_t length)
{
	struct tap_next *next = &member->queued;
	int64_t waited = -1;

	if (next->index != number)
		next = &member->lone;
	if (next->index == number) {
		if (next->arrived)
			waited = real_time() - next->arrived;
		if (next->length > length)
			row->counters.truncated++;
	}
	if (waited >= 0)
		add_wait(row->member, waited);
	else
		__sync_fetch_and_add(&member->waits_unknown, 1);
	note_next(member, number, sk);
}

/* A packet of LENGTH bytes arrives, NUMBER of them altogether. */
static __always_inline void note_arrival(struct tap_member *member, const struct sk_buff *packet,
					 const struct sock *sk, uint64_t number, uint64_t length)
{
	if (queue_length(sk, as_udp(sk)) == 0)
		set_next(&member->lone, number + member->queue_at_start - member->dropped,
			 packet->tstamp, length);
}

#endif
