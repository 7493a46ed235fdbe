/* The report for a terminal: at most 80 columns, the finding first. */
#ifndef FAIRPORT_ANALYSIS_TEXT_H
#define FAIRPORT_ANALYSIS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct analysis;
struct causes;
struct expect_result;
struct run;

#define TEXT_LABEL 11 /* columns of what stands left of a paragraph */
#define TEXT_CODE  4  /* columns left of code */

/* Title, host, and the packets of each worker. */
void text_workers(const struct run *run, const struct analysis *analysis);

/* Both ledgers side by side, what the counters say, and the rates. */
void text_accounts(const struct run *run, const struct analysis *analysis);

/* How uneven that is, in every figure, with its 95 % interval or why there is none. */
void text_figures(const struct analysis *analysis);

/* The cause at this place, its remedy, and that as commands or code, where no cause before has
 * them. */
void text_cause(const struct causes *causes, size_t place);

/* Verdict, causes, and what is missing. */
void text_verdict(const struct run *run, const struct analysis *analysis);

/* What the expectations came to; where the files are, of which FILES is a list. */
void text_outcome(const struct run *run, const struct expect_result *result, const char *files);

#endif
