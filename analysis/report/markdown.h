/* report.md: what to say about a run in a pull request. */
#ifndef FAIRPORT_ANALYSIS_REPORT_MARKDOWN_H
#define FAIRPORT_ANALYSIS_REPORT_MARKDOWN_H

#include <stdio.h>

struct report;

/* A run under a heading: verdict, who got what, causes and remedies, losses. No links, no pictures.
 */
void markdown_run(FILE *out, const struct report *report);

#endif
