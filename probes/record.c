#include "probes/report.h"

#include "common/counters.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "probes/options.h"
#include "probes/receptions.h"
#include "probes/table.h"
#include "probes/watch.h"

void record_header(struct ndjson *out, const struct probe_options *options, uint32_t netns,
		   int argc, char **argv)
{
	record_begin_header(out, &probe_program, options, argc, argv);
	ndjson_uint(out, "port", options->port);
	ndjson_uint(out, "netns", netns);
	ndjson_end(out);
}

void record_interval(struct ndjson *out, const struct table *delta, uint64_t elapsed,
		     uint64_t interval)
{
	record_begin_interval(out, elapsed, interval);
	counters_record(reception_counters, out, &delta->total);
	ndjson_open_array(out, "workers");
	for (size_t i = 0; i < delta->count; i++) {
		const struct worker *row = &delta->rows[i];

		ndjson_open_object(out, NULL);
		ndjson_uint(out, "pid", row->pid);
		ndjson_uint(out, "cookie", row->cookie);
		counters_record(reception_counters, out, &row->total);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	ndjson_end(out);
}

static void record_call(struct ndjson *out, enum reception_call call,
			const struct reception_counters *counters)
{
	ndjson_open_object(out, reception_call_names[call]);
	counters_record(reception_counters, out, counters);
	ndjson_close_object(out);
}

static void record_worker(struct ndjson *out, const struct worker *row)
{
	ndjson_begin(out, "worker");
	ndjson_uint(out, "pid", row->pid);
	ndjson_string(out, "comm", row->command);
	ndjson_uint(out, "cookie", row->cookie);
	counters_record(reception_counters, out, &row->total);
	ndjson_open_object(out, "by_call");
	for (size_t call = 0; call < RECEPTION_CALLS; call++)
		record_call(out, call, &row->by_call[call]);
	ndjson_close_object(out);
	ndjson_end(out);
}

void record_totals(struct ndjson *out, const struct table *totals,
		   const struct watch_result *result, const struct receptions_lost *lost)
{
	for (size_t i = 0; i < totals->count; i++)
		record_worker(out, &totals->rows[i]);
	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", result->elapsed);
	ndjson_string(out, "reason", result->end == WATCH_INTERRUPTED ? "interrupted" : "duration");
	ndjson_uint(out, "workers", totals->count);
	counters_record(reception_counters, out, &totals->total);
	ndjson_open_object(out, "by_call");
	for (size_t call = 0; call < RECEPTION_CALLS; call++) {
		struct reception_counters counters = table_call_total(totals, call);

		record_call(out, call, &counters);
	}
	ndjson_close_object(out);
	ndjson_uint(out, "lost_events", lost->lost_events);
	ndjson_uint(out, "missed_events", lost->missed_events);
	ndjson_end(out);
}
