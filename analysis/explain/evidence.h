/* The few numbers that decide, how sure they are, and what could not be known. */
#ifndef FAIRPORT_ANALYSIS_EXPLAIN_EVIDENCE_H
#define FAIRPORT_ANALYSIS_EXPLAIN_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/stats/chance.h"

struct analysis;
struct run;

#define DECISIVE_LIMIT 6
#define UNKNOWN_LIMIT  8

struct decisive {
	const char *key, *label; /* "max_over_mean", "busiest / mean" */
	double value;
	struct bounds interval; /* of 95 % confidence; NAN: it is exact, or not known */
	char note[80];
};

struct evidence {
	struct decisive numbers[DECISIVE_LIMIT];
	size_t count;
	char unknown[UNKNOWN_LIMIT][256];
	size_t unknown_count;
};

/*
 * ANALYSIS NULL: nobody could tell who received what. INTERRUPTED: the look was shorter than was
 * asked for. Returns 0 or -ENOMEM.
 */
int evidence_gather(struct evidence *out, const struct analysis *analysis, const struct run *run,
		    bool interrupted);

/* A part of it: only what could not be known, and how it could be. */
void evidence_tell_unknown(struct evidence *out, const struct analysis *analysis,
			   const struct run *run, bool interrupted);

#endif
