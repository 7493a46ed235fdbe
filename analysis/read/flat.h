/*
 * The quick way to read records that come by the million. It knows the form in which our programs
 * write them, takes the numbers from the text as they pass, and makes no tree of them. A record
 * that says anything in another way - an older one, a damaged one, one with members in a text
 * that has escapes - is left to the slow way, which says what is wrong with it, if anything is.
 *
 * So whatever this accepts, jansson accepts too and finds the same in it; but a member that the
 * form does not name may be there twice.
 */
#ifndef FAIRPORT_ANALYSIS_FLAT_H
#define FAIRPORT_ANALYSIS_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLAT_FIELDS 64 /* of one object, at most */

enum flat_kind {
	FLAT_COUNT,       /* whole, from 0: a uint64_t */
	FLAT_MAYBE_COUNT, /* or null, which is FLAT_NULL */
	FLAT_TEXT,        /* char[size], with its end */
};

#define FLAT_NULL UINT64_MAX

/* A member that must be there, once. Tables end with a key that is NULL. */
struct flat_field {
	const char *key;
	enum flat_kind kind;
	size_t offset, size;
};

/* Where the objects of an array go; zeroed at first, then kept from record to record. */
struct flat_items {
	void *list; /* for free(3) */
	size_t count, room;
};

/* An array of objects that must be there, once. */
struct flat_list {
	const char *key;
	const struct flat_field *fields;
	size_t offset; /* of a struct flat_items */
	size_t item;   /* size of one */
};

/* Members that it does not name are passed over. */
struct flat_form {
	const char *type, *program;
	const struct flat_field *fields;
	const struct flat_list *lists;
};

/*
 * Fills in OUT from a record of this form and RUN. False: OUT is worth nothing but its memory, and
 * the line has to be read in the other way.
 */
bool flat_read(const struct flat_form *form, const char *run, const char *line, size_t length,
	       void *out);

#endif
