/* The results for people. */
#include "analysis/assert/claim.h"
#include "analysis/assert/output.h"
#include "analysis/paragraph.h"

#define INDENT 14

void output_text(const struct results *results)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct result *result = &results->list[i];

		paragraph(INDENT, outcome_names[result->outcome], "%s: %s", result->claim->text,
			  result->evidence);
	}
}
