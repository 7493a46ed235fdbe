/*
 * The rows of one table in one batch, all with the same columns: made from lines, fitted to what
 * the table turns out to be, sent by a writer. A part knows its table's columns by their numbers.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_PART_H
#define FAIRPORT_RECEIVER_POSTGRES_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/sinks/postgres/rows.h"
#include "receiver/sinks/postgres/types.h"

struct pg_table;

/* A column as the rows have it. */
struct pg_heading {
	uint16_t column; /* number in table->columns */
	uint8_t type;    /* enum pg_type */
};

struct pg_part {
	struct pg_part *next; /* in its batch */
	struct pg_table *table;
	uint32_t epoch; /* of the table, when the headings were taken */
	uint16_t column_count;
	struct pg_heading *columns; /* owned */
	struct pg_rows rows;
	uint64_t *stamps; /* owned: each row's time stamp, ns since 1970; 0: the line had none */
	size_t stamp_room;
	/*
	 * Owned, or NULL: the number that each row has in the record that its batch was read from,
	 * which it keeps when others are left out.
	 */
	uint64_t *ordinals;
};

/* No rows yet; the COUNT columns are copied (NULL: they are zero). NULL: out of memory. */
struct pg_part *pg_part_new(struct pg_table *table, const struct pg_heading *columns,
			    uint16_t count);
void pg_part_free(struct pg_part *part);

/* Bytes that it takes up: what is reserved, not what is used. */
size_t pg_part_size(const struct pg_part *part);

/* Counts the row that was just written to part->rows. False, out of memory: it is not counted. */
bool pg_part_end_row(struct pg_part *part, uint64_t stamp);

/* Takes the first COUNT rows off. */
void pg_part_drop_front(struct pg_part *part, uint64_t count);

/* What becomes of a column of the part. */
enum pg_fate {
	PG_FIT_KEEP,   /* as TO.column, converted to TO.type */
	PG_FIT_REJECT, /* rows that have a value there are rejected: a type conflict */
	PG_FIT_FAIL,   /* rows that have a value there cannot be stored */
};

struct pg_fit {
	enum pg_fate fate;
	struct pg_heading to;
};

/* Rows that are left out. */
struct pg_left_out {
	uint64_t rejected, failed;
};

/*
 * Makes the rows anew as FITS, one for each column of the part, says. Where several columns become
 * one, a row may have a value in one of them only, else it is rejected. What is not kept is no
 * column of the part any more. LEFT_OUT is added to. False, and then nothing has changed: out of
 * memory.
 */
bool pg_part_fit(struct pg_part *part, const struct pg_fit *fits, struct pg_left_out *left_out);

#endif
