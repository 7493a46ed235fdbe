/*
 * report.html: the whole report as one file, which needs no other and no network, and is read as
 * well on a telephone as on a desk, by day and by night.
 */
#ifndef FAIRPORT_ANALYSIS_REPORT_HTML_H
#define FAIRPORT_ANALYSIS_REPORT_HTML_H

#include <stdio.h>

/*
 * What stands around the content of a page: its head with TITLE and style, and its end, where DATA
 * is the file with the same numbers for programs.
 */
void html_open(FILE *out, const char *title);
void html_close(FILE *out, const char *data);

/*
 * The page of a run, CONTENT being a struct report: what was found and what helps, the pictures
 * with their numbers, the accounts, where it was. The pictures are read from its plots/.
 */
void html_report(FILE *out, const void *content);

#endif
