/* The command line of fairport-probe. */
#ifndef FAIRPORT_PROBE_OPTIONS_H
#define FAIRPORT_PROBE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"

struct probe_options {
	uint64_t port;
	uint64_t interval; /* ns */
	uint64_t duration; /* ns; 0: until a signal */
	const char *json;  /* NULL: no records */
	const char *run;   /* NULL: the caller names the run */
	int ready_fd;      /* -1: none */
	bool quiet, verbose;
};

extern const struct program probe_program;

/* Reads ARGV and checks it; says what is wrong by itself. */
enum options_result probe_options_parse(struct probe_options *options, int argc, char **argv);

#endif
