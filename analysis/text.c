#include "analysis/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/expect.h"
#include "analysis/finding.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/units.h"

/* Bytes of UTF-8 that begin a character; the others have no width. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void put_word(const char *word, size_t length)
{
	for (size_t i = 0; i < length; i++)
		putchar((unsigned char)word[i] < ' ' || word[i] == 0x7f ? '?' : word[i]);
}

void text_paragraph(const char *label, const char *format, ...)
{
	char text[1536];
	size_t column = TEXT_LABEL;
	const char *word = text;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%-*s", TEXT_LABEL, label);
	while (*word) {
		size_t length = strcspn(word, " ");
		size_t width = width_of(word, length);

		if (column > TEXT_LABEL && column + 1 + width > TEXT_COLUMNS) {
			printf("\n%*s", TEXT_LABEL, "");
			column = TEXT_LABEL;
		} else if (column > TEXT_LABEL) {
			putchar(' ');
			column++;
		}
		put_word(word, length);
		column += width;
		word += length;
		word += strspn(word, " ");
	}
	putchar('\n');
}

static void print_missing(const struct run *run)
{
	const json_t *item, *missing = json_object_get(run->manifest, "missing");
	const char *label = "Missing";
	size_t i;

	json_array_foreach(missing, i, item)
	{
		if (!json_is_string(item))
			continue;
		text_paragraph(label, "%s", json_string_value(item));
		label = "";
	}
	if (run->interrupted)
		text_paragraph("Note", "the run was interrupted: it shows only its beginning");
}

void text_verdict(const struct run *run, const struct analysis *analysis)
{
	char sentence[FINDING_TEXT];

	text_paragraph("Verdict", "%s. %s", verdict_names[analysis->distribution.verdict],
		       finding_sentence(sentence, analysis, run));
	for (size_t i = 0; i < analysis->causes.count; i++) {
		const struct cause *cause = &analysis->causes.list[i];

		text_paragraph("Cause", "%s: %s.", cause->name, cause->evidence);
		text_paragraph("  Remedy", "%s.", cause->remedy);
	}
	print_missing(run);
}

void text_outcome(const struct run *run, const struct expect_result *result, const char *files)
{
	if (result->skipped)
		text_paragraph("Expected",
			       "%zu expectations, not evaluated: the run was interrupted",
			       result->skipped);
	else if (result->failed)
		text_paragraph("Expected", "%zu of %zu expectations FAILED", result->failed,
			       result->failed + result->met);
	else if (result->met)
		text_paragraph("Expected", "all %zu expectations met", result->met);
	if (*files)
		text_paragraph("Files", "%s: %s", run->directory, files);
}
