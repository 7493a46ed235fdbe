/* The results as NDJSON: header, a record for each claim, summary. */
#include "analysis/assert/claim.h"
#include "analysis/assert/options.h"
#include "analysis/assert/output.h"
#include "common/ndjson.h"
#include "common/record.h"

static void record_claim(struct ndjson *out, const struct result *result)
{
	static const char *const names[] = {
		[OUTCOME_OK] = "ok",
		[OUTCOME_NOT_OK] = "not-ok",
		[OUTCOME_INCONCLUSIVE] = "inconclusive",
	};

	ndjson_begin(out, "claim");
	ndjson_string(out, "claim", result->claim->text);
	ndjson_string(out, "outcome", names[result->outcome]);
	ndjson_string(out, "evidence", result->evidence);
	if (result->more_flows)
		ndjson_uint(out, "more_flows", result->more_flows);
	else
		ndjson_string(out, "more_flows", NULL);
	ndjson_end(out);
}

bool output_records(const struct results *results, const struct invocation *invocation,
		    const char *run)
{
	const struct assert_options *options = invocation->options;
	struct ndjson out;

	if (!options->json)
		return true;
	if (!record_open(&out, options->json, "assert", run))
		return false;
	record_begin_header(&out, &assert_program, options, invocation->argc, invocation->argv);
	ndjson_string(&out, "subject", results->subject);
	ndjson_end(&out);
	for (size_t i = 0; i < results->count; i++)
		record_claim(&out, &results->list[i]);
	ndjson_begin(&out, "summary");
	ndjson_uint(&out, "ok", results->of[OUTCOME_OK]);
	ndjson_uint(&out, "not_ok", results->of[OUTCOME_NOT_OK]);
	ndjson_uint(&out, "inconclusive", results->of[OUTCOME_INCONCLUSIVE]);
	ndjson_end(&out);
	return record_close(&out);
}
