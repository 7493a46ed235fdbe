/* Parts of summary.json, and what stands for what is unknown: null. */
#ifndef FAIRPORT_ANALYSIS_SUMMARY_PARTS_H
#define FAIRPORT_ANALYSIS_SUMMARY_PARTS_H

#include <jansson.h>

struct analysis;
struct causes;
struct run;

json_t *summary_text(const char *text);    /* NULL: unknown */
json_t *summary_number(double value);      /* NAN: unknown */
json_t *summary_count(double value);       /* a whole number; NAN: unknown */
json_t *summary_copy(const json_t *value); /* NULL: unknown */

/* "distribution.causes". */
json_t *summary_causes(const struct causes *causes);

/* "distribution": who got what. */
json_t *summary_distribution(const struct run *run, const struct analysis *analysis);

/* "receiver": what it was, and what happened to its processes. */
json_t *summary_receiver(const struct run *run);

#endif
