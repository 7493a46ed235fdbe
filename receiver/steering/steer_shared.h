/* What the steering programs (*.bpf.c) and the user side that loads them (ebpf.c) share. */
#ifndef FAIRPORT_STEER_SHARED_H
#define FAIRPORT_STEER_SHARED_H

#ifdef __bpf__
#include "receiver/steering/kernel.h"
#else
#include <stdbool.h>
#include <stdint.h>
#endif

#define STEER_SLOTS 512 /* STEERING_SLOTS of steering.h */

/*
 * Places in the array of sockets. More than slots: the sockets of an old generation keep theirs
 * until they are closed.
 */
#define STEER_SOCKETS (4 * STEER_SLOTS)

/* Room of the table. A power of two, as all of it is the buckets that flows and series fall to. */
#define STEER_TABLE 16384

/* What a loaded program goes by. It never changes: another choice is another program. */
struct steer_config {
	uint32_t slots;  /* 1 to STEER_SLOTS */
	uint32_t length; /* of the table, from 1 */
	bool tcp;
	uint16_t keys[STEER_SLOTS];  /* by slot: the place in the array of sockets */
	uint16_t table[STEER_TABLE]; /* slots: in turn, or by bucket */
};

/* One for each CPU, so that counting takes no turns. */
struct steer_decisions {
	uint64_t by_slot[STEER_SLOTS];
	uint64_t fallbacks; /* no socket could be had: left to the hash */
};

#endif
