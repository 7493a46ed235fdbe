/* One picture by a template of share/fairport/plots. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_PICTURE_H
#define FAIRPORT_ANALYSIS_HISTORY_PICTURE_H

enum picture_result {
	PICTURE_DRAWN,
	PICTURE_NO_GNUPLOT, /* nothing was said */
	PICTURE_FAILED,     /* a warning was printed */
};

/* Runs TEMPLATE ("history.gp") with ARGUMENTS, ended by NULL: at most 9, its ARG1, ARG2, ... */
enum picture_result picture_draw(const char *template, const char *const arguments[]);

#endif
