/* What the kernel side (sockets.bpf.c) and the user side (iterate.c) of the iterators share. */
#ifndef FAIRPORT_SOCKETS_SHARED_H
#define FAIRPORT_SOCKETS_SHARED_H

#ifdef __bpf__
#include "probes/sockets/kernel_group.h"
#else
#include <stdint.h>
#endif

#define ITERATED_SLOTS   1024 /* a member in a later one has no slot that is known */
#define ITERATED_NO_SLOT UINT32_MAX

/* Of one socket. */
struct iterated {
	uint64_t cookie;
	uint64_t queue_head; /* address of what is first in its queue; 0: nothing */
	uint32_t group;      /* from 1; 0: none */
	uint32_t members, slot;
	uint32_t program, program_type;
	uint32_t queue_packets;
	int32_t incoming_cpu;
	uint32_t order; /* set by the reader */
	uint8_t reuseport, has_connected, of_kernel, padding;
	uint32_t padding_too;
	char program_name[16];
};

#endif
