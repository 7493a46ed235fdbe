/*
 * The parts of the kernel's types that the BPF programs here read: nothing but the fields used.
 * libbpf moves every access to where the running kernel has the field (CO-RE), so order and
 * size do not matter, and no kernel's BTF is needed to build.
 */
#ifndef FAIRPORT_KERNEL_H
#define FAIRPORT_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

typedef __u64 uint64_t;
typedef __u32 uint32_t;
typedef __u16 uint16_t;
typedef __u8 uint8_t;
typedef __s64 int64_t;
typedef __s32 int32_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sk_buff;

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
	int counter;
} atomic_t;

typedef struct {
	__s64 counter;
} atomic64_t;

struct sk_buff_head {
	struct sk_buff *next;
	__u32 qlen;
};

struct sock_common {
	__u16 skc_num; /* local port in host order */
	unsigned char skc_state;
	possible_net_t skc_net;
	atomic64_t skc_cookie; /* 0 until somebody asks for it */
};

/* Since Linux 6.18 a busy socket counts its drops by NUMA node. */
struct numa_drop_counters {
	atomic_t drops0, drops1;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
	int sk_rcvbuf;
	struct {
		atomic_t rmem_alloc;
	} sk_backlog;
	atomic_t sk_drops;
	struct numa_drop_counters *sk_drop_counters;
	struct sk_buff_head sk_receive_queue;
	__u32 sk_ack_backlog, sk_max_ack_backlog;
};

struct inet_sock {
	struct sock sk;
};

struct udp_sock {
	struct inet_sock inet;
	struct sk_buff_head reader_queue;
};

struct sk_buff {
	struct sock *sk;
	unsigned int len;
	__s64 tstamp;
	__u16 transport_header, network_header;
};

struct inode {
	unsigned short i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct socket {
	struct sock *sk;
};

struct task_struct {
	unsigned int flags;
	int pid, tgid;
	struct task_struct *group_leader;
	struct files_struct *files;
	char comm[16];
};

/* x86_64: orig_ax is the number of the system call, di its first argument. */
struct pt_regs {
	unsigned long orig_ax, di;
};

/* arm64 */
struct pt_regs___arm64 {
	__u64 orig_x0;
	int syscallno;
};

/* What a program on a tracepoint syscalls:sys_exit_* is given. */
struct trace_event_raw_sys_exit {
	long ret;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

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
