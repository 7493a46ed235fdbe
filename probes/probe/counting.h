/* From the first count to the last word of the report. */
#ifndef FAIRPORT_PROBE_COUNTING_H
#define FAIRPORT_PROBE_COUNTING_H

#include <stdbool.h>

#include "common/ndjson.h"
#include "probes/probe/metrics.h"
#include "probes/probe/source.h"

struct openmetrics;
struct probe_options;

struct counting {
	const struct probe_options *options;
	struct source source;
	struct metrics metrics;
	struct ndjson records;
	bool text;       /* results go to standard output as text */
	bool unbalanced; /* once arrivals were not what became of them */
	int error;
};

/*
 * Counts until the end and reports, serving SERVER (or NULL) meanwhile. All but UNBALANCED and
 * ERROR is set up before. Returns an exit status.
 */
int counting_run(struct counting *counting, struct openmetrics *server, int signal_fd);

#endif
