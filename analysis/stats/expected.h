/* What a uniform hash does with flows of these weights, by simulation (hashing.h). */
#ifndef FAIRPORT_ANALYSIS_STATS_EXPECTED_H
#define FAIRPORT_ANALYSIS_STATS_EXPECTED_H

#include <stddef.h>
#include <stdint.h>

#include "analysis/stats/chance.h"

/* Of one figure over the runs; quantiles in percent. All NAN without flows. */
struct spread {
	double mean, rms;
	double error; /* standard error of MEAN: what simulating it adds */
	double q2_5, q50, q97_5;
};

struct expected {
	struct spread max_over_mean, cv;
};

/* WEIGHTS NULL: FLOWS equal ones, below 2^32. Returns 0 or -ENOMEM. */
int expected_simulate(struct expected *out, const double *weights, uint64_t flows, size_t workers,
		      const struct resampling *how);

/* The theory curve of a plot of skew against the number of (equal) flows, and its band. */
struct band_point {
	uint64_t flows;
	double cv; /* theory_cv() */
	struct expected expected;
};

/*
 * Fills at most COUNT points from LEAST (at least 1) to MOST flows (below 2^32), evenly on a
 * logarithmic axis, each number of flows once; *FILLED says how many. Returns 0 or -ENOMEM.
 */
int expected_band(struct band_point *points, size_t count, size_t *filled, uint64_t least,
		  uint64_t most, size_t workers, const struct resampling *how);

#endif
