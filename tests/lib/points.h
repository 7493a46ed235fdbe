/*
 * Random points for the property test: what is made of a seed is the same each time, so one run
 * sends the points and another one knows what must have been stored.
 */
#ifndef FAIRPORT_TESTS_POINTS_H
#define FAIRPORT_TESTS_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEASUREMENTS 12
#define KEYS         16 /* of a measurement */
#define NAME_ROOM    64
#define LINE_ROOM    60000 /* bytes of a packet */

/* Each point has it, an integer: the point's own number. */
#define NUMBER_KEY "number"

enum kind { TAG, FLOAT, INTEGER, UNSIGNED, STRING, BOOLEAN, KINDS };

struct key {
	char name[NAME_ROOM];
	size_t length;
	enum kind kind;
};

struct measurement {
	char name[NAME_ROOM];
	size_t length;
	struct key keys[KEYS]; /* tags first */
};

struct value {
	bool present;
	enum kind kind;
	double number;
	int64_t integer;
	uint64_t natural;
	bool boolean;
	char *text; /* of a tag or string, from malloc */
	size_t length;
};

struct point {
	size_t measurement;
	int64_t number;
	bool has_time;
	int64_t time;
	struct value values[KEYS]; /* by key */
};

struct points {
	uint64_t seed;
	bool mixed; /* a field's values are of any type, not of its key's */
	struct measurement measurements[MEASUREMENTS];
	size_t count;
	struct point *all;
};

/* Ends the program when out of memory. */
void points_make(struct points *points, uint64_t seed, size_t count, bool mixed);
void points_free(struct points *points);

/*
 * Compares them with what the database of libpq's environment holds: columns for keys, or JSONB.
 * Says where they differ first, and returns false.
 */
bool points_check(const struct points *points, bool jsonb);

#endif
