/*
 * The parts of the kernel's types that the steering programs read, cut by hand: nothing but the
 * fields used. libbpf moves every access to where the running kernel has the field (CO-RE), so
 * order and size do not matter, and no kernel's BTF is needed to build.
 */
#ifndef FAIRPORT_STEERING_KERNEL_H
#define FAIRPORT_STEERING_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u64 uint64_t;
typedef __u32 uint32_t;
typedef __u16 uint16_t;
typedef __u8 uint8_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct sock {
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;            /* UDP: bytes in the receive queue, by the true size of packets */
	uint32_t sk_ack_backlog; /* TCP: connections that wait to be accepted */
};

struct udp_sock {
	int forward_deficit; /* bytes that were taken out, and are not yet subtracted above */
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq; /* what is written here is what user space reads */
};

/* What a program that walks over a map of socket storage is given. */
struct bpf_iter__bpf_sk_storage_map {
	struct bpf_iter_meta *meta;
	struct sock *sk; /* NULL: the end */
	void *value;
};

#pragma clang attribute pop

#endif
