/*
 * A batch: what is written in one transaction, or, where rows are refused, in several, front to
 * back. It has a number, so that it can be told later whether it was committed.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_BATCH_H
#define FAIRPORT_RECEIVER_POSTGRES_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/sinks/postgres/part.h"

struct pg_batch {
	uint64_t number;              /* 1, 2, ... of its writer */
	struct pg_part *first, *last; /* in the order in which they were begun */
	uint64_t done; /* rows, from the first of the first part on, whose fate is known and that
			  are in no part any more */
};

/* A part for rows to come, at the end. NULL: out of memory. */
struct pg_part *pg_batch_add_part(struct pg_batch *batch, struct pg_table *table,
				  const struct pg_heading *columns, uint16_t count);

uint64_t pg_batch_rows(const struct pg_batch *batch);
/* The number of the row with INDEX in the record that the batch was read from, done ones included.
 */
uint64_t pg_batch_ordinal(const struct pg_batch *batch, uint64_t index);
/* How many rows, from the first on, have a lower number than ORDINAL. */
uint64_t pg_batch_before(const struct pg_batch *batch, uint64_t ordinal);

uint64_t pg_batch_parts(const struct pg_batch *batch,
			uint64_t rows);             /* that the first ROWS are in */
size_t pg_batch_size(const struct pg_batch *batch); /* bytes, as pg_part_size() */

/* Takes the first COUNT rows off, and counts them as done. Parts that are empty are freed. */
void pg_batch_drop_front(struct pg_batch *batch, uint64_t count);

/* Frees all parts. */
void pg_batch_clear(struct pg_batch *batch);

/*
 * A batch as bytes, for a spool: tables and columns by name, its number and what is done; no parts
 * without rows. Appends to TO (only its data, length and room are used). False: out of memory.
 */
bool pg_batch_encode(const struct pg_batch *batch, struct pg_rows *to);

/* Finds, or makes, tables and their columns by name. */
struct pg_catalog {
	/* NULL: there can be none (--max-tables, memory). */
	struct pg_table *(*table)(void *context, const char *name, size_t length);
	void *context;
};

/*
 * Reads what pg_batch_encode() wrote, or others, be it what it may. BATCH is empty. False where the
 * bytes make no sense, memory is out, or CATALOG refused: *WHY is a constant phrase, and BATCH is
 * empty again. The epoch of the parts is none that their tables have.
 */
extern const char pg_batch_no_memory[]; /* a WHY that may pass */
bool pg_batch_decode(struct pg_batch *batch, const char *data, size_t length,
		     const struct pg_catalog *catalog, const char **why);

#endif
