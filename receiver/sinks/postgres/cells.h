/* Reading rows of binary COPY back: cell by cell, as text, as another type. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_CELLS_H
#define FAIRPORT_RECEIVER_POSTGRES_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/sinks/postgres/rows.h"
#include "receiver/sinks/postgres/types.h"

struct pg_cell {
	const char *data; /* NULL: SQL's NULL */
	uint32_t length;
};

/* The cells of the row at AT; CELLS has room for as many as it has. Returns where it ends. */
const char *pg_row_read(const char *at, struct pg_cell *cells);

/* Where the COUNT rows from AT on end. */
const char *pg_row_skip(const char *at, uint64_t count);

/*
 * Whether CELL, which is not NULL, is what the functions of rows.h write for TYPE, or could be. For
 * rows that come from elsewhere; all others can rely on it.
 */
bool pg_cell_valid(enum pg_type type, struct pg_cell cell);

/*
 * The cell, which is not NULL, as PostgreSQL would print it: what a literal holds before quoting.
 * Appends to TEXT (only its data, length and room are used). timestamptz as
 * "2026-01-02 03:04:05.000006+00", boolean, which PostgreSQL prints as "t", as its cast to text is.
 * False: out of memory.
 */
bool pg_cell_text(struct pg_rows *text, enum pg_type type, struct pg_cell cell);

/*
 * Appends CELL of type FROM, or NULL, as a cell of type TO, which is FROM or wider (see
 * pg_type_wider()). False: out of memory.
 */
bool pg_cell_convert(struct pg_rows *rows, enum pg_type from, struct pg_cell cell, enum pg_type to);

#endif
