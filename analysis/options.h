/* The command line of fairport-report. */
#ifndef FAIRPORT_ANALYSIS_OPTIONS_H
#define FAIRPORT_ANALYSIS_OPTIONS_H

#include "common/options.h"

enum plots_choice { PLOTS_AUTO, PLOTS_NONE };

struct report_options {
	const char *directory; /* of the run, as given */
	uint64_t tolerance;    /* per cent that the busiest may be above the mean */
	size_t plots;          /* enum plots_choice */
	bool quiet, verbose;
};

extern const struct program report_program;

enum options_result report_options_parse(struct report_options *options, int argc, char **argv);

#endif
