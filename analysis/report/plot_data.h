/* What the plots show, as columns separated by spaces under a "#" line that names them. */
#ifndef FAIRPORT_ANALYSIS_REPORT_PLOT_DATA_H
#define FAIRPORT_ANALYSIS_REPORT_PLOT_DATA_H

#include <stddef.h>
#include <stdio.h>

struct analysis;
struct run;

#define PLOT_ARGUMENTS 5
#define PLOT_ARGUMENT  64

/* What a template is told beside its data, as ARG5 and so on. */
struct plot_arguments {
	char list[PLOT_ARGUMENTS][PLOT_ARGUMENT];
	size_t count;
};

void plot_argument(struct plot_arguments *arguments, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Each writes the data of one template and its arguments, as the template has them. Returns 0,
 * -ENODATA where the run has nothing of this kind, or another -errno.
 */
typedef int plot_data(FILE *out, const struct run *run, const struct analysis *analysis,
		      struct plot_arguments *arguments);

plot_data plot_data_workers, plot_data_intervals, plot_data_flows, plot_data_lorenz, plot_data_skew,
	plot_data_latency, plot_data_losses;

#endif
