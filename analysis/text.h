/* The report for a terminal: at most 80 columns, the finding first. */
#ifndef FAIRPORT_ANALYSIS_TEXT_H
#define FAIRPORT_ANALYSIS_TEXT_H

#include <stdbool.h>

struct analysis;
struct expect_result;
struct run;

#define TEXT_COLUMNS 80
#define TEXT_LABEL   11 /* columns of what stands left of a paragraph */

/* Title, host, and the packets of each worker. */
void text_workers(const struct run *run, const struct analysis *analysis);

/* Both ledgers side by side, what the counters say, and the rates. */
void text_accounts(const struct run *run, const struct analysis *analysis);

/* Verdict, causes, and what is missing. */
void text_verdict(const struct run *run, const struct analysis *analysis);

/* What the expectations came to; where the files are, of which FILES is a list. */
void text_outcome(const struct run *run, const struct expect_result *result, const char *files);

/*
 * LABEL, then the text wrapped at TEXT_COLUMNS and indented by TEXT_LABEL. Control characters
 * become '?': names in the text came from files.
 */
void text_paragraph(const char *label, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
