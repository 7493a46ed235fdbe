/*
 * What each worker got over time. However long a run was, there are no more points than a plot
 * has pixels: when they are all used, two neighbours become one, and again later. Sums stay exact.
 */
#ifndef FAIRPORT_ANALYSIS_TIMELINE_H
#define FAIRPORT_ANALYSIS_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_POINTS 2000
#define TIMELINE_CELLS  (1024 * 1024)         /* points times workers, about */
#define TIMELINE_WIDEST (TIMELINE_CELLS / 64) /* workers */
#define TIMELINE_STARTS 1024

struct timeline_cell {
	uint64_t packets, connections, drops;
};

struct timeline_point {
	uint64_t start, end; /* ns since the program's start */
	uint64_t time;       /* ns that its records cover; less than from START to END with gaps */
	size_t records;
	uint64_t front_drops;
};

/* A process that began to work, later than the first ones. */
struct timeline_start {
	uint64_t at; /* end of the interval that first tells of it */
	uint64_t index, generation, pid;
};

struct timeline {
	struct timeline_point *points;
	struct timeline_cell *cells; /* WIDTH for each point */
	size_t count, width, merge;  /* MERGE: so many records become one point */
	struct timeline_start *starts;
	size_t start_count, starts_untold; /* UNTOLD: of more than TIMELINE_STARTS */
};

/*
 * Counts a record of LENGTH ns in, that ended at END: returns its point, in which there is room
 * for so many WORKERS. NULL: out of memory, or more than TIMELINE_WIDEST.
 */
struct timeline_point *timeline_extend(struct timeline *timeline, uint64_t end, uint64_t length,
				       size_t workers);

/* What a worker (< width) did in a point (< count). */
struct timeline_cell *timeline_cell(const struct timeline *timeline, size_t point, size_t worker);

/* False: out of memory. */
bool timeline_note_start(struct timeline *timeline, const struct timeline_start *start);

/*
 * Puts the columns into another order: column i becomes what COLUMNS[i] was. False: out of memory.
 */
bool timeline_reorder(struct timeline *timeline, const size_t *columns, size_t count);

void timeline_free(struct timeline *timeline);

#endif
