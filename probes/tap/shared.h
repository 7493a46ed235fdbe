/* What the kernel side (*.bpf.c) and the user side (tap.c) of the probe share. */
#ifndef FAIRPORT_TAP_SHARED_H
#define FAIRPORT_TAP_SHARED_H

#ifdef __bpf__
#include "probes/kernel.h"
#else
#include <stdbool.h>
#include <stdint.h>
#endif

/* What finds no room in one of these is counted as lost, or for flows as evicted. */
#define TAP_MEMBERS 8192  /* sockets */
#define TAP_ROWS    16384 /* combinations of thread, socket and call */
#define TAP_FLOWS   65536 /* 4-tuples on a member */

#define TAP_COMMAND 16 /* bytes of a task's name, the last of them 0 */
#define TAP_REASONS 8  /* different reasons of drops that one member may have */
#define TAP_BATCHES 12 /* sizes 1, 2-3, 4-7, ..., 1024 (UIO_MAXIOV) and more */
#define TAP_CPUS    1024

/*
 * Time in the queue: two buckets for each power of two of nanoseconds, so a quantile is within a
 * third of the true value.
 */
#define TAP_WAIT_STEPS 2
#define TAP_WAITS      (64 * TAP_WAIT_STEPS)

/* So many looks settle what was there at the start. */
#define TAP_FIRST_LOOKS 16

#define TAP_PORT_WORDS (65536 / 64)

/* Connections that were there before the counting: their listener cannot be told. */
#define TAP_OLDER 1
/* Connections that somebody here has opened: their local port is no service. */
#define TAP_CLIENT 2
/* The first member that is a socket. 0 is none. */
#define TAP_FIRST 3

/* The system call that a thread takes with. */
enum tap_call {
	CALL_RECVFROM, /* also recv(2) */
	CALL_RECVMSG,
	CALL_RECVMMSG,
	CALL_READ, /* read(2) and readv(2) */
	CALL_IO_URING,
	CALL_OTHER,  /* preadv2(2), 32-bit programs, the kernel itself */
	CALL_ACCEPT, /* accept(2), accept4(2); not a receive call */
	TAP_CALLS,
};

/* What one thread did on one member with one call. */
struct tap_counters {
	uint64_t calls;   /* that returned, whatever they returned */
	uint64_t packets; /* taken out of the receive queue and handed over; accept: connections */
	uint64_t bytes;   /* what the calls returned */
	uint64_t eagain;  /* calls that found nothing, or timed out */
	uint64_t idle_wakeups; /* of these, without blocking and right after another such */
	uint64_t interrupted;  /* calls that a signal ended */
	uint64_t errors;       /* calls that failed otherwise */
	uint64_t peeks;        /* packets looked at with MSG_PEEK, which stay queued */
	uint64_t truncated;    /* packets whose end was cut off */
};

/*
 * Written by that thread alone, so that nothing needs to be atomic. User space reads it at any
 * time.
 */
struct tap_row {
	uint32_t pid, tid; /* as the first pid namespace numbers them */
	uint32_t index;    /* its own */
	uint32_t member;
	uint32_t call;
	uint32_t in_cgroup; /* the thread was in the control group that was asked for */
	uint32_t found_nothing;
	struct tap_counters counters;
	uint64_t queue_max; /* packets (accept: connections) in the queue before one was taken */
	uint64_t batches[TAP_BATCHES]; /* calls by the number of packets they returned; recvmmsg */
	char command[TAP_COMMAND];     /* of the process */
};

struct tap_reason {
	uint32_t reason; /* enum skb_drop_reason */
	uint32_t used;   /* the reason plus 1; 0: free */
	uint64_t packets;
};

/*
 * What is known of a packet that will be taken, as the INDEX-th of its socket. 0: nothing is.
 */
struct tap_next {
	uint64_t index;
	int64_t arrived; /* CLOCK_REALTIME; 0: the kernel did not say */
	uint64_t length;
};

/* One socket: of UDP, or a TCP listener with its connections. Many CPUs write it. */
struct tap_member {
	uint64_t cookie;
	uint32_t port;
	uint32_t protocol;
	uint64_t arrivals, arrived_bytes; /* datagrams; what GRO made of several is one */
	uint64_t more_segments;           /* packets on the wire that these were, beyond one each */
	uint64_t taken;                   /* packets received, by whomever; with arrivals only */
	uint64_t handshakes;              /* TCP: connections that were established */
	uint64_t flows;                   /* 4-tuples seen for the first time */
	uint64_t waits_unknown;           /* packets without a time of arrival */
	uint64_t dropped; /* for these reasons, or others for which there was no room: */
	struct tap_reason reasons[TAP_REASONS];
	/*
	 * Of a socket that was there before the counting: what the kernel had dropped then, and the
	 * packets that were queued, or on their way: how many is what the first looks find out.
	 */
	uint32_t dropped_at_start, first_looks;
	uint64_t queue_at_start;
	/*
	 * The next packet of a queue that has some, and the one that found an empty queue. The
	 * first is written where packets are taken, the second where they arrive.
	 */
	struct tap_next queued, lone;
};

/* A member as it was at one moment: written by the iterators, one after the other. */
struct tap_look {
	uint32_t member;
	uint32_t port, protocol;
	uint32_t dropped; /* since the counting began, in 32 bits */
	uint64_t cookie;
	uint64_t arrivals, taken; /* with arrivals only */
	uint64_t queue_at_start;
	uint64_t queue_packets;       /* TCP: connections in the accept queue */
	uint64_t queue_bytes, rcvbuf; /* TCP: 0 and the backlog that was asked for */
};

struct tap_flow_key {
	uint32_t remote[4], local[4];     /* network order; IPv4 as ::ffff:a.b.c.d */
	uint16_t remote_port, local_port; /* host order */
	uint32_t member;
};

/* By CPU: where packets arrive, and where they are taken. */
struct tap_cpu {
	uint64_t arrivals, arrived_bytes, packets, bytes;
};

/* Numbers of system calls differ between architectures; user space knows its own. */
struct tap_syscalls {
	long recvfrom, recvmsg, recvmmsg, read, readv, io_uring_enter, accept, accept4;
};

/* What is settled before the programs are loaded; the verifier leaves out what is not asked. */
struct tap_config {
	uint32_t netns; /* inode */
	bool arrivals, flows, waits, cpus;
	bool cgroup; /* a control group was named */
	/* Reasons to drop a packet before it is seen to arrive; 0: none of the kernel's. */
	uint32_t unseen_reasons[2];
	int64_t tai_offset; /* ns that CLOCK_TAI is ahead of CLOCK_REALTIME */
	struct tap_syscalls syscalls;
};

/* What changes while they run. */
struct tap_state {
	uint32_t members; /* the next free ones */
	uint32_t rows;
	uint64_t lost_events;
	uint64_t flows_added;
	/*
	 * By port: those that are watched; of these, whose sockets have got their marks, so that
	 * one without is new; and where this is just being settled.
	 */
	uint64_t ports[TAP_PORT_WORDS], marked[TAP_PORT_WORDS], settling[TAP_PORT_WORDS];
};

#endif
