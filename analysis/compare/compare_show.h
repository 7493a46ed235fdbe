/* A comparison as it is shown: in the terminal, and in files. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARE_SHOW_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARE_SHOW_H

struct compare_options;

/* Loads, compares, prints and writes. An exit status. */
int compare_show(const struct compare_options *options);

#endif
