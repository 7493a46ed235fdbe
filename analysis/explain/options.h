/* The command line of fairport-explain. */
#ifndef FAIRPORT_ANALYSIS_EXPLAIN_OPTIONS_H
#define FAIRPORT_ANALYSIS_EXPLAIN_OPTIONS_H

#include "common/options.h"

struct explain_options {
	const char *directory; /* of a run; NULL: look at PORTS */
	const char *ports, *netns, *keep, *json;
	uint64_t duration;  /* ns */
	uint64_t tolerance; /* per cent that the busiest may be above the mean */
	int ready_fd;
	bool quiet, verbose;
};

extern const struct program explain_program;

enum options_result explain_options_parse(struct explain_options *options, int argc, char **argv);

#endif
