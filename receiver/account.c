#include "receiver/slot.h"

#include <stdio.h>
#include <string.h>

void slot_reject(struct slot *slot, uint64_t *counter, const char *reason, uint32_t column,
		 const char *line, size_t length)
{
	struct sample *sample = &slot->samples[slot->samples_kept];

	(*counter)++;
	if (slot->samples_kept == SAMPLES)
		return;
	sample->reason = reason;
	sample->column = column;
	sample->length = (uint32_t)length;
	memcpy(sample->line, line, length < SAMPLE_LINE ? length : SAMPLE_LINE);
	slot->samples_kept++;
}

void slot_store_error(struct slot *slot, uint64_t lines, const char *text)
{
	slot->counts.store_errors += lines;
	if (slot->store_error[0] == '\0') {
		snprintf(slot->store_error, sizeof(slot->store_error), "%s", text);
		slot->store_error[strcspn(slot->store_error, "\n")] = '\0';
	}
}
