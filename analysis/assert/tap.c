/* The results as TAP (testanything.org), with a YAML block for each. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/assert/claim.h"
#include "analysis/assert/output.h"
#include "analysis/printable.h"

/* With a backslash before what is one of SPECIAL. */
static void print_escaped(const char *text, const char *special)
{
	for (; *text; text = printable_next(text)) {
		size_t length = printable_character(text);

		if (strchr(special, *text))
			putchar('\\');
		if (length)
			fwrite(text, 1, length, stdout);
		else
			putchar('?');
	}
}

void output_tap(const struct results *results)
{
	printf("TAP version 13\n1..%zu\n", results->count);
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];

		printf("%s %zu - ", result->outcome == OUTCOME_OK ? "ok" : "not ok", i + 1);
		/* A '#' would begin a directive. */
		print_escaped(result->claim->text, "#\\");
		printf("\n  ---\n  outcome: %s\n  evidence: \"", outcome_names[result->outcome]);
		print_escaped(result->evidence, "\"\\");
		putchar('"');
		if (result->more_flows)
			printf("\n  more_flows: %" PRIu64, result->more_flows);
		printf("\n  ...\n");
	}
}
