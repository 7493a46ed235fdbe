/* Pictures of a run, drawn by gnuplot from templates that are shipped with the programs. */
#ifndef FAIRPORT_ANALYSIS_PLOTS_H
#define FAIRPORT_ANALYSIS_PLOTS_H

struct analysis;
struct run;

enum plots_result {
	PLOTS_DRAWN,
	PLOTS_NO_GNUPLOT, /* a note was printed */
	PLOTS_FAILED,     /* a warning was printed; some pictures may be there */
};

/* Writes DIR/plots/NAME.dat, .svg and .png for each template. */
enum plots_result plots_draw(const struct run *run, const struct analysis *analysis);

#endif
