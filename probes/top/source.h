/* Where the readings come from: the best that this process may have. */
#ifndef FAIRPORT_TOP_SOURCE_H
#define FAIRPORT_TOP_SOURCE_H

#include <stdbool.h>

#include "probes/top/reading.h"

struct source;
struct top_options;

/*
 * Counts from now on, at the highest tier that is asked for and allowed; says which. Returns NULL
 * after an error message, and in *STATUS what to leave with.
 */
struct source *source_open(const struct top_options *options, int *status);

enum tier source_tier(const struct source *source);
bool source_has_flows(const struct source *source);

/* 0, or -errno and in *STEP what failed ("list the sockets"); reading_free() in any case. */
int source_read(struct source *source, struct reading *out, const char **step);

/* How many events were not counted, for want of room or because the kernel left them out. */
uint64_t source_lost(struct source *source);

void source_close(struct source *source);

#endif
