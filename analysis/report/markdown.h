/* report.md: what to say about a run in a pull request. */
#ifndef FAIRPORT_ANALYSIS_REPORT_MARKDOWN_H
#define FAIRPORT_ANALYSIS_REPORT_MARKDOWN_H

#include <stdio.h>

/*
 * A run under a heading: verdict, who got what, causes and remedies, losses. No links, no pictures.
 * CONTENT is a struct report.
 */
void markdown_report(FILE *out, const void *content);

/* Writes formatted text, escaped. */
void markdown_text(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
