/* Run directories into a comparison: what 'fairport-report DIR DIR...' does. */
#ifndef FAIRPORT_ANALYSIS_COMPARE_COMPARE_RUNS_H
#define FAIRPORT_ANALYSIS_COMPARE_COMPARE_RUNS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/history/grouping.h"

struct compared;

struct compare_options {
	const char *const *directories; /* of runs, or directories that hold such */
	size_t count;
	const char *against; /* likewise: these are A, whatever their names; NULL: none */
	const char *keys;    /* "KEY,KEY,..."; NULL: those of interest */
	struct grouping by;  /* GROUPING_NAME: see label.h */
	double tolerance;    /* of "even": 0.1 for 10 % */
	bool no_plots;
	/* Directory for comparison.json, pictures and documents; NULL: only what is named. */
	const char *out;
	const char *html, *markdown; /* NULL: into OUT; "-": standard output, "none": nowhere */
};

/* Whether these ask for a comparison: more than one run. */
bool compare_wanted(const struct compare_options *options);

/*
 * Reads and compares the runs. False after an error message. *INCOMPLETE: some run could not be
 * read, was interrupted or contradicts itself; it was named, and is left out.
 */
bool compare_load(struct compared *compared, const struct compare_options *options,
		  bool *incomplete);

#endif
