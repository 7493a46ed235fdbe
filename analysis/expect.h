/* A scenario's expectations of summary.json: KEY OP WANT. */
#ifndef FAIRPORT_ANALYSIS_EXPECT_H
#define FAIRPORT_ANALYSIS_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct expect_result {
	size_t met, failed, skipped;
};

/*
 * Evaluates LIST, the manifest's array (NULL: none), against SUMMARY, and adds the outcome to it as
 * "expect". With SKIP nothing is evaluated: "got" and "ok" are null. Each failure is an error
 * message.
 *
 * Numbers compare as numbers, strings and booleans as text and only for = and !=. A value that
 * is null, that is unknown, meets no expectation but "= null".
 */
struct expect_result expect_evaluate(json_t *summary, const json_t *list, bool skip);

/* The same for those who decide about one comparison by themselves. */
enum expect_answer {
	EXPECT_MET,
	EXPECT_UNMET,
	EXPECT_UNKNOWN, /* the value is null, and WANT is not */
	EXPECT_UNFIT,   /* the two cannot be compared so: a number with a word, an object, ... */
};

enum expect_answer expect_compare(const json_t *got, const char *op, const char *want);

/* The operator that TEXT begins with; NULL: none. */
const char *expect_operator(const char *text);

/* Whether ORDER, less than 0, 0 or more, satisfies OP. */
bool expect_satisfied(const char *op, int order);

#define EXPECT_TEXT 128

/* A value for people. Returns BUFFER. */
const char *expect_text(char buffer[static EXPECT_TEXT], const json_t *value);

#endif
