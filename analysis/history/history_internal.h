/* Between the parts of the history. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_HISTORY_INTERNAL_H
#define FAIRPORT_ANALYSIS_HISTORY_HISTORY_INTERNAL_H

#include <stdbool.h>

struct history;
struct key;

/* One number of one run, as it comes from the server. */
struct history_row {
	const char *scenario, *group, *key;
	const char *elsewhere; /* what else tells runs of a group apart */
	double value;
};

/*
 * Rows come in order: those of a series, and in it of a group, one after the other. False: out of
 * memory.
 */
bool history_add(struct history *history, const struct history_row *row);

/* Makes the figures of all groups, once all rows are in. False: out of memory. */
bool history_figures(struct history *history);

#endif
