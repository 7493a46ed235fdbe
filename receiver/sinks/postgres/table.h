/*
 * One table: the columns that lines have named so far, what they are in the database, and how a
 * point becomes a row. Rows are made at once, before the database was asked: then the columns
 * are what the lines want. What it says is taken over by pg_table_inspected(), and parts that were
 * made before are fitted by pg_table_fit(). Knows rows and names, not connections.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_TABLE_H
#define FAIRPORT_RECEIVER_POSTGRES_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp.h"
#include "receiver/sinks/postgres/batch.h"
#include "receiver/sinks/postgres/layout.h"
#include "receiver/sinks/postgres/part.h"
#include "receiver/sinks/postgres/types.h"

/* PostgreSQL cuts names at 63 bytes, and tables at 1600 columns. */
#define PG_NAME_MAX    63
#define PG_COLUMNS_MAX 1600

/* --on-type-conflict: what becomes of a value that is not of its column's type. */
enum pg_conflict {
	PG_CONFLICT_REJECT,     /* its line is rejected */
	PG_CONFLICT_WIDEN,      /* the column is altered to the wider type */
	PG_CONFLICT_NEW_COLUMN, /* it goes into a column NAME_float, _int, _uint, _string, _bool,
				   _tag */
};

/* What all tables of a sink have in common. */
struct pg_shape {
	const struct pg_layout *layout;
	enum pg_conflict conflict;
	bool ns;                /* a column of nanoseconds beside that of the time */
	bool provenance;        /* columns _worker, _cookie and _received */
	uint32_t columns_max;   /* of a table; at most PG_COLUMNS_MAX */
	uint32_t columns_left;  /* of all tables together: counted down */
	int64_t worker, cookie; /* for provenance */
};

struct pg_column {
	char name[PG_NAME_MAX + 1];
	uint8_t length;
	uint8_t wanted; /* enum pg_type: of the rows that are made now; PG_MISSING, PG_OTHER: they
			   have no such column */
	uint8_t type;   /* in the database; PG_MISSING: not there, or not known yet */
	bool off;       /* could not be made: not in rows until it is asked for again */
	bool tag;       /* a tag named it first */
};

struct pg_table {
	char name[PG_NAME_MAX + 1];
	uint8_t name_length;
	struct pg_shape *shape;
	uint32_t epoch;              /* changes with the columns or their types */
	uint32_t fixed;              /* of the columns: those that every row has */
	uint32_t column_count, room; /* columns are only ever added */
	struct pg_column *columns;
	struct pg_part *part; /* where rows are added; belongs to a batch. NULL: none is open */

	/* What the database said: pg_class.oid (0: no such table) and pg_sql_version. */
	bool known;
	bool undecided; /* it never was there: the first part that is wanted decides on types */
	uint32_t oid;
	char version[24];
	/* Until then, clock_now() time, the database is not asked for what it could not make. */
	uint64_t refused_until;
	/* The next are kept by who sends the rows. */
	uint64_t barred_until; /* likewise, for rows that it did not let in */
	uint32_t asked;        /* number of the last inspection that it was in */
	uint8_t made;          /* times that what it lacks was made, as the database says */
};

/* Why a point cannot become a row. */
enum pg_row_result {
	PG_ROW_ADDED,
	PG_ROW_CONFLICT, /* a value does not fit its column's type, or two claim one column */
	PG_ROW_LIMIT,    /* a name is too long or kept, or there are too many columns */
	PG_ROW_ENCODING, /* a text holds a NUL byte */
	PG_ROW_REFUSED,  /* it needs what could not be made, before refused_until */
	PG_ROW_NO_MEMORY,
};

/* NAME is a measurement, unescaped, of at most PG_NAME_MAX bytes. NULL: out of memory. */
struct pg_table *pg_table_new(struct pg_shape *shape, const char *name, size_t length);
void pg_table_free(struct pg_table *table);

/*
 * Adds POINT as a row to table->part, which is made anew, at the end of BATCH, where there is none
 * or its columns are not those of now. Where the result is not PG_ROW_ADDED, no row was added, and
 * *REASON is a constant phrase.
 */
enum pg_row_result pg_table_add_row(struct pg_table *table, const struct lp_point *point,
				    const struct pg_when *when, struct pg_batch *batch,
				    const char **reason);

/*
 * The number of the column NAME, which is made, wanted as TYPE (none but those with a
 * pg_type_sql()), where there is none. -1: there can be none.
 */
int pg_table_column(struct pg_table *table, const char *name, size_t length, enum pg_type type);

/* What one row of the answer to pg_sql_inspect() says. */
struct pg_seen_column {
	const char *name;
	size_t length;
	unsigned long oid; /* of its type */
};

/*
 * Takes over what the database said: OID 0 where there is no such table, VERSION the pg_sql_version
 * of its pg_class row. Columns that the table has and no line has named are not learnt.
 */
void pg_table_inspected(struct pg_table *table, uint32_t oid, const char *version,
			const struct pg_seen_column *columns, size_t count);

/* Of what type a column is that the database has not, the next line that names it decides. */
void pg_table_forget_missing(struct pg_table *table);

/*
 * Whether the database has all columns that are wanted, and as they are wanted; or the table cannot
 * have rows at all, as a column that every row has is of another type there.
 */
bool pg_table_complete(const struct pg_table *table);

/*
 * What is not complete could not be made, and is not asked for until UNTIL: columns that are
 * missing are off, those that could not be widened stay what they are.
 */
void pg_table_refuse(struct pg_table *table, uint64_t until);

/* Whether the rows of PART can be sent as they are. */
bool pg_table_fits(const struct pg_table *table, const struct pg_part *part);

/*
 * Wants what PART's columns need and the database has not, so far as --on-type-conflict allows
 * (then pg_table_complete() is false and the table must be made or altered), be it refused before.
 * To be called for every part that does not fit, before it is made to: the table may have been
 * inspected when the part was still growing.
 */
void pg_table_want(struct pg_table *table, const struct pg_part *part);

/*
 * Makes the rows of PART fit, with what the database has; the table is known. False: out of memory.
 * Rows that do not fit are left out: type conflicts are rejected, those failed for which a column
 * could not be made or widened.
 */
bool pg_table_fit(struct pg_table *table, struct pg_part *part, struct pg_left_out *left_out);

#endif
