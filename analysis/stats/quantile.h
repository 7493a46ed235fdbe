/*
 * Quantiles of a sample, in one definition for everything that is printed, drawn or tested:
 * linear interpolation between the order statistics around position (n - 1) q, counted from 0.
 * That is type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", The American
 * Statistician 50 (1996), and the default of R, NumPy, GSL and spreadsheets; the median of an even
 * number of values is the mean of the two in the middle. (Latency percentiles are of another
 * kind: those of a histogram, see common/histogram.h.)
 */
#ifndef FAIRPORT_ANALYSIS_STATS_QUANTILE_H
#define FAIRPORT_ANALYSIS_STATS_QUANTILE_H

#include <stddef.h>

#include "analysis/stats/chance.h"

/* Ascending. No value may be NAN. */
void quantile_sort(double *values, size_t count);

/* Of COUNT values that are sorted, Q from 0 to 1. NAN when there are none. */
double quantile_of(const double *sorted, size_t count, double q);

/* Sorts VALUES. */
double quantile_median(double *values, size_t count);

/* The middle CONFIDENCE of the values: a percentile interval. Sorts VALUES. */
struct bounds quantile_interval(double *values, size_t count);

#endif
