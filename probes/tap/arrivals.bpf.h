/*
 * Counts what arrives at each socket. A cgroup program sees a packet after the group has chosen
 * the socket and before there has to be room in its queue.
 */
#ifndef FAIRPORT_TAP_ARRIVALS_H
#define FAIRPORT_TAP_ARRIVALS_H

#include "probes/tap/core.bpf.h"
#include "probes/tap/waits.bpf.h"

/* The kernel's own view. What is read through such a pointer is 0 where there is nothing. */
static __always_inline const struct sock *sock_of_buffer(const struct sk_buff *buffer)
{
	return bpf_rdonly_cast(buffer->sk, bpf_core_type_id_kernel(struct sock));
}

/* The member of a socket without a mark: a new one, in our network namespace. */
static __always_inline uint32_t new_member(struct __sk_buff *skb, struct bpf_sock *sk,
					   struct tap_mark **mark)
{
	const struct sk_buff *buffer = bpf_cast_to_kern_ctx(skb);

	if (!marks_new(sk->src_port) ||
	    sock_of_buffer(buffer)->__sk_common.skc_net.net->ns.inum != config.netns)
		return 0;
	*mark = bpf_sk_storage_get(&marks, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!*mark) {
		lose_event();
		return 0;
	}
	return claim_member(*mark, bpf_get_socket_cookie(skb), sk->src_port, PROTOCOL_UDP);
}

/* The start of most packets: the header of IPv4 without options, and the ports. */
struct plain_packet {
	uint8_t version;
	uint8_t before[11];
	uint32_t remote, local;
	uint16_t remote_port, local_port;
};

static __always_inline void set_v4(struct tap_flow_key *key, uint32_t remote, uint32_t local)
{
	key->remote[2] = key->local[2] = __builtin_bswap32(0xffff);
	key->remote[3] = remote;
	key->local[3] = local;
}

static __always_inline void set_ports(struct tap_flow_key *key, uint16_t remote, uint16_t local)
{
	key->remote_port = __builtin_bswap16(remote);
	key->local_port = __builtin_bswap16(local);
}

/* Any other packet; UDP's header begins at OFFSET. */
static __noinline bool load_tuple(struct __sk_buff *skb, struct tap_flow_key *key, uint32_t offset)
{
	uint32_t addresses[2] = { 0 };
	uint16_t ports[2] = { 0 };
	uint8_t version = 0;

	if (!key || bpf_skb_load_bytes(skb, 0, &version, 1) != 0 ||
	    bpf_skb_load_bytes(skb, offset, ports, sizeof(ports)) != 0)
		return false;
	set_ports(key, ports[0], ports[1]);
	if (version >> 4 != 4)
		return bpf_skb_load_bytes(skb, 8, key->remote, 32) == 0;
	if (bpf_skb_load_bytes(skb, 12, addresses, sizeof(addresses)) != 0)
		return false;
	set_v4(key, addresses[0], addresses[1]);
	return true;
}

/* Fills the 4-tuple. Returns whether it could be read. */
static __always_inline bool read_tuple(struct __sk_buff *skb, struct tap_flow_key *key,
				       uint32_t offset)
{
	const struct plain_packet *packet = (const void *)(long)skb->data;
	const void *end = (const void *)(long)skb->data_end;

	if ((const void *)(packet + 1) > end || packet->version != 0x45)
		return load_tuple(skb, key, offset);
	set_v4(key, packet->remote, packet->local);
	set_ports(key, packet->remote_port, packet->local_port);
	return true;
}

static __always_inline void count_flow(struct tap_member *member, struct tap_flow_key *key)
{
	uint64_t first = 1;
	uint64_t *packets = bpf_map_lookup_elem(&flows, key);

	if (!packets && bpf_map_update_elem(&flows, key, &first, BPF_NOEXIST) == 0) {
		__sync_fetch_and_add(&state.flows_added, 1);
		__sync_fetch_and_add(&member->flows, 1);
		return;
	}
	if (!packets)
		packets = bpf_map_lookup_elem(&flows, key);
	if (packets)
		__sync_fetch_and_add(packets, 1);
	else
		lose_event();
}

static __always_inline void count_arrival_cpu(uint64_t bytes)
{
	uint32_t index = bpf_get_smp_processor_id();
	struct tap_cpu *cpu = bpf_map_lookup_elem(&cpus, &index);

	if (!cpu)
		return;
	__sync_fetch_and_add(&cpu->arrivals, 1);
	__sync_fetch_and_add(&cpu->arrived_bytes, bytes);
}

static __always_inline void count_arrival(struct __sk_buff *skb, struct tap_member *member,
					  uint32_t index)
{
	const struct sk_buff *buffer = bpf_cast_to_kern_ctx(skb);
	uint32_t offset = (uint16_t)(buffer->transport_header - buffer->network_header);
	uint64_t bytes = skb->len - offset - 8; /* the header of UDP */
	uint64_t number = 1 + __sync_fetch_and_add(&member->arrivals, 1);
	struct tap_flow_key key = { .member = index };

	__sync_fetch_and_add(&member->arrived_bytes, bytes);
	if (skb->gso_segs > 1)
		__sync_fetch_and_add(&member->more_segments, skb->gso_segs - 1);
	if (config.waits)
		note_arrival(member, buffer, sock_of_buffer(buffer), number, bytes);
	if (config.cpus)
		count_arrival_cpu(bytes);
	if (!config.flows)
		return;
	if (read_tuple(skb, &key, offset))
		count_flow(member, &key);
	else
		lose_event();
}

SEC("?cgroup_skb/ingress")
int on_arrival(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct tap_member *member;
	struct tap_mark *mark;
	uint32_t index;

	if (!sk || !watched_port(sk->src_port))
		return 1;
	sk = bpf_sk_fullsock(sk);
	if (!sk || sk->protocol != PROTOCOL_UDP)
		return 1;
	mark = bpf_sk_storage_get(&marks, sk, NULL, 0);
	index = mark ? mark->member : 0;
	if (!index)
		index = new_member(skb, sk, &mark);
	member = member_at(index);
	if (member)
		count_arrival(skb, member, index);
	return 1;
}

#endif
