#include "analysis/read/sequence.h"

#include <stddef.h>

const char *sequence_check(const struct sequence *sequence, uint64_t elapsed, uint64_t length)
{
	if (length > elapsed)
		return "an interval that is longer than the time until its end";
	if (sequence->begun && elapsed <= sequence->end)
		return "an interval that does not end later than the one before";
	if (elapsed - length < sequence->end)
		return "an interval that begins before the one before it ended";
	return NULL;
}

const char *sequence_advance(struct sequence *sequence, uint64_t elapsed, uint64_t length)
{
	uint64_t before = sequence->end;

	*sequence = (struct sequence){ .end = elapsed, .begun = true };
	return elapsed - length > before ? "what happened just before this interval is missing"
					 : NULL;
}
