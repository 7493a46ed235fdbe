/*
 * The parts of the kernel's types that the socket iterators read, cut by hand: nothing but the
 * fields used, moved to where the running kernel has them (CO-RE).
 */
#ifndef FAIRPORT_SOCKETS_KERNEL_GROUP_H
#define FAIRPORT_SOCKETS_KERNEL_GROUP_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u64 uint64_t;
typedef __u32 uint32_t;
typedef __u16 uint16_t;
typedef __u8 uint8_t;
typedef __s32 int32_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;

struct bpf_prog_aux {
	uint32_t id; /* 0: it was made of classic BPF */
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	struct bpf_prog_aux *aux;
};

struct sock_reuseport {
	uint16_t num_socks;
	unsigned int reuseport_id; /* from 0 on */
	unsigned int has_conns : 1;
	struct bpf_prog *prog;
	struct sock *socks[]; /* behind the first NUM_SOCKS: listeners that are closing (5.14) */
};

struct sock_common {
	uint16_t skc_num; /* local port in host order */
	volatile unsigned char skc_state;
	unsigned char skc_reuseport : 1;
	int32_t skc_incoming_cpu;
	atomic64_t skc_cookie; /* 0 until somebody asks for it */
};

struct sk_buff;

struct sk_buff_head {
	struct sk_buff *next;
	uint32_t qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct sock_reuseport *sk_reuseport_cb;
	uint8_t sk_kern_sock : 1;
};

/* Readers take packets from their own queue first, which they fill from the other. */
struct udp_sock {
	struct sk_buff_head reader_queue;
};

struct request_sock;

struct request_sock_queue {
	struct request_sock *rskq_accept_head;
};

struct inet_connection_sock {
	struct request_sock_queue icsk_accept_queue;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq; /* what is written here is what user space reads */
};

/* What a program is given for each socket; the pointer is NULL at the end. */
struct bpf_iter__udp {
	struct bpf_iter_meta *meta;
	struct udp_sock *udp_sk;
};

struct bpf_iter__tcp {
	struct bpf_iter_meta *meta;
	struct sock_common *sk_common;
};

#pragma clang attribute pop

#endif
