/* The latencies that a run has, each as percentiles. */
#ifndef FAIRPORT_ANALYSIS_REPORT_LATENCY_H
#define FAIRPORT_ANALYSIS_REPORT_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

#define LATENCY_SERIES 3

enum percentile { P50, P90, P99, P999, P_MAX, PERCENTILES };

extern const char *const percentile_names[PERCENTILES];

struct latency {
	const char *name; /* "time stamp to reception" */
	const char *key;  /* in summary.json; NULL: it is not there */
	uint64_t count;   /* of what was measured */
	uint64_t ns[PERCENTILES];
	bool known[PERCENTILES];
};

/* Returns how many of OUT were filled; 0: nothing was measured. */
size_t latency_find(struct latency out[static LATENCY_SERIES], const struct run *run);

#endif
