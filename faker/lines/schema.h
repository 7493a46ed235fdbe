/*
 * Schemas: what the lines are made of. A schema is text of one statement a line:
 *
 *   measurement NAME
 *   tag KEY values VALUE...              one of these, all different
 *   tag KEY count N[+] [prefix TEXT]     TEXT1 ... TEXTN; N+: more when --series asks for more
 *   field KEY TYPE GENERATOR ARGUMENT...
 *
 * Tags and fields belong to the measurement above them. TEXT is KEY unless said otherwise. Of the
 * tags of a measurement the first that grows does. TYPE is float, integer, unsigned, string or
 * boolean. Generators:
 *
 *   uniform LOW HIGH [decimals D]        any value between, both included; numbers
 *   walk LOW HIGH STEP [decimals D]      moves by up to STEP from line to line of a series; numbers
 *   counter STEP [decimals D]            grows by 0 to STEP from line to line of a series; numbers
 *   choice VALUE...                      one of these, more often what stands there more often;
 *                                        all types
 *
 * Decimals are for floats, up to 6; unless said, as many as the arguments have, and at least 2.
 * Numbers other than choices have up to 15 digits with their decimals in floats, so that none is
 * lost, and up to 18 in integers and unsigned ones. A choice is what line protocol can hold: any
 * finite float, all 64 bits of integers and unsigned ones. No key is "time".
 *
 * Words stand apart by blanks; a word with blanks, "#" or quotes in it stands in double quotes with
 * \" and \\; "#" begins a comment.
 */
#ifndef FAIRPORT_FAKER_LINES_SCHEMA_H
#define FAIRPORT_FAKER_LINES_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

#define SCHEMA_MAX_BYTES    (1 << 20) /* of a text */
#define SCHEMA_MAX_DECIMALS 6
#define SCHEMA_FLOAT_MOST   999999999999999    /* of a float, in units of its last decimal */
#define SCHEMA_WHOLE_MOST   999999999999999999 /* of an integer or unsigned number */

struct schema_tag {
	char *key;
	char **values;  /* NULL-ended; NULL: PREFIX1, PREFIX2, ... */
	char *prefix;   /* never NULL where VALUES is */
	uint64_t count; /* different values; 1 to SCHEMA_WHOLE_MOST */
	bool grows;     /* "N+" */
};

enum generator { GENERATOR_UNIFORM, GENERATOR_WALK, GENERATOR_COUNTER, GENERATOR_CHOICE };

/* Numbers are whole multiples of 10^-DECIMALS; DECIMALS is 0 but for floats. */
struct schema_field {
	char *key;
	enum lp_type type;
	enum generator generator;
	unsigned int decimals; /* 0 to SCHEMA_MAX_DECIMALS */
	int64_t low, high;     /* of uniform and walk, in units of 10^-DECIMALS; LOW <= HIGH */
	int64_t step;          /* of walk and counter, in the same units; at least 1 */
	char **choices;        /* of choice, NULL-ended, as the schema has them */
	size_t choice_count;
};

struct schema_measurement {
	char *name;
	struct schema_tag *tags;
	struct schema_field *fields; /* at least one */
	size_t tag_count, field_count;
};

struct schema {
	char *name;
	struct schema_measurement *measurements; /* at least one */
	size_t measurement_count;
};

/* What is wrong with a schema, and where. */
struct schema_error {
	unsigned int line; /* 1-based; 0: of the file as a whole */
	char text[200];    /* "unknown generator \"gauss\" (expected uniform, walk, ...)" */
};

/* The schemas that are built in: their names, NULL-ended, and their texts. */
extern const char *const schema_names[];
const char *schema_builtin(const char *name); /* NULL: none of this name */

/* Reads a schema from LENGTH bytes at TEXT. NULL with *ERROR filled. The caller frees it. */
struct schema *schema_parse(const char *name, const char *text, size_t length,
			    struct schema_error *error);
void schema_free(struct schema *schema);

/*
 * The schema built in under NAME_OR_PATH, or read from that file. On failure says what is wrong,
 * naming file and line, and returns NULL.
 */
struct schema *schema_load(const char *name_or_path);

/* The number of series that all tags together make, as they stand; UINT64_MAX if it is beyond. */
uint64_t schema_series(const struct schema *schema);

/* The same of one measurement. */
uint64_t schema_measurement_series(const struct schema_measurement *measurement);

/* The tag that gets more values when more series are asked for; NULL: none. */
const struct schema_tag *schema_growing_tag(const struct schema_measurement *measurement);

/* Whether some measurement has a tag that grows, so that any number of series can be asked for. */
bool schema_grows(const struct schema *schema);

#endif
