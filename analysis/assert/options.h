/* The command line of fairport-assert. */
#ifndef FAIRPORT_ANALYSIS_ASSERT_OPTIONS_H
#define FAIRPORT_ANALYSIS_ASSERT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/observe/observe.h"

struct claim;

struct flake_budget {
	const char *text;
	double value;
};

struct assert_options {
	const char *directory; /* of a run; NULL where ports are watched */
	struct observe_options watch;
	uint64_t tolerance; /* per cent that the busiest may be above the mean */
	struct flake_budget budget;
	bool tap;
	const char *junit, *json, *run;
	bool quiet, verbose;
	struct claim *claims; /* of assert_options_free() */
	size_t claim_count;
};

extern const struct program assert_program;

enum options_result assert_options_parse(struct assert_options *options, int argc, char **argv);
void assert_options_free(struct assert_options *options);

/* Whether the text for people has standard output for itself. */
bool assert_options_text(const struct assert_options *options);

#endif
