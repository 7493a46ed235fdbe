/* The command line of fairport-fake. */
#ifndef FAIRPORT_FAKER_OPTIONS_H
#define FAIRPORT_FAKER_OPTIONS_H

#include "common/options.h"

struct fake_options {
	const char *target; /* HOST:PORT as given */
	const char *source_addr;
	const char *json, *run;
	size_t source;     /* index into source_names */
	uint64_t count;    /* packets; 0: no limit */
	uint64_t duration; /* ns; 0: no limit */
	uint64_t rate;     /* packets per second; 0: as fast as possible */
	uint64_t lines;    /* per packet */
	uint64_t seed;
	uint64_t interval; /* ns */
	bool allow_public, quiet, verbose;
};

extern const struct program fake_program;

/* Reads the command line and checks what concerns more than one option. */
enum options_result fake_options_parse(struct fake_options *options, int argc, char **argv);

#endif
