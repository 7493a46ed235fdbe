/* The directory of what is seen. */
#ifndef FAIRPORT_ANALYSIS_OBSERVE_DIRECTORY_H
#define FAIRPORT_ANALYSIS_OBSERVE_DIRECTORY_H

#include <stdbool.h>

struct observation;

/* What stands in it. */
#define PROBE_RECORDS  "probe.ndjson"
#define GROUPS_RECORDS "groups.ndjson"
#define PROBE_LOG      "probe.log"
#define GROUPS_LOG     "groups.log"

/*
 * Makes KEEP, or a temporary one where that is NULL, or says why it cannot be: one that has a run
 * already is refused.
 */
bool directory_make(struct observation *out, const char *keep);

#endif
