/*
 * The figures of a run's distribution and how sure they are: what they would be in the long run,
 * had ever more such flows come (stats/certainty.h). There is an interval only where chance
 * decided, that is where the kernel's hash gave known flows to workers.
 */
#ifndef FAIRPORT_ANALYSIS_CONFIDENCE_H
#define FAIRPORT_ANALYSIS_CONFIDENCE_H

#include <stdbool.h>

#include "analysis/stats/certainty.h"
#include "analysis/stats/figures.h"

struct analysis;
struct run;

/* What flows are assigned anew. */
enum confidence_basis {
	CONFIDENCE_NONE,
	CONFIDENCE_FLOWS, /* each as it was seen at its worker */
	CONFIDENCE_COUNT, /* as many equal ones as the effective flows */
};

extern const char *const confidence_basis_names[]; /* NULL, "flows", "count" */

struct confidence {
	struct figures figures;
	struct certainty certainty;
	enum confidence_basis basis;
	char why_not[192]; /* there are no intervals, in words; else "" */
};

/*
 * Looks at an analysis whose chooser, flows and distribution are complete. Returns 0 or -ENOMEM.
 */
int confidence_find(struct confidence *out, const struct analysis *analysis, const struct run *run);

/* For people: "largest / mean". */
extern const char *const figure_titles[FIGURES];

/* Shares are told in per cent. */
bool figure_is_share(enum figure figure);

#define FIGURE_TEXT 24

/* VALUE as that figure is told: "25.09%", "0.0022", "63.99"; "?" where it is unknown. */
const char *figure_text(char buffer[static FIGURE_TEXT], enum figure figure, double value);

#define FIGURE_INTERVAL 48

/* "25.00%-25.32%", or "" where it is unknown. */
const char *figure_interval(char buffer[static FIGURE_INTERVAL], enum figure figure,
			    const struct bounds *interval);

#endif
