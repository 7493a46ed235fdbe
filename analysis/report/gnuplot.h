/* Running gnuplot, without a shell in between. */
#ifndef FAIRPORT_ANALYSIS_REPORT_GNUPLOT_H
#define FAIRPORT_ANALYSIS_REPORT_GNUPLOT_H

#include <stddef.h>
#include <stdio.h>

#define GNUPLOT_ERRORS 1024

/*
 * Runs SCRIPT, commands of gnuplot's language. Returns 0; -ENOENT when there is no gnuplot; another
 * -errno when it could not be run; -ECANCELED when it failed. ERRORS is the end of what it said on
 * standard error.
 */
int gnuplot_run(const char *script, char errors[static GNUPLOT_ERRORS]);

/*
 * Writes TEXT as a string constant of that language, in which nothing has a meaning. What is not
 * printable, or not UTF-8, becomes '?'.
 */
void gnuplot_quote(FILE *script, const char *text);

#endif
