/* The skew of a run beside what a uniform hash does with so many flows. */
#ifndef FAIRPORT_ANALYSIS_REPORT_SKEW_H
#define FAIRPORT_ANALYSIS_REPORT_SKEW_H

#include <stdbool.h>

#include "analysis/stats/chance.h"

struct analysis;

/* Whether there are workers to share among, something to share, and known flows. */
bool skew_is_known(const struct analysis *analysis);

/* Where 95 % of all runs with so many equal flows as this one's effective ones have their cv. */
int skew_bounds(struct bounds *out, const struct analysis *analysis);

#endif
