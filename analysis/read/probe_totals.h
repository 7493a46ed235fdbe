/* The last records of probe.ndjson: what processes took, what came to sockets, and which flows. */
#ifndef FAIRPORT_ANALYSIS_PROBE_TOTALS_H
#define FAIRPORT_ANALYSIS_PROBE_TOTALS_H

#include <jansson.h>

#include "analysis/read/key_index.h"

struct observed;
struct run;
struct tally;

struct probe_totals {
	struct observed *observed;
	struct tally *tally;
	struct key_index workers, flows; /* those that were told: each is told once */
};

/* Each returns NULL, or what is wrong with RECORD, in a text that stays until the next call. */
const char *probe_take_worker(struct probe_totals *totals, const json_t *record);
const char *probe_take_socket(struct probe_totals *totals, const json_t *record);
const char *probe_take_flow(struct probe_totals *totals, const json_t *record);

/* Once all are read: puts them in order, and says where they contradict the probe's summary. */
void probe_totals_finish(struct probe_totals *totals, struct run *run);

#endif
