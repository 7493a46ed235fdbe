#include "analysis/stats/median.h"

#include <math.h>

#include <gsl/gsl_cdf.h>

struct bounds median_interval(const double *sorted, size_t count)
{
	size_t low = 0, high = (count + 1) / 2;

	/*
	 * The median is below the k-th smallest value if fewer than k values are below it; their
	 * number is binomial. The largest k by halving: count may be large.
	 */
	while (low < high) {
		size_t k = low + (high - low + 1) / 2;

		if (gsl_cdf_binomial_P((unsigned)(k - 1), 0.5, (unsigned)count) <= TAIL)
			low = k;
		else
			high = k - 1;
	}
	if (low == 0)
		return (struct bounds){ NAN, NAN };
	return (struct bounds){ sorted[low - 1], sorted[count - low] };
}
