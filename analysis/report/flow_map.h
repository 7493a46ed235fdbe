/* Which flow came to which worker, as the probe saw it. */
#ifndef FAIRPORT_ANALYSIS_REPORT_FLOW_MAP_H
#define FAIRPORT_ANALYSIS_REPORT_FLOW_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

#define FLOW_MAP_SHOWN 20 /* of more flows, the others of a worker are one row */

struct flow_row {
	char label[80]; /* address and port, or "12 other flows" */
	size_t worker;
	uint64_t packets;
	uint64_t flows; /* 1, or how many others these are */
	bool moved;     /* a flow that came to other workers, too */
};

struct flow_map {
	struct flow_row *rows; /* by worker, heaviest first, others last */
	size_t count;
	uint64_t packets;
	uint64_t flows, moved; /* all of them, and those that came to several workers */
};

/* Returns 0, -ENODATA where nobody saw flows at the workers' sockets, or -ENOMEM. */
int flow_map_make(struct flow_map *out, const struct run *run);

void flow_map_free(struct flow_map *map);

#endif
