#include "analysis/report/skew.h"

#include <errno.h>
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/report/plot_data.h"
#include "analysis/stats/expected.h"
#include "analysis/stats/theory.h"

#define POINTS     41
#define FLOWS_MOST 4e9 /* expected.h has less than 2^32 */

/* Fewer for many workers: their cv varies less, and the picture need not be late. */
static struct resampling resampling_for(size_t workers)
{
	struct resampling how = RESAMPLING_DEFAULT;

	how.runs = workers > 160 ? 200 : workers < 32 ? 1000 : 32000 / workers;
	return how;
}

bool skew_is_known(const struct analysis *analysis)
{
	const struct distribution *d = &analysis->distribution;

	return d->workers > 1 && d->total > 0 && isfinite(d->effective_flows) &&
	       d->effective_flows >= 1;
}

static uint64_t flows_of(const struct analysis *analysis)
{
	return (uint64_t)fmin(analysis->distribution.effective_flows + 0.5, FLOWS_MOST);
}

int skew_bounds(struct bounds *out, const struct analysis *analysis)
{
	size_t workers = analysis->distribution.workers;
	struct resampling how = resampling_for(workers);
	struct expected expected;
	int error = expected_simulate(&expected, NULL, flows_of(analysis), workers, &how);

	if (!error)
		*out = (struct bounds){ expected.cv.q2_5, expected.cv.q97_5 };
	return error;
}

/*
 * Four flows on four workers are often perfectly even, five never: the lower edge jumps between 0
 * and the curve. It is drawn without those jumps, as nobody looks into evenness; what holds for
 * this run is skew_bounds().
 */
static void smooth_low(struct band_point *points, size_t count)
{
	for (size_t i = count - 1; i-- > 0;)
		points[i].expected.cv.q2_5 =
			fmax(points[i].expected.cv.q2_5, points[i + 1].expected.cv.q2_5);
}

int plot_data_skew(FILE *out, const struct run *run, const struct analysis *analysis,
		   struct plot_arguments *arguments)
{
	const struct distribution *d = &analysis->distribution;
	struct resampling how = resampling_for(d->workers);
	struct band_point points[POINTS];
	double most, least;
	size_t filled;
	int error;

	(void)run;
	if (!skew_is_known(analysis))
		return -ENODATA;
	most = fmin(fmax(100 * d->effective_flows, 1000), FLOWS_MOST);
	error = expected_band(points, POINTS, &filled, 1, (uint64_t)most, d->workers, &how);
	if (error)
		return error;
	smooth_low(points, filled);
	fputs("# flows expected_cv low high\n", out);
	for (size_t i = 0; i < filled; i++)
		fprintf(out, "%llu %.6g %.6g %.6g\n", (unsigned long long)points[i].flows,
			points[i].cv, points[i].expected.cv.q2_5, points[i].expected.cv.q97_5);
	least = theory_cv(d->workers, most) / 2;
	/* Not so low, for a cv of nearly 0, that the curve would be a line at the top. */
	if (d->cv < least)
		least = fmax(d->cv / 1.5, least / 10);
	plot_argument(arguments, "%zu", d->workers);
	plot_argument(arguments, "%.9g", d->effective_flows);
	plot_argument(arguments, "%.6g", d->cv);
	plot_argument(arguments, "%.6g", least);
	plot_argument(arguments, "%d", analysis->chooser == CHOOSER_HASH);
	return 0;
}
