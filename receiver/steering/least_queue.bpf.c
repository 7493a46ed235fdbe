/*
 * The steering program that looks at how long the queues are. Only this one needs the kernel's BTF,
 * and the privilege to read the kernel's memory.
 */
#include "receiver/steering/choose.h"

#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* What may be spent on one packet: of more members, each packet sees the next few. */
#define LOOKS 8

/*
 * Where the sockets are, by slot. That of one that was closed meanwhile is no danger: reading goes
 * by a helper that checks, and a closed socket is not there to be chosen.
 */
uint64_t addresses[STEER_SLOTS];

/* Behind the slot that was chosen last, so that equal ones have their turns. */
uint32_t next;

/* The members with their slots, only to have the kernel walk over just these. */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, uint32_t);
} slots SEC(".maps");

/* Writes the slot of each for the user side to see that all were found. */
SEC("?iter/bpf_sk_storage_map")
int find(struct bpf_iter__bpf_sk_storage_map *at)
{
	const uint32_t *slot = at->value;
	struct sock *sk = at->sk;

	if (!sk || !slot || *slot >= STEER_SLOTS)
		return 0;
	addresses[*slot] = (uint64_t)sk;
	bpf_seq_write(at->meta->seq, slot, sizeof(*slot));
	return 0;
}

/*
 * Connections that wait, or bytes. What a reader took out of a UDP queue is subtracted in larger
 * pieces, and until then stands in forward_deficit (Linux 4.10).
 */
static __always_inline uint32_t length_of(uint64_t address)
{
	const struct sock *sk = (const struct sock *)address;
	const struct udp_sock *udp = (const struct udp_sock *)address;
	uint32_t waiting = 0;
	int bytes = 0, taken = 0;

	if (config.tcp) {
		bpf_core_read(&waiting, sizeof(waiting), &sk->sk_ack_backlog);
		return waiting;
	}
	bpf_core_read(&bytes, sizeof(bytes), &sk->sk_backlog.rmem_alloc.counter);
	if (bytes <= 0)
		return 0;
	bpf_core_read(&taken, sizeof(taken), &udp->forward_deficit);
	return bytes > taken ? (uint32_t)(bytes - taken) : 0;
}

SEC("?sk_reuseport/migrate")
int least_queue(struct sk_reuseport_md *md)
{
	uint32_t slot = next, best = 0, least = ~0U;

	for (uint32_t i = 0; i < LOOKS && i < config.slots; i++) {
		uint32_t length;

		if (slot >= config.slots || slot >= STEER_SLOTS)
			slot = 0;
		length = length_of(addresses[slot]);
		if (length < least) {
			least = length;
			best = slot;
		}
		if (length == 0)
			break;
		slot++;
	}
	next = best + 1;
	return take(md, best) ? SK_PASS : choose_other(md, bpf_get_prandom_u32());
}
