#include "receiver/samples.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/message.h"
#include "common/ndjson.h"
#include "receiver/account.h"

#define SHOWN 60 /* bytes of a line */

void samples_record(const struct account *account, struct ndjson *out)
{
	ndjson_open_array(out, "rejected_samples");
	for (uint32_t i = 0; i < account->samples_kept; i++) {
		const struct sample *sample = &account->samples[i];

		ndjson_open_object(out, NULL);
		ndjson_string(out, "reason", sample->reason);
		if (sample->column)
			ndjson_uint(out, "column", sample->column);
		ndjson_uint(out, "length", sample->length);
		ndjson_text(out, "line", sample->line,
			    sample->length < SAMPLE_LINE ? sample->length : SAMPLE_LINE);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

void samples_show(const struct account *account, const char *who)
{
	for (uint32_t i = 0; i < account->samples_kept; i++) {
		const struct sample *sample = &account->samples[i];
		char text[SHOWN + 1], where[32] = "";
		size_t kept = sample->length < SHOWN ? sample->length : SHOWN;

		for (size_t c = 0; c < kept; c++)
			text[c] = sample->line[c] >= ' ' && sample->line[c] < 0x7f ? sample->line[c]
										   : '?';
		text[kept] = '\0';
		if (sample->column)
			snprintf(where, sizeof(where), " at column %" PRIu32, sample->column);
		message_warning("%s rejected \"%s%s\"%s: %s", who, text,
				kept < sample->length ? "..." : "", where, sample->reason);
	}
}
