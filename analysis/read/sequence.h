/*
 * Intervals follow each other: each begins when the one before ended, the first one at the
 * program's start. What is told twice, and what is not told at all, can be seen from that.
 */
#ifndef FAIRPORT_ANALYSIS_SEQUENCE_H
#define FAIRPORT_ANALYSIS_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

struct sequence {
	uint64_t end; /* ns since the program's start, of the last interval; 0: of none */
	bool begun;
};

/* Why an interval of LENGTH ns that ended at ELAPSED cannot come next; NULL: it can. */
const char *sequence_check(const struct sequence *sequence, uint64_t elapsed, uint64_t length);

/*
 * Goes on to the end of an interval that can come next, and was counted. Returns NULL, or that
 * time is missing before it.
 */
const char *sequence_advance(struct sequence *sequence, uint64_t elapsed, uint64_t length);

#endif
