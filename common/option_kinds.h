/*
 * Internal to the options: the kinds of values. What each looks like on the command line, in the
 * member of the values that its row names, and in the header record.
 */
#ifndef FAIRPORT_OPTION_KINDS_H
#define FAIRPORT_OPTION_KINDS_H

#include <stdbool.h>

struct ndjson;
struct option_row;

#define OPTION_EXPECTED 256

/*
 * Sets the member from TEXT, which is kept where the kind is a text, not copied; NULL for a flag
 * alone. Returns false where TEXT is not valid: the member is then undefined, and EXPECTED has the
 * form or the bounds of a valid one, as they follow "expected" in an error.
 */
bool option_kind_parse(const struct option_row *row, void *values, const char *text,
		       char expected[static OPTION_EXPECTED]);

/* Sets the member to what an option has that is not given and has no fallback. */
void option_kind_clear(const struct option_row *row, void *values);

/* Writes "name":value in base units; of a secret only whether there is one. */
void option_kind_record(const struct option_row *row, const void *values, struct ndjson *out);

#endif
