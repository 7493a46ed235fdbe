/* Records (docs/output-format.md) and text of fairport-doctor. */
#ifndef FAIRPORT_DOCTOR_REPORT_H
#define FAIRPORT_DOCTOR_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/doctor/check.h"

struct doctor_options;
struct ndjson;

struct tally {
	size_t by_level[LEVELS];
	size_t left_out; /* not begun, as a signal came first */
};

void record_header(struct ndjson *out, const struct doctor_options *options,
		   const struct host *host, int argc, char **argv);
void record_finding(struct ndjson *out, size_t index, const struct finding *finding);
void record_tally(struct ndjson *out, const struct host *host, const struct tally *tally);

/* No line is wider than 80 columns. */
void print_names(void);

/* *FAMILY is the heading that was printed last, NULL at first. */
void print_finding(size_t index, const struct finding *finding, const char **family);
void print_tally(const struct tally *tally);

#endif
