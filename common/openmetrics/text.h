/*
 * Builds a text exposition of metrics, in memory: OpenMetrics 1.0, or the older text format of
 * Prometheus (0.0.4), which has other names and types for some families and no end.
 *
 * A family is opened, and what follows are its samples, so that they stand together. Mistakes of
 * the caller (a bad name, a family that was there before, a counter that is no number) and lack of
 * memory are remembered, and told by openmetrics_end().
 */
#ifndef FAIRPORT_OPENMETRICS_TEXT_H
#define FAIRPORT_OPENMETRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPENMETRICS_FAMILIES 128 /* that a text may have */

enum openmetrics_type {
	OPENMETRICS_COUNTER, /* its samples have the name and "_total" */
	OPENMETRICS_GAUGE,
	OPENMETRICS_INFO, /* its samples have the name and "_info"; their value is 1 */
};

/* Lists of these end with one that has no name. */
struct openmetrics_label {
	const char *name;
	const char *value; /* any text; bytes that are not UTF-8 become U+FFFD */
};

/* All 0 is an empty text of OpenMetrics. */
struct openmetrics_text {
	bool prometheus; /* to be set before anything is written: the older format */
	char *text;      /* not terminated; NULL: nothing yet */
	size_t length, room;
	int error; /* the first, as -errno */
	enum openmetrics_type type;
	const char *families[OPENMETRICS_FAMILIES]; /* the last one is open */
	size_t family_count;
};

/*
 * Begins a family. NAME, which is kept and not copied, has no "_total" or "_info". UNIT is
 * "bytes" or "seconds", with which NAME ends; NULL: none. HELP is a sentence.
 */
void openmetrics_family(struct openmetrics_text *text, enum openmetrics_type type, const char *name,
			const char *unit, const char *help);

/* A sample of the open family. LABELS NULL: none. A double may be NaN or infinite in a gauge. */
void openmetrics_uint(struct openmetrics_text *text, const struct openmetrics_label *labels,
		      uint64_t value);
void openmetrics_double(struct openmetrics_text *text, const struct openmetrics_label *labels,
			double value);

/* Ends the text. 0, or the first error as -errno: the text is of no use then. */
int openmetrics_end(struct openmetrics_text *text);

/* Frees what it holds, and makes it empty. */
void openmetrics_free(struct openmetrics_text *text);

#endif
