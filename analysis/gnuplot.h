/* Running gnuplot, without a shell in between. */
#ifndef FAIRPORT_ANALYSIS_GNUPLOT_H
#define FAIRPORT_ANALYSIS_GNUPLOT_H

#include <stddef.h>

#define GNUPLOT_ERRORS 1024

/*
 * Runs TEMPLATE with ARGUMENTS (ended by NULL, at most 12), which it sees as ARG1, ARG2, ...
 * Returns 0; -ENOENT when there is no gnuplot; another -errno when it could not be run; -ECANCELED
 * when it failed. ERRORS is the end of what it said on standard error.
 */
int gnuplot_run(const char *template, const char *const arguments[],
		char errors[static GNUPLOT_ERRORS]);

#endif
