/* Counts what is dropped on its way into a socket, with the kernel's reason. */
#ifndef FAIRPORT_TAP_DROPS_H
#define FAIRPORT_TAP_DROPS_H

#include "probes/tap/core.bpf.h"

static __always_inline void count_reason(struct tap_member *member, uint32_t reason)
{
	uint32_t mine = reason + 1;

	__sync_fetch_and_add(&member->dropped, 1);
	for (int i = 0; i < TAP_REASONS; i++) {
		struct tap_reason *slot = &member->reasons[i];
		uint32_t used = slot->used;

		if (!used)
			used = __sync_val_compare_and_swap(&slot->used, 0, mine);
		if (used && used != mine)
			continue;
		slot->reason = reason;
		__sync_fetch_and_add(&slot->packets, 1);
		return;
	}
}

/* For some reasons a packet is dropped before the place where arrivals are counted. */
static __always_inline void count_unseen(struct tap_member *member, uint32_t reason)
{
	if (config.arrivals && reason &&
	    (reason == config.unseen_reasons[0] || reason == config.unseen_reasons[1]))
		__sync_fetch_and_add(&member->arrivals, 1);
}

static __always_inline int count_drop(struct sock *sk, uint32_t reason)
{
	unsigned char socket_state = sk->__sk_common.skc_state;
	uint32_t port = sk->__sk_common.skc_num;
	struct tap_member *member;
	struct tap_mark *mark;

	/* Of these two the kernel keeps something shorter than a socket. */
	if (socket_state == STATE_NEW_SYN || socket_state == STATE_TIME_WAIT || !watched(sk))
		return 0;
	/* What a connection throws away, such as old acknowledgments, is TCP at work. */
	if (sk->sk_protocol != PROTOCOL_UDP && socket_state != STATE_LISTEN)
		return 0;
	mark = bpf_sk_storage_get(&marks, sk, NULL,
				  marks_new(port) ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (!mark || (!mark->member && !marks_new(port)))
		return 0;
	member = member_at(mark->member ? mark->member
					: claim_member(mark, cookie_of(sk), port, sk->sk_protocol));
	if (member) {
		count_unseen(member, reason);
		count_reason(member, reason);
	}
	return 0;
}

/* Since Linux 6.11 it says for which socket the packet was. */
SEC("?tp_btf/kfree_skb")
int BPF_PROG(on_drop, struct sk_buff *skb, void *location, uint32_t reason, struct sock *sk)
{
	return sk ? count_drop(sk, reason) : 0;
}

/* Before that: there is no reason but the lack of room. 0 is none of the kernel's reasons. */
SEC("?tp_btf/udp_fail_queue_rcv_skb")
int BPF_PROG(on_full, int result, struct sock *sk)
{
	return count_drop(sk, 0);
}

#endif
