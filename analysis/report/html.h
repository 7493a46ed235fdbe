/*
 * report.html: the whole report as one file, which needs no other and no network, and is read as
 * well on a telephone as on a desk, by day and by night.
 */
#ifndef FAIRPORT_ANALYSIS_REPORT_HTML_H
#define FAIRPORT_ANALYSIS_REPORT_HTML_H

#include <stdio.h>

struct report;

/* What stands around the runs of a document: its head with TITLE and style, and its end. */
void html_open(FILE *out, const char *title);
void html_close(FILE *out);

/*
 * A run, as the content of a document: what was found and what helps, the pictures with their
 * numbers, the accounts, where it was. The pictures are read from its plots/.
 */
void html_run(FILE *out, const struct report *report);

#endif
