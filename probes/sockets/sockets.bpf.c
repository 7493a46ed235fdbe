/*
 * What only the kernel knows of the UDP sockets and TCP listeners of a network namespace: the
 * namespace of the process that reads, see bpf_iter_create().
 */
#include "probes/sockets/kernel_group.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "probes/sockets/sockets_shared.h"

/* include/net/tcp_states.h; UDP uses it for connected sockets. */
#define STATE_ESTABLISHED 1
#define STATE_LISTEN      10

#define UINT32_MAX 0xffffffffu

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* A bit for each port whose sockets are of interest. */
uint64_t ports[65536 / 64];

/* A copy of the group's sockets: there is one reader at a time. */
uint64_t members[ITERATED_SLOTS];

static __always_inline bool is_wanted(uint16_t port)
{
	return ports[port / 64] >> port % 64 & 1;
}

/* The order of the array is what the hash chooses by, and no member knows its own place. */
static __always_inline uint32_t slot_of(const struct sock *sk, const struct sock_reuseport *reuse)
{
	uint32_t count = reuse->num_socks;

	if (count > ITERATED_SLOTS)
		count = ITERATED_SLOTS;
	if (bpf_probe_read_kernel(members, count * sizeof(members[0]), reuse->socks) != 0)
		return ITERATED_NO_SLOT;
	for (uint32_t i = 0; i < ITERATED_SLOTS && i < count; i++)
		if (members[i] == (uint64_t)sk)
			return i;
	return ITERATED_NO_SLOT;
}

static __always_inline void describe_group(struct iterated *out, const struct sock *sk)
{
	const struct sock_reuseport *reuse = sk->sk_reuseport_cb;
	const struct bpf_prog *program;

	out->slot = ITERATED_NO_SLOT;
	if (!reuse)
		return;
	out->group = reuse->reuseport_id + 1;
	out->members = reuse->num_socks;
	out->has_connected = BPF_CORE_READ_BITFIELD(reuse, has_conns);
	out->slot = slot_of(sk, reuse);
	program = reuse->prog;
	if (!program)
		return;
	/* What was classic BPF has no type in the kernel: bpf_prog_was_classic(). */
	out->program_type = program->type ? program->type : BPF_PROG_TYPE_SOCKET_FILTER;
	out->program = program->aux->id;
	bpf_probe_read_kernel_str(out->program_name, sizeof(out->program_name), program->aux->name);
}

static __always_inline void describe(struct iterated *out, const struct sock *sk)
{
	out->cookie = sk->__sk_common.skc_cookie.counter;
	out->reuseport = BPF_CORE_READ_BITFIELD(&sk->__sk_common, skc_reuseport);
	out->of_kernel = BPF_CORE_READ_BITFIELD(sk, sk_kern_sock);
	/* Where it is connected, the kernel notes there on which CPU the last packet came. */
	out->incoming_cpu = sk->__sk_common.skc_state == STATE_ESTABLISHED
				    ? -1
				    : sk->__sk_common.skc_incoming_cpu;
	describe_group(out, sk);
}

SEC("iter/udp")
int each_udp(struct bpf_iter__udp *context)
{
	struct udp_sock *udp = context->udp_sk;
	const struct sock *sk = (const struct sock *)udp;
	struct iterated out = { 0 };

	if (!udp || !is_wanted(sk->__sk_common.skc_num))
		return 0;
	describe(&out, sk);
	out.queue_packets = udp->reader_queue.qlen + sk->sk_receive_queue.qlen;
	if (udp->reader_queue.qlen)
		out.queue_head = (uint64_t)udp->reader_queue.next;
	else if (sk->sk_receive_queue.qlen)
		out.queue_head = (uint64_t)sk->sk_receive_queue.next;
	bpf_seq_write(context->meta->seq, &out, sizeof(out));
	return 0;
}

SEC("iter/tcp")
int each_tcp(struct bpf_iter__tcp *context)
{
	struct sock_common *common = context->sk_common;
	struct iterated out = { 0 };
	struct tcp_sock *tcp;

	if (!common || common->skc_state != STATE_LISTEN || !is_wanted(common->skc_num))
		return 0;
	tcp = bpf_skc_to_tcp_sock(common);
	if (!tcp)
		return 0;
	describe(&out, (const struct sock *)tcp);
	out.queue_head = (uint64_t)tcp->inet_conn.icsk_accept_queue.rskq_accept_head;
	bpf_seq_write(context->meta->seq, &out, sizeof(out));
	return 0;
}
