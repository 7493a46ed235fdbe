/* Counts the connections that listeners get. */
#ifndef FAIRPORT_TAP_LISTENERS_H
#define FAIRPORT_TAP_LISTENERS_H

#include "probes/tap/core.bpf.h"

/* A socket starts to listen: it must be known before its first connection inherits the mark. */
static __always_inline void adopt(struct sock *sk)
{
	struct tap_mark *mark =
		bpf_sk_storage_get(&marks, sk, NULL,
				   marks_new() ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	uint64_t cookie;
	uint32_t index;

	if (!mark)
		return;
	cookie = cookie_of(sk);
	index = mark->member ? mark->member
			     : claim_member(mark, cookie, sk->__sk_common.skc_num, PROTOCOL_TCP);
	if (index)
		bpf_map_update_elem(&listeners, &cookie, &index, BPF_ANY);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock *sk, int before, int now)
{
	struct tap_member *member;
	struct tap_mark *mark;

	if (sk->sk_protocol != PROTOCOL_TCP || !watched(sk))
		return 0;
	if (now == STATE_LISTEN) {
		adopt(sk);
	} else if (before == STATE_SYN_RECV && now == STATE_ESTABLISHED) {
		mark = bpf_sk_storage_get(&marks, sk, NULL, 0);
		member = mark ? member_at(mark->member) : NULL;
		if (member)
			__sync_fetch_and_add(&member->handshakes, 1);
	}
	return 0;
}

#endif
