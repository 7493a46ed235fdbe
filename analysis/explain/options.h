/* The command line of fairport-explain. */
#ifndef FAIRPORT_ANALYSIS_EXPLAIN_OPTIONS_H
#define FAIRPORT_ANALYSIS_EXPLAIN_OPTIONS_H

#include "analysis/observe/observe.h"

struct explain_options {
	const char *directory; /* of a run; NULL: watch ports */
	struct observe_options watch;
	uint64_t tolerance; /* per cent that the busiest may be above the mean */
	const char *json;
	bool quiet, verbose;
};

extern const struct program explain_program;

enum options_result explain_options_parse(struct explain_options *options, int argc, char **argv);

#endif
