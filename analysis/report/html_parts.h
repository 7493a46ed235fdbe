/* What the parts of report.html are made of. */
#ifndef FAIRPORT_ANALYSIS_REPORT_HTML_PARTS_H
#define FAIRPORT_ANALYSIS_REPORT_HTML_PARTS_H

#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "analysis/report/plots.h"

struct report;

/* Writes formatted text, escaped. */
void html_text(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* How a number of summary.json is shown. */
enum html_form {
	HTML_COUNT,    /* 1,234 */
	HTML_PERCENT,  /* of a share: 25.1 % */
	HTML_FIGURE,   /* four digits */
	HTML_DURATION, /* of nanoseconds: 1.2 ms */
	HTML_RATE,     /* 1,234/s */
	HTML_WORD,     /* text, true and false as yes and no */
};

/*
 * The value of KEY in the summary as <data>, which has the key and the exact value beside what is
 * shown; "?" where it is null, and then the value is empty.
 */
void html_value(FILE *out, const struct report *report, enum html_form form, const char *key, ...)
	__attribute__((format(printf, 4, 5)));

/* TEXT, which stands for the value of KEY in JSON, likewise. */
void html_data(FILE *out, const json_t *json, const char *text, const char *key, ...)
	__attribute__((format(printf, 4, 5)));

/* A table from COLUMNS, "worker|pid|packets" ("#" before one: numbers), to its end. */
void html_table_open(FILE *out, const char *caption, const char *columns);
void html_table_close(FILE *out);
/* <tr><th>NAME</th><td> ... </td></tr> of a value. */
void html_row(FILE *out, const struct report *report, const char *name, enum html_form form,
	      const char *key);

/* A part of a document under its heading, which others can refer to by NAME. */
void html_section_open(FILE *out, const char *name, const char *heading);
void html_section_close(FILE *out);

/* The numbers of a picture. */
void html_plot_table(FILE *out, const struct report *report, enum plot plot);

/* The pictures that the run has data for, each with its numbers; those are also without gnuplot. */
void html_figures(FILE *out, const struct report *report);

/* The figures of the shares with their intervals; the skew beside what a hash does. */
void html_shares_table(FILE *out, const struct report *report);
void html_skew_table(FILE *out, const struct report *report);

/* Ledgers, rates, counters, and where the run was. */
void html_accounts(FILE *out, const struct report *report);
void html_environment(FILE *out, const struct report *report);

/*
 * A drawing in the file PATH as part of a document: without what is for files, its names made
 * unique by PREFIX. LABEL says what it shows. Returns 0 or -errno.
 */
int html_svg(FILE *out, const char *path, const char *prefix, const char *label);

#endif
