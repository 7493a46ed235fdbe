/* The results as TAP (testanything.org), with a YAML block for each. */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/assert/claim.h"
#include "analysis/assert/output.h"

/* A '#' would begin a directive. */
static void print_description(const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	}
}

static void print_quoted(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	}
	putchar('"');
}

void output_tap(const struct results *results)
{
	printf("TAP version 13\n1..%zu\n", results->count);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];

		printf("%s %zu - ", result->outcome == OUTCOME_OK ? "ok" : "not ok", i + 1);
		print_description(result->claim->text);
		printf("\n  ---\n  outcome: %s\n  evidence: ", outcome_names[result->outcome]);
		print_quoted(result->evidence);
		if (result->more_flows)
			printf("\n  more_flows: %" PRIu64, result->more_flows);
		printf("\n  ...\n");
	}
}
