/* The command line of fairport-receive. */
#ifndef FAIRPORT_RECEIVER_OPTIONS_H
#define FAIRPORT_RECEIVER_OPTIONS_H

#include "common/options.h"

struct receive_options {
	const char *listen;   /* [ADDR:]PORT|SERVICE as given */
	const char *database; /* libpq conninfo */
	const char *json, *run;
	size_t sink; /* index into sink_names */
	uint64_t workers;
	uint64_t rcvbuf;             /* bytes asked for per socket */
	uint64_t flush;              /* ns a row may wait */
	uint64_t batch;              /* bytes of one COPY */
	uint64_t duration, interval; /* ns */
	int ready_fd;
	bool quiet, verbose;
};

extern const struct program receive_program;

/* Reads the command line and checks what concerns more than one option. */
enum options_result receive_options_parse(struct receive_options *options, int argc, char **argv);

#endif
