/* Why a distribution or a ledger is as it is: what the data proves, and what helps. */
#ifndef FAIRPORT_ANALYSIS_CAUSES_H
#define FAIRPORT_ANALYSIS_CAUSES_H

#include <stddef.h>

struct analysis;
struct run;

#define CAUSES_LIMIT 8

struct cause {
	const char *name; /* a word of the design: "one-flow" */
	char evidence[256];
	char remedy[384];
};

struct causes {
	struct cause list[CAUSES_LIMIT];
	size_t count;
};

/* Looks for causes in an analysis whose other parts are complete. */
void causes_find(struct causes *out, const struct analysis *analysis, const struct run *run);

#endif
