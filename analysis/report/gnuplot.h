/* Running gnuplot, without a shell in between. */
#ifndef FAIRPORT_ANALYSIS_REPORT_GNUPLOT_H
#define FAIRPORT_ANALYSIS_REPORT_GNUPLOT_H

#include <stdbool.h>
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
 * Whether each picture PREFIX.svg, .png, -wide.svg and -narrow.svg that is there has its end, for
 * gnuplot does not tell when there is no room for it. False after a warning.
 */
bool gnuplot_drew_all(const char *prefix);

/*
 * Writes TEXT as a string constant of that language, in which nothing has a meaning. What is not
 * printable, or not UTF-8, becomes '?'.
 */
void gnuplot_quote(FILE *script, const char *text);

/* Writes LENGTH bytes of TEXT, likewise, for the double quotes around a column of data. */
void gnuplot_text(FILE *data, const char *text, size_t length);

#endif
