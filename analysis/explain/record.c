#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "analysis/analysis.h"
#include "analysis/explain/explanation.h"
#include "analysis/run.h"
#include "analysis/summary.h"
#include "analysis/summary_parts.h"
#include "common/clock.h"

static json_t *build_numbers(const struct evidence *evidence)
{
	json_t *out = json_object();

	for (size_t i = 0; i < evidence->count; i++) {
		const struct decisive *number = &evidence->numbers[i];
		json_t *one = json_object();

		json_object_set_new(one, "value", summary_number(number->value));
		json_object_set_new(one, "low", summary_number(number->interval.low));
		json_object_set_new(one, "high", summary_number(number->interval.high));
		json_object_set_new(one, "note", summary_text(number->note));
		json_object_set_new(out, number->key, one);
	}
	return out;
}

static json_t *build_unknown(const struct evidence *evidence)
{
	json_t *out = json_array();

	for (size_t i = 0; i < evidence->unknown_count; i++)
		json_array_append_new(out, summary_text(evidence->unknown[i]));
	return out;
}

/* Where nobody knows who received what, there is nothing of summary.json but the causes. */
static json_t *build_blind(const struct causes *causes)
{
	json_t *out = json_object(), *distribution = json_object();

	json_object_set_new(out, "schema", json_integer(1));
	json_object_set_new(distribution, "verdict", json_null());
	json_object_set_new(distribution, "causes", summary_causes(causes));
	json_object_set_new(out, "distribution", distribution);
	return out;
}

static json_t *build(const struct explanation *explanation)
{
	json_t *out = explanation->analysis ? summary_build(explanation->run, explanation->analysis)
					    : build_blind(&explanation->causes);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_object_set_new(out, "type", json_string("explanation"));
	json_object_set_new(out, "program", json_string("explain"));
	json_object_set_new(out, "t_ns",
			    json_integer((json_int_t)((uint64_t)now.tv_sec * NS_PER_SECOND +
						      (uint64_t)now.tv_nsec)));
	json_object_set_new(out, "seen", summary_text(explanation->place));
	json_object_set_new(out, "decisive", build_numbers(&explanation->evidence));
	json_object_set_new(out, "not_known", build_unknown(&explanation->evidence));
	return out;
}

int explanation_record(const struct explanation *explanation, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	json_t *object;
	int error = 0;

	if (!file)
		return -errno;
	object = build(explanation);
	errno = ENOMEM;
	if (!object || json_dumpf(object, file, JSON_REAL_PRECISION(12)) != 0 ||
	    fputc('\n', file) == EOF)
		error = -errno;
	if (file != stdout && fclose(file) != 0 && !error)
		error = -errno;
	json_decref(object);
	return error;
}
