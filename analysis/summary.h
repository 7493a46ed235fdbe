/* summary.json: what scripts rely on; docs/output-format.md defines every key. */
#ifndef FAIRPORT_ANALYSIS_SUMMARY_H
#define FAIRPORT_ANALYSIS_SUMMARY_H

#include <jansson.h>

/* Enough to read back what a double holds of a count or a share, without 0.30000000000000004. */
#define SUMMARY_DIGITS 12

struct analysis;
struct run;

/* All of summary.json but the expectations. Free with json_decref(). NULL: out of memory. */
json_t *summary_build(const struct run *run, const struct analysis *analysis);

/*
 * The value that a dotted key leads to ("distribution.workers.0.share"), owned by SUMMARY; NULL
 * where there is no such key. A key whose value is unknown leads to a JSON null.
 */
json_t *summary_find(const json_t *summary, const char *key);

/* Writes DIRECTORY/summary.json whole or not at all. 0 or -errno. */
int summary_write(const json_t *summary, const char *directory);

#endif
