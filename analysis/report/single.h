/* The report on one run: files, text, and whether all expectations are met. */
#ifndef FAIRPORT_ANALYSIS_REPORT_SINGLE_H
#define FAIRPORT_ANALYSIS_REPORT_SINGLE_H

struct report_options;

/* Returns an exit status. */
int report_run(const struct report_options *options);

#endif
