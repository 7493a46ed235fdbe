/*
 * Rows in the format of COPY ... (FORMAT binary): a growing buffer, and one function for each
 * type that a column may have. Format: PostgreSQL documentation, COPY, "Binary Format"; values
 * are what the type's send function writes, in network byte order. The header and the trailer of
 * a COPY are not in the buffer: who sends it adds them.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_ROWS_H
#define FAIRPORT_RECEIVER_POSTGRES_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

struct pg_rows {
	char *data; /* owned */
	size_t length, room;
	uint64_t count; /* whole rows */
};

/*
 * Room for MORE bytes, at least one, behind the last; who writes there adds to the length. NULL:
 * out of memory, and nothing has changed. Here, as every cell asks for room.
 */
bool pg_rows_grow(struct pg_rows *rows, size_t more);

static inline char *pg_rows_reserve(struct pg_rows *rows, size_t more)
{
	if (__builtin_expect(rows->room - rows->length < more, 0) && !pg_rows_grow(rows, more))
		return NULL;
	return rows->data + rows->length;
}

/* Before the rows, and behind them. */
#define PG_COPY_HEADER_SIZE 19
extern const char pg_copy_header[PG_COPY_HEADER_SIZE], pg_copy_trailer[2];

/*
 * A row is begun, given its cells, and counted by the caller (count++). False when out of memory,
 * and then nothing was written; so for all that write.
 */
bool pg_rows_start_row(struct pg_rows *rows, uint16_t columns);

bool pg_rows_null(struct pg_rows *rows);
bool pg_rows_float8(struct pg_rows *rows, double value);
bool pg_rows_int8(struct pg_rows *rows, int64_t value);
bool pg_rows_bool(struct pg_rows *rows, bool value);
bool pg_rows_numeric(struct pg_rows *rows, uint64_t value);

/*
 * A number written in decimal: [-]DIGITS[.DIGITS][e[+-]DIGITS], finite, as %g and lp print it. It
 * becomes what PostgreSQL makes of the text. The exponent is within 9999.
 */
bool pg_rows_numeric_text(struct pg_rows *rows, const char *text, size_t length);

/* NS since 1970; timestamptz keeps microseconds since 2000, rounded down. */
bool pg_rows_timestamptz(struct pg_rows *rows, int64_t ns);

/* TEXT as lp_unescape_string (STRING) or lp_unescape_key says; written at its final length. */
bool pg_rows_text(struct pg_rows *rows, struct lp_text text, bool string);

/* LENGTH bytes as they are: a text, or a cell that was read from other rows. */
bool pg_rows_bytes(struct pg_rows *rows, const void *data, size_t length);

/*
 * A jsonb: begun (an object is opened), given members, ended. The text inside is JSON, made in
 * place; a NUL byte in a string is the caller's to refuse, as PostgreSQL does.
 */
struct pg_json {
	size_t at; /* where its length belongs */
	bool first;
};
bool pg_rows_json_begin(struct pg_rows *rows, struct pg_json *json);
bool pg_rows_json_key(struct pg_rows *rows, struct pg_json *json, struct lp_text key);
bool pg_rows_json_string(struct pg_rows *rows, struct lp_text text, bool string);
bool pg_rows_json_value(struct pg_rows *rows, const struct lp_field *field);
bool pg_rows_json_end(struct pg_rows *rows, const struct pg_json *json);

/* Gives back what is reserved behind the last byte. */
void pg_rows_shrink(struct pg_rows *rows);

void pg_rows_free(struct pg_rows *rows);

#endif
