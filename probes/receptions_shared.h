/* What the kernel side (receptions.bpf.c) and the user side (receptions.c) of the probe share. */
#ifndef FAIRPORT_RECEPTIONS_SHARED_H
#define FAIRPORT_RECEPTIONS_SHARED_H

#ifdef __bpf__
#include "probes/kernel.h"
#else
#include <stdint.h>
#endif

/* (pid, cookie) pairs of one run; what finds no room is counted as lost. */
#define RECEPTION_KEYS 4096

#define RECEPTION_COMMAND 16

/* The system call that a process receives with. */
enum reception_call {
	CALL_RECVFROM, /* also recv(2) */
	CALL_RECVMSG,
	CALL_RECVMMSG,
	CALL_READ,  /* read(2) and readv(2) */
	CALL_OTHER, /* io_uring, preadv2(2), 32-bit programs, the kernel itself */
	RECEPTION_CALLS,
};

struct reception_counters {
	uint64_t calls;       /* that returned, whatever they returned */
	uint64_t packets;     /* taken out of the receive queue and handed over */
	uint64_t bytes;       /* what the calls returned for these */
	uint64_t eagain;      /* calls that found nothing, or timed out */
	uint64_t interrupted; /* calls that a signal ended */
	uint64_t errors;      /* calls that failed otherwise */
	uint64_t peeks;       /* packets looked at with MSG_PEEK, which stay queued */
};

struct reception_key {
	uint64_t pid; /* the process (tgid), as the first pid namespace numbers it */
	uint64_t cookie;
};

struct reception_value {
	struct reception_counters by_call[RECEPTION_CALLS];
	char command[RECEPTION_COMMAND];
};

/* Numbers of system calls differ between architectures; user space knows its own. */
struct reception_syscalls {
	long recvfrom, recvmsg, recvmmsg, read, readv;
};

#endif
