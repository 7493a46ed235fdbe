/* How unevenly counts lie: the simple arithmetic, in one place. */
#ifndef FAIRPORT_IMBALANCE_H
#define FAIRPORT_IMBALANCE_H

#include <stddef.h>
#include <stdint.h>

/* All NAN where nothing was counted: nothing is neither even nor uneven. */
struct imbalance {
	double max_over_mean; /* 1 is perfectly even, the number of counts is all in one */
	double cv;            /* population standard deviation / mean */
	double jain;          /* (sum n)^2 / (N sum n^2): 1 is perfectly even, 1 / N all in one */
};

/* Of COUNT counts. */
struct imbalance imbalance_of(const uint64_t *counts, size_t count);

#endif
