#include "analysis/expect.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/stream.h"
#include "analysis/summary.h"
#include "common/message.h"

#define VALUE_TEXT EXPECT_TEXT

/* For each operator, whether less, equal and greater satisfy it. */
static const struct relation {
	const char *op;
	bool less, equal, greater;
} relations[] = {
	{ "=", false, true, false }, { "!=", true, false, true }, { "<=", true, true, false },
	{ "<", true, false, false }, { ">=", false, true, true }, { ">", false, false, true },
};

static const struct relation *find_relation(const char *op)
{
	for (size_t i = 0; op && i < sizeof(relations) / sizeof(relations[0]); i++)
		if (strcmp(relations[i].op, op) == 0)
			return &relations[i];
	return NULL;
}

const char *expect_operator(const char *text)
{
	/* None is the beginning of a later one. */
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (strncmp(relations[i].op, text, strlen(relations[i].op)) == 0)
			return relations[i].op;
	return NULL;
}

bool expect_satisfied(const char *op, int order)
{
	const struct relation *relation = find_relation(op);

	return relation && (order < 0    ? relation->less
			    : order == 0 ? relation->equal
					 : relation->greater);
}

/* A value as text, numbers with at most DIGITS digits. */
static void value_text(char buffer[static VALUE_TEXT], const json_t *value, int digits)
{
	if (json_is_string(value))
		snprintf(buffer, VALUE_TEXT, "%s", json_string_value(value));
	else if (json_is_integer(value))
		snprintf(buffer, VALUE_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_real(value))
		snprintf(buffer, VALUE_TEXT, "%.*g", digits, json_real_value(value));
	else if (json_is_boolean(value))
		snprintf(buffer, VALUE_TEXT, "%s", json_is_true(value) ? "true" : "false");
	else
		snprintf(buffer, VALUE_TEXT, "%s",
			 json_is_null(value) ? "null" : "no single value");
}

static bool number_of(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	return end != text && *end == '\0' && isfinite(*out);
}

static bool holds(const struct relation *relation, const json_t *got, const char *want)
{
	bool ordered = relation->less != relation->greater;
	char text[VALUE_TEXT];
	double number;

	if (json_is_null(got))
		return relation->equal && !ordered && strcmp(want, "null") == 0;
	if (json_is_number(got) && number_of(want, &number)) {
		double value = json_number_value(got);

		return (value < number && relation->less) ||
		       (value > number && relation->greater) ||
		       (value >= number && value <= number && relation->equal);
	}
	if (ordered || json_is_object(got) || json_is_array(got))
		return false;
	value_text(text, got, 17);
	return (strcmp(text, want) == 0) == relation->equal;
}

const char *expect_text(char buffer[static EXPECT_TEXT], const json_t *value)
{
	value_text(buffer, value, 9);
	return buffer;
}

enum expect_answer expect_compare(const json_t *got, const char *op, const char *want)
{
	const struct relation *relation = find_relation(op);
	bool number = json_is_number(got);
	double ignored;

	if (!relation || json_is_object(got) || json_is_array(got))
		return EXPECT_UNFIT;
	if (strcmp(want, "null") != 0) {
		if (json_is_null(got))
			return EXPECT_UNKNOWN;
		if (number != number_of(want, &ignored) &&
		    (number || relation->less != relation->greater))
			return EXPECT_UNFIT;
	}
	if (!number && relation->less != relation->greater)
		return EXPECT_UNFIT;
	return holds(relation, got, want) ? EXPECT_MET : EXPECT_UNMET;
}

/* Decides about one expectation and says why it is not met. */
static bool check(const json_t *summary, const char *key, const char *op, const char *want)
{
	const struct relation *relation = find_relation(op);
	const json_t *got = summary_find(summary, key);
	char text[VALUE_TEXT];

	if (!relation) {
		message_error("expected %s %s %s, but \"%s\" is none of = != < <= > >=", key, op,
			      want, op);
		return false;
	}
	if (!got) {
		message_error("expected %s %s %s, but summary.json has no such key", key, op, want);
		return false;
	}
	if (holds(relation, got, want))
		return true;
	value_text(text, got, 9);
	message_error("expected %s %s %s, got %s", key, op, want, text);
	return false;
}

/* A member of an expectation as text: scenarios give strings, other writers perhaps numbers. */
static const char *member_text(char buffer[static VALUE_TEXT], const json_t *item, const char *key)
{
	const json_t *value = json_object_get(item, key);

	if (!value)
		return "(nothing)";
	value_text(buffer, value, 17);
	return buffer;
}

struct expect_result expect_evaluate(json_t *summary, const json_t *list, bool skip)
{
	struct expect_result result = { .met = 0 };
	json_t *outcome = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		char key[VALUE_TEXT], op[VALUE_TEXT], want[VALUE_TEXT];
		json_t *out = json_object(), *got = NULL, *ok = NULL;
		const char *key_text = member_text(key, item, "key");
		const char *op_text = member_text(op, item, "op");
		const char *want_text = member_text(want, item, "want");

		if (skip) {
			result.skipped++;
		} else {
			bool met = check(summary, key_text, op_text, want_text);

			result.met += met;
			result.failed += !met;
			got = summary_find(summary, key_text);
			ok = json_boolean(met);
		}
		json_object_set_new(out, "key", json_string(key_text));
		json_object_set_new(out, "op", json_string(op_text));
		json_object_set_new(out, "want", json_string(want_text));
		json_object_set_new(out, "got", got ? json_deep_copy(got) : json_null());
		json_object_set_new(out, "ok", ok ? ok : json_null());
		json_array_append_new(outcome, out);
	}
	json_object_set_new(summary, "expect", outcome);
	return result;
}
