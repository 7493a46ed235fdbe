/* The command line of fairport-groups. */
#ifndef FAIRPORT_GROUPS_OPTIONS_H
#define FAIRPORT_GROUPS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"
#include "probes/sockets/ports.h"

struct groups_options {
	struct ports ports; /* text NULL: none given */
	const char *netns;  /* NULL: the one it is started in */
	bool all_netns;
	bool udp, tcp; /* what is shown; one of them at least */
	bool all;      /* also sockets in no group */
	bool every;    /* every member of large groups */
	bool check;    /* a mark is a failed expectation */
	uint64_t look; /* ns */
	const char *json;
	const char *run;
	bool quiet, verbose;
};

extern const struct program groups_program;

/* Reads ARGV and checks it; says what is wrong by itself. */
enum options_result groups_options_parse(struct groups_options *options, int argc, char **argv);

#endif
