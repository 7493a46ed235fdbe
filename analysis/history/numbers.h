/* The numbers of a JSON document by their key paths: "distribution.workers.0.share". */
#ifndef FAIRPORT_ANALYSIS_HISTORY_NUMBERS_H
#define FAIRPORT_ANALYSIS_HISTORY_NUMBERS_H

#include <stddef.h>

#include <jansson.h>

struct number {
	char *key;
	double value;
	const char *unit; /* a constant; NULL: none, or unknown */
};

struct numbers {
	struct number *list; /* in the order of the document */
	size_t count, room;
};

/*
 * Every number of DOCUMENT; true, false, null and texts are none. Free with numbers_free(), also
 * after an error. 0 or -ENOMEM.
 */
int numbers_of(struct numbers *out, const json_t *document);

void numbers_free(struct numbers *numbers);

/* What the value of KEY, one of summary.json, is counted in: "ns", "packets/s"; NULL as above. */
const char *numbers_unit(const char *key);

#endif
