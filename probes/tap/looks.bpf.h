/*
 * Looks at every socket that is watched, one after the other: its counts, and the queue that they
 * must explain, as nearly at one moment as another CPU at work allows.
 */
#ifndef FAIRPORT_TAP_LOOKS_H
#define FAIRPORT_TAP_LOOKS_H

#include "probes/tap/core.bpf.h"

#define TRIES 32

static __always_inline uint32_t drops_of(const struct sock *sk)
{
	const struct numa_drop_counters *by_node;

	/* Read anew each time, as the length of the queue is. */
	if (!bpf_core_field_exists(sk->sk_drop_counters))
		return *(const volatile int *)&sk->sk_drops.counter;
	by_node = sk->sk_drop_counters;
	if (!by_node)
		return *(const volatile int *)&sk->sk_drops.counter;
	return *(const volatile int *)&by_node->drops0.counter +
	       *(const volatile int *)&by_node->drops1.counter;
}

/* Fills what counts and queue were at one moment, or after so many tries nearly at one. */
static __always_inline void read_counts(struct tap_look *look, const struct sock *sk,
					const struct tap_member *member)
{
	const volatile struct tap_member *counts = member;
	const struct udp_sock *udp = as_udp(sk);

	for (int i = 0; i < TRIES; i++) {
		look->arrivals = counts->arrivals;
		look->taken = counts->taken;
		look->dropped = drops_of(sk);
		look->queue_packets = queue_length(sk, udp);
		look->queue_bytes = *(const volatile uint32_t *)&sk->sk_backlog.rmem_alloc.counter;
		/* Packets may also have gone from one part of the queue to the other. */
		if (look->arrivals == counts->arrivals && look->taken == counts->taken &&
		    look->dropped == drops_of(sk) && look->queue_packets == queue_length(sk, udp))
			return;
	}
}

/*
 * Settles what was there at the start. A packet that was on its way when the socket got its mark
 * had passed the place where arrivals are counted, and was not queued yet: it shows in the queue
 * of a later look, or in what became of it. One that is on its way now hides such a one, so it
 * takes several looks.
 */
static __always_inline void settle(const struct tap_look *look, struct tap_member *member)
{
	int64_t before = (int64_t)(look->taken + look->queue_packets) - (int64_t)look->arrivals +
			 (uint32_t)(look->dropped - member->dropped_at_start);

	member->first_looks++;
	if (before > (int64_t)member->queue_at_start)
		member->queue_at_start = before;
}

/*
 * The member of the socket; one that was there before the counting begins with what it has. NULL
 * where there is no room, which the look says without one.
 */
static __always_inline struct tap_member *begin_look(struct tap_look *look, struct tap_mark *mark,
						     const struct sock *sk)
{
	uint32_t port = sk->__sk_common.skc_num, dropped = drops_of(sk);
	bool adopted = mark->member == 0 && (!marks_new(port) || has_port(state.settling, port));
	struct tap_member *member;

	look->port = port;
	look->protocol = sk->sk_protocol;
	if (mark->member)
		look->member = mark->member;
	else if (state.members < TAP_MEMBERS)
		look->member = claim_member(mark, look->cookie, port, look->protocol);
	member = member_at(look->member);
	if (!member || !adopted)
		return member;
	member->dropped_at_start = dropped;
	member->first_looks = 1;
	return member;
}

/* Whether these are the first looks at the sockets of this port. */
static __always_inline bool is_first_look(const struct tap_look *look,
					  const struct tap_member *member)
{
	if (has_port(state.settling, look->port))
		return true;
	return !marks_new(look->port) && member->first_looks &&
	       member->first_looks <= TAP_FIRST_LOOKS;
}

static __always_inline void end_look(struct tap_look *look, struct tap_member *member,
				     struct seq_file *seq)
{
	look->dropped -= member->dropped_at_start;
	look->queue_at_start = member->queue_at_start;
	bpf_seq_write(seq, look, sizeof(*look));
}

SEC("iter/udp")
int look_udp(struct bpf_iter__udp *context)
{
	struct udp_sock *udp = context->udp_sk;
	struct tap_look look = { 0 };
	struct tap_member *member;
	struct tap_mark *mark;
	struct sock *sk;

	if (!udp)
		return 0;
	sk = &udp->inet.sk;
	if (sk->sk_protocol != PROTOCOL_UDP || !watched(sk))
		return 0;
	mark = bpf_sk_storage_get(&marks, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!mark) {
		lose_event();
		return 0;
	}
	look.cookie = cookie_of(sk);
	member = begin_look(&look, mark, sk);
	if (!member) {
		bpf_seq_write(context->meta->seq, &look, sizeof(look));
		return 0;
	}
	look.rcvbuf = sk->sk_rcvbuf;
	read_counts(&look, sk, member);
	if (is_first_look(&look, member))
		settle(&look, member);
	end_look(&look, member, context->meta->seq);
	return 0;
}

SEC("iter/tcp")
int look_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct tap_look look = { 0 };
	struct tap_member *member;
	struct tap_mark *mark;
	const struct sock *sk;

	if (!common || common->skc_state != STATE_LISTEN)
		return 0;
	sk = bpf_rdonly_cast(common, bpf_core_type_id_kernel(struct sock));
	if (sk->sk_protocol != PROTOCOL_TCP || !watched(sk))
		return 0;
	mark = bpf_sk_storage_get(&marks, common, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!mark) {
		lose_event();
		return 0;
	}
	look.cookie = bpf_get_socket_cookie(common);
	member = begin_look(&look, mark, sk);
	if (!member) {
		bpf_seq_write(context->meta->seq, &look, sizeof(look));
		return 0;
	}
	bpf_map_update_elem(&listeners, &look.cookie, &look.member, BPF_ANY);
	look.dropped = drops_of(sk);
	look.queue_packets = sk->sk_ack_backlog;
	look.rcvbuf = sk->sk_max_ack_backlog;
	end_look(&look, member, context->meta->seq);
	return 0;
}

#endif
