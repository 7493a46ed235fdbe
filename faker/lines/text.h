/* Pieces of lines, escaped as line protocol wants it, one behind the other in a text that grows. */
#ifndef FAIRPORT_FAKER_LINES_TEXT_H
#define FAIRPORT_FAKER_LINES_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Starts as { 0 }; the caller frees AT. Once FAILED it stays as it is. */
struct text {
	char *at;
	size_t length, room;
	bool failed; /* out of memory, or a name that line protocol cannot hold */
};

/* LENGTH free bytes at the end of TEXT, or NULL. */
char *text_reserve(struct text *text, size_t length);

void text_append(struct text *text, const char *from); /* as it is */
void text_measurement(struct text *text, const char *name);
void text_tag(struct text *text, const char *key, const char *value);         /* ",key=value" */
void text_tag_prefix(struct text *text, const char *key, const char *prefix); /* ",key=prefix" */
void text_tag_value(struct text *text, const char *value);                    /* "value" */
void text_field(struct text *text, const char *key);                          /* "key=" */
void text_string(struct text *text, const char *value);                       /* with its quotes */

/* Moves all of FROM to the end of TEXT. */
void text_move(struct text *text, struct text *from);

#endif
