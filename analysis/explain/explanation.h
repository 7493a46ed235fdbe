/* What fairport-explain says: text and record are made of the same. */
#ifndef FAIRPORT_ANALYSIS_EXPLAIN_EXPLANATION_H
#define FAIRPORT_ANALYSIS_EXPLAIN_EXPLANATION_H

#include <stdbool.h>

#include "analysis/causes.h"
#include "analysis/explain/evidence.h"

struct analysis;
struct run;

struct explanation {
	const struct run *run;
	const struct analysis *analysis; /* NULL: nobody could tell who received what */
	const char *place;               /* "port 8089", or the directory */
	struct causes causes;
	struct evidence evidence;
};

/* The text, on standard output. */
void explanation_print(const struct explanation *explanation);

/* One JSON object; "-" is standard output. Returns 0 or -errno. */
int explanation_record(const struct explanation *explanation, const char *path);

#endif
