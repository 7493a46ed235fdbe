/* What a packet costs the receiver: time on a CPU, as its worker and front records tell it. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_COST_H
#define FAIRPORT_ANALYSIS_HISTORY_COST_H

#include <jansson.h>

/*
 * Adds "cpu_ns" and "cpu_ns_per_packet" to "receiver" of SUMMARY: of all processes of the receiver
 * of DIRECTORY, and by the packets (with TCP: the connections) that the workers got. Null where not
 * every record tells. 0 or -errno.
 */
int cost_add(json_t *summary, const char *directory);

#endif
