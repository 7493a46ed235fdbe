/* What the parts of one run share. */
#ifndef FAIRPORT_LAB_RUN_H
#define FAIRPORT_LAB_RUN_H

#include <limits.h>

#include "lab/manifest.h"

struct interrupt;
struct run_options;
struct scenario;

struct run {
	const struct run_options *options;
	const struct scenario *scenario;
	const char *directory; /* of the results */
	char logs[PATH_MAX];   /* what the programs print goes here */
	struct interrupt *interrupt;
	struct manifest manifest;
};

#endif
