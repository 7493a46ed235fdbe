#include "common/imbalance.h"

#include <math.h>

struct imbalance imbalance_of(const uint64_t *counts, size_t count)
{
	struct imbalance out = { NAN, NAN, NAN };
	double mean, squares = 0;
	uint64_t sum = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		sum += counts[i];
		most = counts[i] > most ? counts[i] : most;
	}
	if (sum == 0)
		return out;
	mean = (double)sum / (double)count;
	/* Of differences: squares of large counts that are nearly even would cancel out. */
	for (size_t i = 0; i < count; i++)
		squares += ((double)counts[i] - mean) * ((double)counts[i] - mean);
	out.max_over_mean = (double)most / mean;
	out.cv = sqrt(squares / (double)count) / mean;
	/* As sum n^2 / N = mean^2 (1 + cv^2). */
	out.jain = 1 / (1 + out.cv * out.cv);
	return out;
}
