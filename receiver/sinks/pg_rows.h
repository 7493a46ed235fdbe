/*
 * Rows in the format of COPY ... (FORMAT binary): a growing buffer, and one function for each
 * type that a column may have. Format: PostgreSQL documentation, COPY, "Binary Format"; values
 * are what the type's send function writes, in network byte order.
 */
#ifndef FAIRPORT_RECEIVER_PG_ROWS_H
#define FAIRPORT_RECEIVER_PG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

struct pg_rows {
	char *data;
	size_t length, room;
	uint64_t count; /* whole rows */
};

/* False when out of memory, and then nothing was written; so for all that write. */
bool pg_rows_begin(struct pg_rows *rows); /* the header, once */
bool pg_rows_end(struct pg_rows *rows);   /* the trailer, once */
bool pg_rows_start_row(struct pg_rows *rows, uint16_t columns);

bool pg_rows_null(struct pg_rows *rows);
bool pg_rows_float8(struct pg_rows *rows, double value);
bool pg_rows_int8(struct pg_rows *rows, int64_t value);
bool pg_rows_numeric(struct pg_rows *rows, uint64_t value);
bool pg_rows_bool(struct pg_rows *rows, bool value);

/* NS since 1970; timestamptz keeps microseconds since 2000, rounded down. */
bool pg_rows_timestamptz(struct pg_rows *rows, int64_t ns);

/* TEXT as lp_unescape_string (STRING) or lp_unescape_key says; written at its final length. */
bool pg_rows_text(struct pg_rows *rows, struct lp_text text, bool string);

/* Gives back what was reserved for more than LENGTH bytes of *DATA. */
void pg_rows_shrink(char **data, size_t length);

void pg_rows_free(struct pg_rows *rows);

#endif
