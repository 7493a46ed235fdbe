#include "common/record.h"

#include "common/ndjson.h"
#include "lab/doctor/host.h"
#include "lab/doctor/options.h"
#include "lab/doctor/report.h"

void record_header(struct ndjson *out, const struct doctor_options *options,
		   const struct host *host, int argc, char **argv)
{
	record_begin_header(out, &doctor_program, options, argc, argv);
	ndjson_uint(out, "netns", host->netns);
	ndjson_end(out);
}

static void record_value(struct ndjson *out, const struct value *value)
{
	switch (value->kind) {
	case VALUE_COUNT:
		ndjson_uint(out, value->key, value->count);
		break;
	case VALUE_BOOL:
		ndjson_bool(out, value->key, value->count != 0);
		break;
	case VALUE_TEXT:
		ndjson_string(out, value->key, value->text);
		break;
	}
}

void record_finding(struct ndjson *out, size_t index, const struct finding *finding)
{
	ndjson_begin(out, "check");
	ndjson_string(out, "name", checks[index].name);
	ndjson_string(out, "family", check_family(index));
	ndjson_string(out, "level", level_names[finding->level]);
	ndjson_string(out, "finding", finding->text);
	ndjson_string(out, "remedy", finding->remedy[0] ? finding->remedy : NULL);
	ndjson_open_object(out, "values");
	for (size_t i = 0; i < finding->count; i++)
		record_value(out, &finding->values[i]);
	ndjson_close_object(out);
	ndjson_end(out);
}

void record_tally(struct ndjson *out, const struct host *host, const struct tally *tally)
{
	ndjson_begin(out, "summary");
	ndjson_string(out, "reason", tally->left_out ? "interrupted" : "done");
	ndjson_string(out, "tier", tier_names[host->tier]);
	ndjson_uint(out, "ok", tally->by_level[LEVEL_OK]);
	ndjson_uint(out, "notes", tally->by_level[LEVEL_NOTE]);
	ndjson_uint(out, "problems", tally->by_level[LEVEL_PROBLEM]);
	ndjson_uint(out, "left_out", tally->left_out);
	ndjson_end(out);
}
