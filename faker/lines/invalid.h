/*
 * Lines that are wrong on purpose, made from right ones. Each costs a receiver itself and nothing
 * else: no line feed is added, and no quote reaches into the lines that follow.
 */
#ifndef FAIRPORT_FAKER_LINES_INVALID_H
#define FAIRPORT_FAKER_LINES_INVALID_H

#include <stdbool.h>
#include <stddef.h>

struct schema;

/* A line grows by so much at most. */
#define INVALID_GROWTH 28

/* Places in a line. */
enum invalid_place {
	INVALID_START,
	INVALID_TAGS,       /* behind the measurement */
	INVALID_FIELDS,     /* the space before the first field */
	INVALID_FIELDS_END, /* behind the last field */
	INVALID_END,        /* the line feed */
	INVALID_PLACES,
};

/* What is between two places gives way to a text. */
struct invalid_kind {
	const char *name, *meaning;
	enum invalid_place from, to;
	size_t skip; /* bytes behind FROM that stay */
	char text[INVALID_GROWTH + 1];
};

extern const struct invalid_kind invalid_kinds[];

/*
 * How many of the kinds, from the first one on, can be made of lines of SCHEMA: all of them, but
 * the last one only where quotes stand in strings alone and no string begins with a space or comma.
 */
size_t invalid_count(const struct schema *schema);

/*
 * Makes the right LINE wrong, which has room for INVALID_GROWTH bytes more; PLACES are the offsets
 * of all places in it. Returns its length.
 */
size_t invalid_make(const struct invalid_kind *kind, char *line,
		    const size_t places[static INVALID_PLACES]);

#endif
