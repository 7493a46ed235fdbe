/* What a user says of a run that no program can know: --label KEY=VALUE, once for each. */
#ifndef FAIRPORT_LABELS_H
#define FAIRPORT_LABELS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/options.h"

#define LABELS_MOST  16
#define LABEL_KEY    33  /* with its end: 32 bytes */
#define LABEL_LENGTH 128 /* of a value, in bytes */

struct label {
	char key[LABEL_KEY];
	const char *value; /* in the text that was given */
};

struct labels {
	const char *text; /* the last one that was given */
	struct label items[LABELS_MOST];
	size_t count;
};

/* TYPE has them as the member "labels"; SAYS is the help. */
#define OPTION_LABELS(type, says)                                                                  \
	{                                                                                          \
		.name = "label", .kind = OPTION_PARSED, .offset = offsetof(type, labels),          \
		.size = sizeof(struct labels), .parse = labels_parse, .repeats = true,             \
		.metavar = "KEY=VALUE", .help = (says)                                             \
	}

/* For an option of kind OPTION_PARSED that repeats: a key that is there gets the new value. */
int labels_parse(void *value, const char **expected);

/* Whether LENGTH bytes of TEXT can be a key: a letter, then letters, digits, ".", "_" and "-". */
bool labels_is_key(const char *text, size_t length);

#endif
