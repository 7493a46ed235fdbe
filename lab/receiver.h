/* The receiver of a run: started, what it became learnt from its header record, stopped. */
#ifndef FAIRPORT_LAB_RECEIVER_H
#define FAIRPORT_LAB_RECEIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/process.h"

struct run;

struct receiver {
	struct process process;
	char target[128]; /* where the faker reaches it */
	char engine[32];  /* that it chose */
	uint64_t drain;   /* ns that draining may take */
	uint16_t port;
	bool tcp;
};

/*
 * Starts fairport-receive and waits until it is ready. CONNINFO NULL: the null sink. False after
 * an error or a signal.
 */
bool receiver_start(struct receiver *receiver, struct run *run, const char *conninfo);

bool receiver_alive(struct receiver *receiver, struct interrupt *interrupt);

/* Lets it drain, flush and report. False when its results are not complete. */
bool receiver_stop(struct receiver *receiver, struct interrupt *interrupt);

#endif
