/* Runs of the store by version, place or label: how throughput and skew went on. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_HISTORY_H
#define FAIRPORT_ANALYSIS_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/history/grouping.h"
#include "analysis/history/keys.h"
#include "analysis/stats/chance.h"

struct history_options {
	const char *conninfo;
	const char *scenario;  /* NULL: each on its own */
	const char *keys;      /* "KEY,KEY,..."; NULL: throughput and skew */
	const char *directory; /* where pictures go; NULL: none */
	struct grouping by;    /* GROUPING_NAME is by version; never GROUPING_SCENARIO */
};

/* Repeats of one key. Bounds and quartiles are NAN without values. */
struct history_group {
	char *name;      /* "0.1.0 1a2b3c4" */
	char *elsewhere; /* host and kernel of the first: what the name does not say */
	double *values;  /* in the order of time */
	size_t count;
	double least, low_quartile, median, high_quartile, most;
	struct bounds interval; /* of the median: see median_interval() */
};

/* One key of one scenario. */
struct history_series {
	char *scenario; /* "" where it is unknown */
	const struct key *key;
	struct history_group *groups; /* in the order in which they were first measured */
	size_t count;
	bool mixed; /* hosts or kernels differ within a group */
};

struct history {
	struct keys keys;
	struct history_series *series;
	size_t count;
	size_t runs; /* in the store, of the scenario that was asked for */
};

/* False after an error message: no server, no history, a key that no run has. */
bool history_load(struct history *history, const struct history_options *options);

void history_free(struct history *history);

/* Tables of at most 80 columns. */
void history_text(const struct history *history, const struct history_options *options);

/*
 * Makes DIRECTORY, and there history-SCENARIO-KEY.dat, .svg and .png of each series. False after a
 * warning: not all of them could be. Without gnuplot, the data alone.
 */
bool history_draw(const struct history *history, const struct history_options *options);

/* What groups are called by, in a table's head and in titles: "version". */
const char *history_by(const struct history_options *options);

/* All of it: what --history does. An exit status. */
int history_show(const struct history_options *options);

#endif
