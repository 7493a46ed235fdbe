/*
 * A schema made ready for writing lines fast: each measurement is constant text, escaped already,
 * with something that changes between. For dataset.c.
 */
#ifndef FAIRPORT_FAKER_LINES_LAYOUT_H
#define FAIRPORT_FAKER_LINES_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dataset_options;

/* LENGTH bytes from AT of the text of the layout. */
struct piece {
	uint32_t at, length;
};

/* So many bytes at each piece can be read, and are written, whatever its length. */
#define PIECE_COPY 32

enum part_kind { PART_COUNTED, PART_VALUE, PART_CHOICE, PART_UNIFORM, PART_WALK, PART_COUNTER };

/* Constant text and what follows it. The members are for the kinds that they name. */
struct part {
	struct piece before;
	enum part_kind kind;
	uint32_t decimals;    /* numbers; 0: a whole one */
	uint64_t every;       /* tags: the value changes every so many series */
	uint64_t count;       /* tags, choices: different values; numbers: different draws */
	struct piece *pieces; /* VALUE, CHOICE: texts */
	int64_t low, high;    /* numbers; COUNTER: it begins anew above HIGH */
	int64_t step;         /* WALK */
};

struct layout_measurement {
	struct part *parts;  /* tags, then fields */
	struct part *fields; /* the first of them */
	struct part *end;
	struct piece tail;  /* the constant text behind the last part, up to a sequence or time */
	size_t name_length; /* bytes of the measurement */
	size_t tags_tail;   /* bytes of constant text, behind the last tag part, that are tags */
	size_t states;      /* WALK and COUNTER */
	size_t line_max;    /* bytes, without sequence number, time and line feed */
	uint64_t first, count; /* series */
};

struct layout {
	struct layout_measurement *measurements;
	size_t measurement_count;
	uint64_t series;
	char *text; /* PIECE_COPY bytes longer than all pieces */
	struct part *parts;
	struct piece *pieces;
};

/* False when out of memory; close it all the same. */
bool layout_open(struct layout *layout, const struct dataset_options *options);
void layout_close(struct layout *layout);

#endif
