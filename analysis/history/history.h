/* Runs of the store by version, or by where they ran: how throughput and skew went on. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_HISTORY_H
#define FAIRPORT_ANALYSIS_HISTORY_HISTORY_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/history/keys.h"
#include "analysis/stats/chance.h"

/* What repeats have in common. */
enum history_by {
	HISTORY_BY_VERSION, /* with the commit, where it is known */
	HISTORY_BY_HOST,
	HISTORY_BY_KERNEL,
};

extern const char *const history_by_names[]; /* for an option's choices */

struct history_options {
	const char *conninfo;
	const char *scenario;  /* NULL: each on its own */
	const char *keys;      /* "KEY,KEY,..."; NULL: throughput and skew */
	const char *directory; /* where pictures go; NULL: none */
	size_t by;             /* enum history_by */
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
 * Writes DIRECTORY/history-SCENARIO-KEY.dat, .svg and .png of each series. False after a warning:
 * not all of them could be. Without gnuplot, the data alone.
 */
bool history_draw(const struct history *history, const struct history_options *options);

/* All of it: what --history does. An exit status. */
int history_show(const struct history_options *options);

#endif
