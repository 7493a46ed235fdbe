#include "analysis/stats/quantile.h"

#include <math.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

void quantile_sort(double *values, size_t count)
{
	gsl_sort(values, 1, count);
}

double quantile_of(const double *sorted, size_t count, double q)
{
	return count ? gsl_stats_quantile_from_sorted_data(sorted, 1, count, q) : (double)NAN;
}

double quantile_median(double *values, size_t count)
{
	quantile_sort(values, count);
	return quantile_of(values, count, 0.5);
}

struct bounds quantile_interval(double *values, size_t count)
{
	quantile_sort(values, count);
	return (struct bounds){
		.low = quantile_of(values, count, TAIL),
		.high = quantile_of(values, count, 1 - TAIL),
	};
}
