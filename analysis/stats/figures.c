#include "analysis/stats/figures.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/stats/quantile.h"

const char *const figure_names[FIGURES] = {
	[FIGURE_MAX_SHARE] = "max_share",
	[FIGURE_MIN_SHARE] = "min_share",
	[FIGURE_MAX_OVER_MEAN] = "max_over_mean",
	[FIGURE_CV] = "cv",
	[FIGURE_JAIN] = "jain",
	[FIGURE_EFFECTIVE_WORKERS] = "effective_workers",
	[FIGURE_GINI] = "gini",
	[FIGURE_ENTROPY] = "entropy",
};

double figures_sum(const double *amounts, size_t workers)
{
	double sum = 0;

	for (size_t i = 0; i < workers; i++)
		sum += amounts[i];
	return sum;
}

static double max_share(const double *amounts, size_t workers, double sum, double *scratch)
{
	double most = amounts[0];

	(void)scratch;
	for (size_t i = 1; i < workers; i++)
		most = fmax(most, amounts[i]);
	return most / sum;
}

static double min_share(const double *amounts, size_t workers, double sum, double *scratch)
{
	double least = amounts[0];

	(void)scratch;
	for (size_t i = 1; i < workers; i++)
		least = fmin(least, amounts[i]);
	return least / sum;
}

/* Of differences: squares of large amounts that are nearly even would cancel out. */
static double cv(const double *amounts, size_t workers, double sum, double *scratch)
{
	double mean = sum / (double)workers, squares = 0;

	(void)scratch;
	for (size_t i = 0; i < workers; i++)
		squares += (amounts[i] - mean) * (amounts[i] - mean);
	return sqrt(squares / (double)workers) / mean;
}

static double gini(const double *amounts, size_t workers, double sum, double *scratch)
{
	double weighted = 0;

	memcpy(scratch, amounts, workers * sizeof(*amounts));
	quantile_sort(scratch, workers);
	for (size_t i = 0; i < workers; i++)
		weighted += (2 * (double)i + 1 - (double)workers) * scratch[i];
	return weighted / ((double)workers * sum);
}

static double entropy(const double *amounts, size_t workers, double sum, double *scratch)
{
	double bits = 0;

	(void)scratch;
	if (workers == 1)
		return 1;
	for (size_t i = 0; i < workers; i++) {
		if (amounts[i] > 0)
			bits -= amounts[i] / sum * log(amounts[i] / sum);
	}
	return bits / log((double)workers);
}

double figures_basic(enum basic_figure figure, const double *amounts, size_t workers,
		     double *scratch)
{
	static double (*const functions[])(const double *, size_t, double, double *) = {
		[BASIC_MAX_SHARE] = max_share, [BASIC_MIN_SHARE] = min_share, [BASIC_CV] = cv,
		[BASIC_GINI] = gini,           [BASIC_ENTROPY] = entropy,
	};

	return functions[figure](amounts, workers, figures_sum(amounts, workers), scratch);
}

void figures_derive(double out[static FIGURES], const double basic[static BASIC_FIGURES],
		    size_t workers)
{
	out[FIGURE_MAX_SHARE] = basic[BASIC_MAX_SHARE];
	out[FIGURE_MIN_SHARE] = basic[BASIC_MIN_SHARE];
	out[FIGURE_MAX_OVER_MEAN] = (double)workers * basic[BASIC_MAX_SHARE];
	out[FIGURE_CV] = basic[BASIC_CV];
	out[FIGURE_JAIN] = 1 / (1 + basic[BASIC_CV] * basic[BASIC_CV]);
	out[FIGURE_EFFECTIVE_WORKERS] = (double)workers * out[FIGURE_JAIN];
	out[FIGURE_GINI] = basic[BASIC_GINI];
	out[FIGURE_ENTROPY] = basic[BASIC_ENTROPY];
}

int figures_of(struct figures *out, const double *amounts, size_t workers)
{
	double basic[BASIC_FIGURES];
	double *scratch;

	for (size_t i = 0; i < FIGURES; i++)
		out->of[i] = NAN;
	if (!(figures_sum(amounts, workers) > 0))
		return 0;
	scratch = malloc(workers * sizeof(*scratch));
	if (!scratch)
		return -ENOMEM;
	for (size_t i = 0; i < BASIC_FIGURES; i++)
		basic[i] = figures_basic((enum basic_figure)i, amounts, workers, scratch);
	figures_derive(out->of, basic, workers);
	free(scratch);
	return 0;
}
