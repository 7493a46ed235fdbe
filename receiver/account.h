/*
 * What one process of the pool tells the parent: memory that both share, that only this process
 * writes (but for what is said otherwise), and that outlives it, so that the counts of a process
 * that crashed are not lost.
 */
#ifndef FAIRPORT_RECEIVER_ACCOUNT_H
#define FAIRPORT_RECEIVER_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/received.h"
#include "receiver/engines/taking.h"

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

/* What a process is to do on SIGTERM; written by the parent before. */
enum order {
	ORDER_DRAIN, /* take what the kernel has queued at the input: nobody else will */
	ORDER_LEAVE, /* take nothing more: another process reads the same input */
};

struct account {
	struct received counts; /* the parent writes drops, in_queue, lost_in_crash */
	enum order order;       /* the parent's */
	uint32_t samples_kept;
	struct sample samples[SAMPLES];
	char store_error[STORE_ERROR_TEXT]; /* the first one */
	struct histogram committed; /* ns from a line's time stamp to the commit of its row */
	struct histogram latency;   /* ns from a line's time stamp to its reception */
	struct taking taking;
	struct giving giving; /* a dispatcher's */
} __attribute__((aligned(64)));

/* Shared memory, all 0. NULL: out of memory. */
struct account *account_open(void);
void account_close(struct account *account);

/* Counts a rejected line under *COUNTER and keeps it while there is room. */
void account_reject(struct account *account, uint64_t *counter, const char *reason, uint32_t column,
		    const char *line, size_t length);

/* Counts LINES lines that could not be stored; the first TEXT is kept. */
void account_store_error(struct account *account, uint64_t lines, const char *text);

/*
 * For the parent, after the process died otherwise than it should: what it had taken out of the
 * kernel and not counted is counted as received, what it had not read as lost_in_crash.
 */
void account_settle_crash(struct account *account);

#endif
