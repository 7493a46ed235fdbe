/* The columns that every row of a table has: one row of the table in layout.c per --layout. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_LAYOUT_H
#define FAIRPORT_RECEIVER_POSTGRES_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/sinks/postgres/types.h"

struct lp_point;
struct pg_rows;
struct pg_shape;

/* A column that every row has, in front of all others. */
struct pg_fixed {
	const char *name;
	enum pg_type type;
	bool not_null;
	enum { PG_ALWAYS, PG_WITH_NS, PG_WITH_PROVENANCE } need;
	/* Constant phrases: why no tag or field may have the name, and no column another type. */
	const char *taken, *mistyped;
};

struct pg_layout {
	const char *name, *suffix;    /* the latter of the ids of its writers, and so of spools */
	const char *time;             /* name of the column of the time stamp */
	bool columns_by_key;          /* beside the fixed ones, a column for each tag and field */
	const struct pg_fixed *fixed; /* up to one without a name */
};

extern const char *const pg_layout_names[];
const struct pg_layout *pg_layout_by_index(size_t index);

/* The next fixed column that SHAPE has, behind FIXED, or the first behind NULL; NULL: no more. */
const struct pg_fixed *pg_layout_next(const struct pg_shape *shape, const struct pg_fixed *fixed);

/* What a point comes with. */
struct pg_when {
	int64_t time;     /* of the row, ns since 1970 */
	uint64_t stamp;   /* the line's own, for its latency; 0: it has none */
	int64_t received; /* ns since 1970 */
	uint64_t now;     /* clock_now() time */
};

/* Writes the cells of the fixed columns. False: out of memory. */
bool pg_layout_write(struct pg_rows *rows, const struct pg_shape *shape,
		     const struct lp_point *point, const struct pg_when *when);

#endif
