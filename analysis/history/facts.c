#include "analysis/history/facts.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/summary.h"
#include "common/clock.h"
#include "common/labels.h"

static const char *first_of(const char *const texts[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (texts[i])
			return texts[i];
	return NULL;
}

#define FIRST_OF(...)                                                                              \
	first_of((const char *const[]){ __VA_ARGS__ },                                             \
		 sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static const char *text_at(const json_t *summary, const char *key)
{
	return json_string_value(summary_find(summary, key));
}

static void set_started(struct run_facts *out, const struct run *run, const json_t *summary)
{
	const char *said = text_at(summary, "run.started");
	time_t seconds;
	struct tm utc;
	char until_seconds[FACTS_TIME - 12];

	if (!record_count(run->receive_header, "t_ns", &out->started_ns) &&
	    !record_count(run->sender.header, "t_ns", &out->started_ns) &&
	    !record_count(run->observed.header, "t_ns", &out->started_ns)) {
		snprintf(out->started, sizeof(out->started), "%s", said ? said : "");
		return;
	}
	seconds = (time_t)(out->started_ns / NS_PER_SECOND);
	gmtime_r(&seconds, &utc);
	strftime(until_seconds, sizeof(until_seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(out->started, sizeof(out->started), "%s.%06uZ", until_seconds,
		 (unsigned)(out->started_ns % NS_PER_SECOND / 1000));
}

static void add_options(json_t *into, const char *program, const json_t *header)
{
	json_t *options = json_object_get(header, "options");

	if (json_is_object(options))
		json_object_set(into, program, options);
}

int facts_of(struct run_facts *out, const struct run *run, const json_t *summary)
{
	const json_t *versions = json_object_get(run->manifest, "versions");

	*out = (struct run_facts){
		.id = text_at(summary, "run.id"),
		.scenario = FIRST_OF(text_at(summary, "run.scenario"),
				     text_at(summary, "run.labels.scenario")),
		.version = FIRST_OF(record_text(run->receive_header, "version"),
				    record_text(run->sender.header, "version"),
				    record_text(versions, "fairport"),
				    record_text(run->observed.header, "version")),
		.commit = FIRST_OF(record_text(run->receive_header, "commit"),
				   record_text(versions, "commit")),
		.host = text_at(summary, "run.host"),
		.kernel = text_at(summary, "run.kernel"),
		.verdict = text_at(summary, "distribution.verdict"),
		.cpus = json_integer_value(summary_find(summary, "run.cpus")),
		.labels = summary_find(summary, "run.labels"),
		.options = json_object(),
	};
	set_started(out, run, summary);
	if (!out->options)
		return -ENOMEM;
	add_options(out->options, "receive", run->receive_header);
	add_options(out->options, "fake", run->sender.header);
	if (!run->receive_header)
		add_options(out->options, "probe", run->observed.header);
	return 0;
}

int facts_label(json_t *summary, const struct labels *labels)
{
	json_t *into = summary_find(summary, "run.labels");

	for (size_t i = 0; i < labels->count; i++)
		if (json_object_set_new(into, labels->items[i].key,
					json_string(labels->items[i].value)) != 0)
			return -ENOMEM;
	return 0;
}

void facts_free(struct run_facts *facts)
{
	json_decref(facts->options);
	facts->options = NULL;
}
