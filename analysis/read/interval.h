/*
 * What a receiver did since the interval record before: the only records that a long run has many
 * of, so they can be read in two ways, as stream.h has it, and both find the same.
 */
#ifndef FAIRPORT_ANALYSIS_INTERVAL_H
#define FAIRPORT_ANALYSIS_INTERVAL_H

#include <stdint.h>

#include <jansson.h>

#include "analysis/read/flat.h"

struct interval {
	uint64_t elapsed, length; /* ns: when it ended since the program's start; how long it was */
	struct flat_items workers, fronts; /* of struct life: who, and what it did meanwhile */
};

/* How intervals look to flat_read(). It is built at run time, as the counters are a table. */
struct interval_form {
	struct flat_field record[4], worker[FLAT_FIELDS], front[FLAT_FIELDS];
	struct flat_list lists[3];
	struct flat_form form;
};

void interval_form(struct interval_form *out);

/*
 * What is wrong with what flat_read() found, NULL if nothing; puts in order what the two ways note
 * in different ways.
 */
const char *interval_check(struct interval *interval);

/* Returns NULL, or what is wrong with RECORD, in a text that stays until the next call. */
const char *interval_read(struct interval *out, const json_t *record);

void interval_free(struct interval *interval);

#endif
