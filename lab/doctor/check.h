/* One thing that is looked at, and what is found. */
#ifndef FAIRPORT_DOCTOR_CHECK_H
#define FAIRPORT_DOCTOR_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/message.h"

struct host;

enum level {
	LEVEL_OK,
	LEVEL_NOTE,    /* something does without, or bites some servers */
	LEVEL_PROBLEM, /* it breaks fairport, or bites every SO_REUSEPORT server */
	LEVELS
};

extern const char *const level_names[LEVELS];

enum value_kind { VALUE_COUNT, VALUE_BOOL, VALUE_TEXT };

/* For records: a key of docs/output-format.md, which is kept, not copied. */
struct value {
	const char *key;
	enum value_kind kind;
	uint64_t count; /* or whether */
	char text[256];
};

#define FINDING_TEXT   512
#define FINDING_VALUES 8

struct finding {
	enum level level;
	char text[FINDING_TEXT];   /* one sentence, without its end */
	char remedy[FINDING_TEXT]; /* what to do; "" where it is ok */
	struct value values[FINDING_VALUES];
	size_t count;
};

/* A row of the table. NAME is what --only takes; the first one of a family has its HEADING. */
struct check {
	const char *name;
	const char *heading;
	void (*run)(const struct host *host, struct finding *finding);
};

#define CHECKS_MOST 64 /* one bit each in a selection */

extern const struct check checks[]; /* ends with a row without a name */

/* The heading that stands over check INDEX, which an earlier row may have. */
const char *check_family(size_t index);

/* What a check says. A note and a problem need a remedy, too. */
void found(struct finding *finding, enum level level, const char *format, ...) PRINTF_LIKE(3, 4);
void found_remedy(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);

/* Beyond FINDING_VALUES nothing is kept. */
void found_count(struct finding *finding, const char *key, uint64_t value);
void found_bool(struct finding *finding, const char *key, bool value);
void found_text(struct finding *finding, const char *key, const char *value);

/* A note: WHAT was to be tried and could not be, by ERROR (-errno), which decides the remedy. */
void found_untried(struct finding *finding, const char *what, int error);

#endif
