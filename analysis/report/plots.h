/* Pictures of a run, drawn by gnuplot from templates that are shipped with the programs. */
#ifndef FAIRPORT_ANALYSIS_REPORT_PLOTS_H
#define FAIRPORT_ANALYSIS_REPORT_PLOTS_H

#include <stdbool.h>

#include "analysis/report/plot_data.h"

struct analysis;
struct run;

enum plots_result {
	PLOTS_DRAWN,
	PLOTS_NO_GNUPLOT, /* a note was printed */
	PLOTS_FAILED,     /* a warning was printed; some pictures may be there */
	PLOTS_NOT_WANTED, /* only the data was looked for */
};

enum plot {
	PLOT_WORKERS,
	PLOT_TIME,
	PLOT_FLOWS,
	PLOT_LORENZ,
	PLOT_SKEW,
	PLOT_LATENCY,
	PLOT_LOSSES,
	PLOTS
};

struct plot_form {
	const char *name;    /* of the template, and of the files that are made of it */
	const char *title;   /* in a report */
	const char *reading; /* how to read it, in a sentence or two */
	plot_data *data;
};

extern const struct plot_form plot_forms[PLOTS];

struct plots {
	enum plots_result result;
	bool has_data[PLOTS];
};

enum plots_for {
	PLOTS_DATA_ONLY, /* nothing is written */
	PLOTS_FILES,     /* NAME.dat, NAME.svg, NAME.png */
	PLOTS_WITH_PAGE, /* also NAME-wide.svg and NAME-narrow.svg */
};

/*
 * Writes into DIR/plots what the run has data for. What an earlier report left and no longer holds
 * is removed.
 */
void plots_draw(struct plots *out, const struct run *run, const struct analysis *analysis,
		enum plots_for what);

/* Removes what was drawn for a page. */
void plots_tidy(const struct run *run);

#endif
