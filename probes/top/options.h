/* The command line of fairport-top. */
#ifndef FAIRPORT_TOP_OPTIONS_H
#define FAIRPORT_TOP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "probes/sockets/ports.h"

#define TOP_LEAST_INTERVAL 100000000ull /* ns */

struct top_options {
	struct ports ports; /* empty: every group of two and more */
	const char *netns;  /* NULL: where it was started */
	uint64_t interval;  /* ns */
	uint64_t duration;  /* ns; 0: until it is told to end */
	size_t sort;        /* enum sort_key */
	bool no_arrivals, no_flows;
	bool wait;
	bool lines;   /* also on a terminal */
	int ready_fd; /* -1: none */
	bool quiet, verbose;
};

extern const struct program top_program;

/*
 * Reads ARGV and checks it; says what is wrong by itself. *PORTS_TEXT is what options->ports.text
 * points to, the caller's to free in any case.
 */
enum options_result top_options_parse(struct top_options *options, int argc, char **argv,
				      char **ports_text);

#endif
