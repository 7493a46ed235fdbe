/*
 * What one worker tells the parent: a slot in shared memory that only this worker writes and that
 * outlives it, so that the counts of a worker that crashed are not lost.
 */
#ifndef FAIRPORT_RECEIVER_SLOT_H
#define FAIRPORT_RECEIVER_SLOT_H

#include <stdint.h>
#include <sys/types.h>

#include "common/histogram.h"
#include "common/received.h"

#define SAMPLES     4
#define SAMPLE_LINE 160

/* A line that was rejected, kept so that someone can see why. */
struct sample {
	const char *reason; /* a constant of the program text */
	uint32_t column;
	uint32_t length; /* of the whole line; SAMPLE_LINE bytes of it are kept */
	char line[SAMPLE_LINE];
};

#define STORE_ERROR_TEXT 256

struct slot {
	struct received counts;
	uint64_t cookie;   /* SO_COOKIE of the member */
	uint64_t rcvbuf;   /* bytes granted, as the kernel accounts them */
	uint64_t peak_rss; /* bytes, at the end */
	pid_t pid;
	int exit_status; /* as of waitpid(2), once dead */
	bool running;
	uint32_t samples_kept;
	struct sample samples[SAMPLES];
	char store_error[STORE_ERROR_TEXT]; /* the first one */
	struct histogram latency; /* ns from a packet's first time stamp to its reception */
} __attribute__((aligned(64)));

/* Counts a rejected line under *COUNTER and keeps it while there is room. */
void slot_reject(struct slot *slot, uint64_t *counter, const char *reason, uint32_t column,
		 const char *line, size_t length);

/* Counts LINES lines that could not be stored; the first TEXT is kept. */
void slot_store_error(struct slot *slot, uint64_t lines, const char *text);

#endif
