/* The results as JUnit XML. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "analysis/assert/claim.h"
#include "analysis/assert/output.h"
#include "analysis/printable.h"

static void put_escaped(FILE *file, char byte)
{
	switch (byte) {
	case '<':
		fputs("&lt;", file);
		break;
	case '>':
		fputs("&gt;", file);
		break;
	case '&':
		fputs("&amp;", file);
		break;
	case '"':
		fputs("&quot;", file);
		break;
	default:
		fputc(byte, file);
	}
}

/* No escape makes control characters valid in XML 1.0, nor U+FFFE and U+FFFF. */
static void put_text(FILE *file, const char *text)
{
	for (; *text; text = printable_next(text)) {
		size_t length = printable_character(text);

		if (length > 1)
			fwrite(text, 1, length, file);
		else
			put_escaped(file, length ? *text : '?');
	}
}

static void put_attribute(FILE *file, const char *name, const char *text)
{
	fprintf(file, " %s=\"", name);
	put_text(file, text);
	fputc('"', file);
}

static void put_counts(FILE *file, const struct results *results)
{
	fprintf(file, " tests=\"%zu\" failures=\"%zu\" errors=\"0\"", results->count,
		results->of[OUTCOME_NOT_OK]);
}

static void put_case(FILE *file, const struct results *results, const struct result *result)
{
	fputs("    <testcase", file);
	put_attribute(file, "classname", results->subject);
	put_attribute(file, "name", result->claim->text);
	fputs(">\n", file);
	if (result->outcome != OUTCOME_OK) {
		bool failed = result->outcome == OUTCOME_NOT_OK;

		fputs(failed ? "      <failure" : "      <skipped", file);
		if (failed)
			put_attribute(file, "type", "assertion");
		put_attribute(file, "message", result->evidence);
		fputs("/>\n", file);
	}
	fprintf(file, "      <system-out>%s: ", outcome_names[result->outcome]);
	put_text(file, result->evidence);
	fputs("</system-out>\n    </testcase>\n", file);
}

static void put_all(FILE *file, const struct results *results)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", file);
	put_attribute(file, "name", "fairport-assert");
	put_counts(file, results);
	fputs(">\n  <testsuite", file);
	put_attribute(file, "name", results->subject);
	put_counts(file, results);
	/* Jenkins's schema (xunit-plugin, junit-10.xsd) has this one here alone. */
	fprintf(file, " skipped=\"%zu\">\n", results->of[OUTCOME_INCONCLUSIVE]);
	for (size_t i = 0; i < results->count; i++)
		put_case(file, results, &results->list[i]);
	fputs("  </testsuite>\n</testsuites>\n", file);
}

int output_junit(const struct results *results, const char *path)
{
	FILE *file;
	int error = 0;

	if (strcmp(path, "-") == 0) {
		put_all(stdout, results);
		return 0;
	}
	file = fopen(path, "we");
	if (!file)
		return -errno;
	put_all(file, results);
	errno = 0;
	if (fflush(file) != 0 || ferror(file))
		error = errno ? -errno : -EIO;
	if (fclose(file) != 0 && !error)
		error = -errno;
	return error;
}
