/* The command line of fairport-doctor. */
#ifndef FAIRPORT_DOCTOR_OPTIONS_H
#define FAIRPORT_DOCTOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"

/* Which checks: bit i is row i of the table. */
struct selection {
	const char *text; /* NULL: all */
	uint64_t rows;
};

struct doctor_options {
	struct selection only;
	const char *json; /* NULL: no records */
	const char *run;  /* NULL: the caller names the run */
	bool list;        /* print the names, check nothing */
	bool quiet, verbose;
};

extern const struct program doctor_program;

/* Reads ARGV and checks it; says what is wrong by itself. */
enum options_result doctor_options_parse(struct doctor_options *options, int argc, char **argv);

#endif
