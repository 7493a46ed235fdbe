/*
 * Lines made from a schema. The series (combinations of tag values) take turns in an order that
 * mixes the measurements; each series remembers its walks and counters.
 */
#ifndef FAIRPORT_FAKER_LINES_DATASET_H
#define FAIRPORT_FAKER_LINES_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dataset;
struct schema;

enum timestamps { TIMESTAMPS_NOW, TIMESTAMPS_STEP, TIMESTAMPS_NONE };

/* The time of the first line with TIMESTAMPS_STEP, in ns: 2025-01-01T00:00:00Z. */
#define DATASET_STEP_START 1735689600000000000

struct dataset_options {
	const struct schema *schema;
	uint64_t series; /* different series of all threads; 0: all that the schema has, and no
			    more than these if it does not grow */
	uint64_t seed;
	uint64_t sender;          /* with SEQUENCE: thread t is sender SENDER + t */
	uint64_t step;            /* ns between the lines of all threads, TIMESTAMPS_STEP */
	uint64_t unit;            /* ns per unit of a time stamp: 1, 10^3, 10^6, 10^9 */
	uint32_t thread, threads; /* this one of so many that share the series */
	double invalid;           /* the share of lines that are wrong, 0 to 1 */
	enum timestamps timestamps;
	bool sequence; /* integer fields "sender" and "sequence" (from 0, by line) at the end */
};

/*
 * Thread t has every THREADS-th series from t on, or series t % SERIES where there are fewer than
 * threads. The same options give the same lines, except for TIMESTAMPS_NOW. NULL when out of
 * memory. The schema must outlive it.
 */
struct dataset *dataset_open(const struct dataset_options *options);
void dataset_close(struct dataset *dataset);

/*
 * Bytes of the longest line that these options can make, line feed included, the same for all
 * threads. 0 when out of memory.
 */
size_t dataset_line_max(const struct dataset_options *options);

/* dataset_line() may write so much behind the end of the line. */
#define DATASET_SLACK 64

/*
 * Writes the next line with its line feed at BUFFER, which has room for dataset_line_max() +
 * DATASET_SLACK bytes. NOW is the present in ns since 1970, for TIMESTAMPS_NOW. Steps
 * that go beyond 2^63 ns (the year 2262) begin anew. *INVALID tells whether the line was made wrong
 * on purpose. Returns its length.
 */
size_t dataset_line(struct dataset *dataset, int64_t now, char *buffer, bool *invalid);

#endif
