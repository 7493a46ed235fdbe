/* What --openmetrics shows: names and meanings in docs/openmetrics.md. */
#ifndef FAIRPORT_PROBE_METRICS_H
#define FAIRPORT_PROBE_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct openmetrics_text;
struct source;
struct view;

struct metrics {
	struct source *source;
	uint64_t *taken; /* of each member in the last interval */
	size_t members;  /* as many as these; 0: no interval has passed */
};

void metrics_start(struct metrics *metrics, struct source *source);

/* An interval has passed, with what VIEW says. */
void metrics_interval(struct metrics *metrics, const struct view *view);

/* Reads the counts and writes them; CONTEXT is the struct metrics. 0 or -errno. */
int metrics_write(void *context, struct openmetrics_text *text);

void metrics_end(struct metrics *metrics);

#endif
