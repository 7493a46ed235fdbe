#include "analysis/text.h"

#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/finding.h"
#include "analysis/paragraph.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

static void print_missing(const struct run *run)
{
	const json_t *item, *missing = json_object_get(run->manifest, "missing");
	const char *label = "Missing";
	size_t i;

	json_array_foreach(missing, i, item)
	{
		if (!json_is_string(item))
			continue;
		paragraph(TEXT_LABEL, label, "%s", json_string_value(item));
		label = "";
	}
	if (run->interrupted)
		paragraph(TEXT_LABEL, "Note",
			  "the run was interrupted: it shows only its beginning");
}

void text_cause(const struct causes *causes, size_t place)
{
	const struct cause *cause = &causes->list[place];
	const struct cause *before = causes_same_code(causes, place);
	char label[32];

	snprintf(label, sizeof(label), "Cause %zu", place + 1);
	paragraph(TEXT_LABEL, label, "%s: %s.", cause->name, cause->evidence);
	if (before) {
		paragraph(TEXT_LABEL, "  Remedy", "%s: the code of cause %zu.", cause->remedy,
			  (size_t)(before - causes->list) + 1);
		return;
	}
	paragraph(TEXT_LABEL, "  Remedy", "%s%s", cause->remedy, cause->command_count ? ":" : ".");
	for (size_t i = 0; i < cause->command_count; i++)
		paragraph_code(TEXT_CODE, cause->commands[i]);
}

void text_verdict(const struct run *run, const struct analysis *analysis)
{
	char sentence[FINDING_TEXT];

	paragraph(TEXT_LABEL, "Verdict", "%s. %s", verdict_names[analysis->distribution.verdict],
		  finding_sentence(sentence, analysis, run));
	for (size_t i = 0; i < analysis->causes.count; i++)
		text_cause(&analysis->causes, i);
	print_missing(run);
}

void text_outcome(const struct run *run, const struct expect_result *result, const char *files)
{
	if (result->skipped)
		paragraph(TEXT_LABEL, "Expected",
			  "%zu expectations, not evaluated: the run was interrupted",
			  result->skipped);
	else if (result->failed)
		paragraph(TEXT_LABEL, "Expected", "%zu of %zu expectations FAILED", result->failed,
			  result->failed + result->met);
	else if (result->met)
		paragraph(TEXT_LABEL, "Expected", "all %zu expectations met", result->met);
	if (*files)
		paragraph(TEXT_LABEL, "Files", "%s: %s", run->directory, files);
}
