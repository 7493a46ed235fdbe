/*
 * The parts of the kernel's types that the BPF programs here read: nothing but the fields used.
 * libbpf moves every access to where the running kernel has the field (CO-RE), so order and
 * size do not matter, and no kernel's BTF is needed to build.
 */
#ifndef FAIRPORT_KERNEL_H
#define FAIRPORT_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>

typedef __u64 uint64_t;
typedef __u32 uint32_t;
typedef __u16 uint16_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct sock_common {
	__u16 skc_num; /* local port in host order */
	possible_net_t skc_net;
	atomic64_t skc_cookie; /* 0 until somebody asks for it */
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct task_struct {
	unsigned int flags;
	int tgid;
	struct task_struct *group_leader;
	char comm[16];
};

/* The number of the system call: orig_ax on x86_64, syscallno on arm64. */
struct pt_regs {
	unsigned long orig_ax;
	int syscallno;
};

/* What a program on a tracepoint syscalls:sys_exit_* is given. */
struct trace_event_raw_sys_exit {
	long ret;
};

#pragma clang attribute pop

#endif
