/* Counts the connections that listeners get. */
#ifndef FAIRPORT_TAP_LISTENERS_H
#define FAIRPORT_TAP_LISTENERS_H

#include "probes/tap/core.bpf.h"

/* A socket starts to listen: it must be known before its first connection inherits the mark. */
static __always_inline void adopt(struct sock *sk)
{
	uint32_t port = sk->__sk_common.skc_num, index;
	struct tap_mark *mark;
	uint64_t cookie;

	if (!marks_new(port))
		return;
	mark = bpf_sk_storage_get(&marks, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!mark) {
		lose_event();
		return;
	}
	cookie = cookie_of(sk);
	index = mark->member ? mark->member : claim_member(mark, cookie, port, PROTOCOL_TCP);
	if (index)
		bpf_map_update_elem(&listeners, &cookie, &index, BPF_ANY);
}

/* Somebody here has opened the connection, from a port that is watched. */
static __always_inline void leave_out(struct sock *sk)
{
	struct tap_mark client = { .member = TAP_CLIENT };

	bpf_sk_storage_get(&marks, sk, &client, BPF_LOCAL_STORAGE_GET_F_CREATE);
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
	} else if (before == STATE_SYN_SENT && now == STATE_ESTABLISHED) {
		leave_out(sk);
	} else if (before == STATE_SYN_RECV && now == STATE_ESTABLISHED) {
		mark = bpf_sk_storage_get(&marks, sk, NULL, 0);
		member = mark ? member_at(mark->member) : NULL;
		if (member)
			__sync_fetch_and_add(&member->handshakes, 1);
	}
	return 0;
}

#endif
