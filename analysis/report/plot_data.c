#include "analysis/report/plot_data.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/stats/figures.h"
#include "common/clock.h"
#include "common/units.h"

void plot_argument(struct plot_arguments *arguments, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	if (arguments->count < PLOT_ARGUMENTS)
		vsnprintf(arguments->list[arguments->count++], PLOT_ARGUMENT, format, values);
	va_end(values);
}

int plot_data_workers(FILE *out, const struct run *run, const struct analysis *analysis,
		      struct plot_arguments *arguments)
{
	double all = (double)run_units(run, &run->total);
	char text[UNITS_TEXT];

	fprintf(out, "# worker pid %s share_percent %s_text\n", run_unit(run, true),
		run_unit(run, true));
	for (size_t i = 0; i < run->worker_count; i++) {
		const struct worker *worker = &run->workers[i];
		uint64_t count = run_units(run, &worker->counts);

		fprintf(out, "%zu %" PRIu64 " %" PRIu64 " %.6g %s\n", i, worker->pid, count,
			all > 0 ? 100 * (double)count / all : 0, units_grouped(text, count));
	}
	plot_argument(arguments, "%zu", run->worker_count);
	plot_argument(arguments, "%g", 100 * analysis->tolerance);
	plot_argument(arguments, "%s", run_unit(run, true));
	return 0;
}

/* Of a point of the time line, which is one interval or, in a long run, several. */
static double rate_of(const struct run *run, size_t point, size_t worker)
{
	const struct timeline_cell *cell = timeline_cell(&run->timeline, point, worker);
	uint64_t units = run->tcp ? cell->connections : cell->packets;

	return (double)units / ((double)run->timeline.points[point].time / NS_PER_SECOND);
}

static void print_point(FILE *out, const struct run *run, size_t point, double *top)
{
	const struct timeline_point *at = &run->timeline.points[point];

	fprintf(out, "%.6f", ((double)at->start + (double)at->end) / 2 / NS_PER_SECOND);
	for (size_t i = 0; i < run->worker_count; i++) {
		double rate = i < run->timeline.width ? rate_of(run, point, i) : 0;

		if (rate > *top)
			*top = rate;
		fprintf(out, " %.6g", rate);
	}
	fputc('\n', out);
}

int plot_data_intervals(FILE *out, const struct run *run, const struct analysis *analysis,
			struct plot_arguments *arguments)
{
	const struct distribution *d = &analysis->distribution;
	double top = 0;

	if (run->timeline.count == 0)
		return -ENODATA;
	fputs("# middle_s", out);
	for (size_t i = 0; i < run->worker_count; i++)
		fprintf(out, " worker_%zu_pps", i);
	fputc('\n', out);
	for (size_t point = 0; point < run->timeline.count; point++)
		print_point(out, run, point, &top);
	plot_argument(arguments, "%zu", run->worker_count);
	plot_argument(arguments, "%zu", d->busiest);
	plot_argument(arguments, "%zu", d->idlest);
	plot_argument(arguments, "%.6g", top);
	plot_argument(arguments, "%s", run_unit(run, true));
	return 0;
}

static int ascending(const void *a, const void *b)
{
	const double *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

int plot_data_lorenz(FILE *out, const struct run *run, const struct analysis *analysis,
		     struct plot_arguments *arguments)
{
	const struct distribution *d = &analysis->distribution;
	double *amounts, sum = 0;
	struct figures figures;
	int error;

	if (d->workers < 2 || d->total == 0)
		return -ENODATA;
	amounts = calloc(d->workers, sizeof(*amounts));
	if (!amounts)
		return -ENOMEM;
	for (size_t i = 0; i < d->workers; i++)
		amounts[i] = (double)run_units(run, &run->workers[i].counts);
	error = figures_of(&figures, amounts, d->workers);
	qsort(amounts, d->workers, sizeof(*amounts), ascending);
	fprintf(out, "# workers_percent %s_percent\n0 0\n", run_unit(run, true));
	for (size_t i = 0; i < d->workers; i++) {
		sum += amounts[i];
		fprintf(out, "%.6g %.6g\n", 100 * (double)(i + 1) / (double)d->workers,
			100 * sum / (double)d->total);
	}
	free(amounts);
	if (error)
		return error;
	plot_argument(arguments, "%zu", d->workers);
	plot_argument(arguments, "%.3f", figures.of[FIGURE_GINI]);
	plot_argument(arguments, "%s", run_unit(run, true));
	return 0;
}
