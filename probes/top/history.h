/*
 * The last readings, and what each member did from one to the next. Rates are of the last
 * interval; shares and verdicts of a window of several, as one interval holds too few packets of a
 * slow sender to judge by.
 */
#ifndef FAIRPORT_TOP_HISTORY_H
#define FAIRPORT_TOP_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/top/reading.h"

#define HISTORY_WINDOW 10  /* intervals */
#define HISTORY_VALUES 128 /* intervals that a member's past is known for */

/* One member, as it was when it was seen last. */
struct track {
	struct reading_member now;
	bool fresh;  /* it was not in the reading before, and that was not the first */
	bool closed; /* it is not in the last reading */
	bool unread; /* something is queued, as before, and nobody took anything meanwhile */
	double arrived, taken, dropped; /* per second, in the last interval; NAN: not known */
	/* ARRIVED, or where that is not known the filled part of the queue; a ring. */
	double values[HISTORY_VALUES];
	size_t value_count; /* that were ever written */
};

struct history {
	struct reading readings[HISTORY_WINDOW + 1]; /* a ring */
	size_t reading_count;                        /* that were ever added */
	struct track *tracks;                        /* by cookie */
	size_t track_count;
	uint64_t started, interval; /* of the first reading, and between the last two; ns */
};

/* Takes over READING, which is empty then. What was closed before is forgotten. 0 or -ENOMEM. */
int history_add(struct history *history, struct reading *reading);

/* The reading that was added AGO readings before the last; NULL if it is not kept. */
const struct reading *history_reading(const struct history *history, size_t ago);

/* The value of AGO intervals before the last; NAN where there is none. */
double track_value(const struct track *track, size_t ago);

void history_free(struct history *history);

#endif
