/* The numbers of summary.json that runs are compared by. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_KEYS_H
#define FAIRPORT_ANALYSIS_HISTORY_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "analysis/stats/compare.h"

#define KEYS_MOST 32
#define KEY_NAME  24

struct key {
	const char *path;    /* "rates.received_pps" */
	char name[KEY_NAME]; /* for a table: "received/s" */
	const char *title;   /* for a picture: a phrase */
	const char *unit;    /* as numbers_unit() gives it */
	enum compare_meaning meaning;
};

struct keys {
	struct key list[KEYS_MOST];
	size_t count;
	char *text; /* of KEYS_PARSE, that the paths stand in */
};

/* What is of interest when nobody says: of a comparison, and of the history. */
void keys_compared(struct keys *out);
void keys_history(struct keys *out);

/*
 * "KEY,KEY,...". False after an error message: an empty one, one twice, more than KEYS_MOST. Free
 * with keys_free().
 */
bool keys_parse(struct keys *out, const char *text);

void keys_free(struct keys *keys);

#endif
