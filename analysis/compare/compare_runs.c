#include "analysis/compare/compare_runs.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/analysis.h"
#include "analysis/compare/compare_keys.h"
#include "analysis/compare/compared.h"
#include "analysis/compare/label.h"
#include "analysis/history/cost.h"
#include "analysis/history/facts.h"
#include "analysis/read/run_load.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/summary.h"
#include "common/message.h"

/* What is read, and how. */
struct reading {
	struct compared *compared;
	const struct compare_options *options;
	bool incomplete;
	bool no_memory;
};

static bool is_run(const char *directory)
{
	static const char *const streams[] = { "manifest.json", "receive.ndjson", "probe.ndjson" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++)
		if (stream_path(path, sizeof(path), directory, streams[i]) == 0 &&
		    access(path, F_OK) == 0)
			return true;
	return false;
}

static void leave_out(struct reading *reading, const char *directory, const char *why)
{
	message_warning("%s is left out: %s", directory, why);
	reading->incomplete = true;
}

static const char *label_for(const struct compare_options *options, const struct run_facts *facts,
			     const char *label)
{
	const char *text;

	if (label || options->by.kind == GROUPING_NAME)
		return label;
	text = grouping_of(&options->by, facts);
	return text ? text : "unknown";
}

/* Unless its numbers are not to be relied on. */
static void add(struct reading *reading, const struct run *run, const struct analysis *analysis,
		const char *label)
{
	struct run_facts facts;
	json_t *summary;

	if (analysis_contradicts(analysis)) {
		leave_out(reading, run->directory, "its counts contradict each other");
		return;
	}
	if (run->incomplete)
		reading->incomplete = true;
	summary = summary_build(run, analysis);
	if (!summary || cost_add(summary, run->directory) != 0 ||
	    facts_of(&facts, run, summary) != 0) {
		json_decref(summary);
		reading->no_memory = true;
		return;
	}
	if (!compared_add(reading->compared, run->directory,
			  label_for(reading->options, &facts, label), facts.id, facts.started_ns,
			  summary))
		reading->no_memory = true;
	facts_free(&facts);
}

static void judge(struct reading *reading, const struct run *run, const char *label)
{
	struct analysis analysis;

	if (run->interrupted) {
		leave_out(reading, run->directory, "it was interrupted");
		return;
	}
	if (analysis_make(&analysis, run, reading->options->tolerance) != 0) {
		reading->no_memory = true;
		return;
	}
	add(reading, run, &analysis, label);
	analysis_free(&analysis);
}

static void read_run(struct reading *reading, const char *directory, const char *label)
{
	struct run run;

	if (run_load(&run, directory))
		judge(reading, &run, label);
	else
		reading->incomplete = true;
	run_free(&run);
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The runs in DIRECTORY, in the order of their names, which begin with the time. */
static void read_collection(struct reading *reading, const char *directory, const char *label)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, visible, alphasort);
	bool any = false;

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		if (stream_path(path, sizeof(path), directory, entries[i]->d_name) == 0 &&
		    is_run(path)) {
			read_run(reading, path, label);
			any = true;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (any)
		return;
	message_error("could not compare %s: %s", directory,
		      count < 0 ? strerror(errno) : "it is no run, and holds none");
	reading->incomplete = true;
}

static void read_any(struct reading *reading, const char *directory, bool own_group)
{
	char name[COMPARED_LABEL];
	bool by_name = reading->options->by.kind == GROUPING_NAME;

	label_base(name, sizeof(name), directory);
	if (is_run(directory))
		read_run(reading, directory, own_group ? name : NULL);
	else
		read_collection(reading, directory, own_group || by_name ? name : NULL);
}

static bool all_alike(const struct compared *compared)
{
	for (size_t i = 1; i < compared->run_count; i++)
		if (strcmp(compared->runs[i].label, compared->runs[0].label) != 0)
			return false;
	return true;
}

typedef const char *name_function(char *buffer, size_t size, const char *directory);

static void name_by(struct compared *compared, name_function *name)
{
	for (size_t i = 0; i < compared->run_count; i++)
		name(compared->runs[i].label, sizeof(compared->runs[i].label),
		     compared->runs[i].directory);
}

/* When all runs have one name, what tells them apart may be where they stand. */
static void name_apart(struct compared *compared, const struct compare_options *options)
{
	if (options->by.kind != GROUPING_NAME || options->against)
		return;
	if (all_alike(compared))
		name_by(compared, label_of);
	if (all_alike(compared))
		name_by(compared, label_parent);
	if (all_alike(compared) && compared->run_count == 2)
		name_by(compared, label_base);
}

static void tell_twins(const struct compared *compared)
{
	size_t twins[2] = { 0, 0 };

	compared_twins(compared, twins);
	message_error("could not compare: the same run is given twice: %s and %s",
		      compared->runs[twins[0]].directory, compared->runs[twins[1]].directory);
}

/* LESS: not all that were given are there, and it was said which. */
static bool make(struct compared *compared, bool less)
{
	switch (compared_make(compared)) {
	case 0:
		return true;
	case -EEXIST:
		tell_twins(compared);
		return false;
	case -EINVAL:
		if (compared->run_count == 0) {
			message_error("could not compare: there is no run left");
			return false;
		}
		if (compared->run_count == 1) {
			message_error("could not compare: only %s is left",
				      compared->runs[0].directory);
			return false;
		}
		message_error("could not compare: all runs%s are of one group, \"%s\"",
			      less ? " that are left" : "", compared->groups[0].label);
		if (less)
			return false;
		message_hint("put the repeats of each side into a directory of their own, name "
			     "the other side with --against DIR, or group them with --by");
		return false;
	default:
		message_error("out of memory");
		return false;
	}
}

static bool holds_runs(const char *directory)
{
	DIR *open = opendir(directory);
	const struct dirent *entry;
	char path[PATH_MAX];
	bool any = false;

	while (open && !any && (entry = readdir(open)))
		any = visible(entry) &&
		      stream_path(path, sizeof(path), directory, entry->d_name) == 0 &&
		      is_run(path);
	if (open)
		closedir(open);
	return any;
}

bool compare_wanted(const struct compare_options *options)
{
	return options->against || options->count > 1 ||
	       (options->count == 1 && !is_run(options->directories[0]) &&
		holds_runs(options->directories[0]));
}

bool compare_load(struct compared *compared, const struct compare_options *options,
		  bool *incomplete)
{
	struct reading reading = { .compared = compared, .options = options };

	*compared = (struct compared){ .runs = NULL };
	*incomplete = false;
	if (!options->keys)
		keys_compared(&compared->keys);
	else if (!keys_parse(&compared->keys, options->keys))
		return false;
	if (options->against)
		read_any(&reading, options->against, true);
	for (size_t i = 0; i < options->count; i++)
		read_any(&reading, options->directories[i], false);
	*incomplete = reading.incomplete;
	if (reading.no_memory) {
		message_error("out of memory");
		return false;
	}
	if (options->keys && compared->run_count && !compare_keys_exist(compared))
		return false;
	name_apart(compared, options);
	return make(compared, *incomplete);
}
