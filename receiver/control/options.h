/* The command line of fairport-control. */
#ifndef FAIRPORT_CONTROL_OPTIONS_H
#define FAIRPORT_CONTROL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/options.h"

struct control_options {
	const char *socket;
	const char *command, *argument; /* NULL: none */
	uint64_t timeout;               /* ns */
	bool json;
};

/* Reads ARGV and checks it; says what is wrong by itself. */
enum options_result control_options_parse(struct control_options *options, int argc, char **argv);

#endif
