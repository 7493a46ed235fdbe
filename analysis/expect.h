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

#endif
