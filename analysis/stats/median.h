/*
 * How sure a median is: the interval between two order statistics, whose coverage is exact whatever
 * the values are distributed like (Conover, "Practical Nonparametric Statistics", section 3.2).
 */
#ifndef FAIRPORT_ANALYSIS_STATS_MEDIAN_H
#define FAIRPORT_ANALYSIS_STATS_MEDIAN_H

#include <stddef.h>

#include "analysis/stats/chance.h"

/*
 * Of COUNT values that are sorted: the narrowest symmetric one that covers the median of what they
 * were drawn from with at least CONFIDENCE. NAN with fewer than 6 values, for which there is none.
 */
struct bounds median_interval(const double *sorted, size_t count);

#endif
