#include "receiver/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/units.h"
#include "receiver/group.h"
#include "receiver/options.h"
#include "receiver/pool.h"
#include "receiver/sink.h"

void report_header(struct ndjson *out, const struct receive_options *options,
		   const struct group *group, int argc, char **argv)
{
	char text[ADDRESS_TEXT];

	record_begin_header(out, &receive_program, options, argc, argv);
	ndjson_string(out, "address", address_text(text, &group->address));
	ndjson_uint(out, "port", address_port(&group->address));
	ndjson_uint(out, "rcvbuf_bytes", group->rcvbuf);
	ndjson_end(out);
}

static void record_identity(struct ndjson *out, size_t index, const struct slot *slot)
{
	ndjson_uint(out, "index", index);
	ndjson_int(out, "pid", slot->pid);
	ndjson_uint(out, "cookie", slot->cookie);
}

void report_interval(struct ndjson *out, const struct pool *pool, struct received *last,
		     uint64_t elapsed, uint64_t delta_ns, bool progress)
{
	struct received total = { .packets = 0 };
	char packets[UNITS_TEXT], stored[UNITS_TEXT];

	record_begin_interval(out, elapsed, delta_ns);
	ndjson_open_array(out, "workers");
	for (size_t i = 0; i < pool->count; i++) {
		struct received now, delta;

		counters_read(received_counters, &now, &pool->slots[i].counts);
		delta = now;
		counters_subtract(received_counters, &delta, &last[i]);
		last[i] = now;
		ndjson_open_object(out, NULL);
		record_identity(out, i, &pool->slots[i]);
		counters_record(received_counters, out, &delta);
		ndjson_close_object(out);
		counters_add(received_counters, &total, &delta);
	}
	ndjson_close_array(out);
	ndjson_double(out, "rate_pps", clock_rate(total.packets, delta_ns));
	ndjson_end(out);
	if (progress)
		message_progress("%s packets, %s rows stored in the last %.1f s",
				 units_grouped(packets, total.packets),
				 units_grouped(stored, total.stored),
				 (double)delta_ns / NS_PER_SECOND);
}

static void record_samples(struct ndjson *out, const struct slot *slot)
{
	ndjson_open_array(out, "rejected_samples");
	for (uint32_t i = 0; i < slot->samples_kept; i++) {
		const struct sample *sample = &slot->samples[i];

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

void report_sum(struct report_totals *totals, const struct pool *pool)
{
	*totals = (struct report_totals){ .counts = { .packets = 0 } };
	for (size_t i = 0; i < pool->count; i++) {
		counters_add(received_counters, &totals->counts, &pool->slots[i].counts);
		histogram_merge(&totals->latency, &pool->slots[i].latency);
	}
}

void report_end(struct ndjson *out, const struct pool *pool, const struct report_totals *totals)
{
	for (size_t i = 0; i < pool->count; i++) {
		const struct slot *slot = &pool->slots[i];

		ndjson_begin(out, "worker");
		record_identity(out, i, slot);
		counters_record(received_counters, out, &slot->counts);
		ndjson_uint(out, "pending", received_pending(&slot->counts));
		ndjson_uint(out, "rcvbuf_bytes", slot->rcvbuf);
		ndjson_uint(out, "peak_rss_bytes", slot->peak_rss);
		ndjson_int(out, "exit_status", slot->exit_status);
		ndjson_string(out, "store_error", slot->store_error[0] ? slot->store_error : NULL);
		histogram_record(&slot->latency, out, "latency_ns");
		record_samples(out, slot);
		ndjson_end(out);
	}
	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", pool->elapsed);
	ndjson_string(out, "reason", pool_reason_text(pool->reason));
	ndjson_uint(out, "workers", pool->count);
	ndjson_uint(out, "crashed", pool->crashed);
	counters_record(received_counters, out, &totals->counts);
	ndjson_uint(out, "pending", received_pending(&totals->counts));
	histogram_record(&totals->latency, out, "latency_ns");
	ndjson_end(out);
}

void report_parameters(const struct receive_options *options, const struct group *group)
{
	char text[ADDRESS_TEXT], size[UNITS_TEXT];

	printf("Address      %s (UDP)\n", address_text(text, &group->address));
	printf("Workers      %" PRIu64 ", a SO_REUSEPORT socket each\n", options->workers);
	printf("Buffers      %s each, as granted\n", units_size_text(size, group->rcvbuf / 2));
	printf("Sink         %s\n\n", sink_names[options->sink]);
	fflush(stdout);
}

static void print_row(const char *worker, const char *pid, const struct received *counts,
		      uint64_t all_packets, bool null_sink)
{
	char packets[UNITS_TEXT], lines[UNITS_TEXT], stored[UNITS_TEXT], rejected[UNITS_TEXT];
	char errors[UNITS_TEXT], drops[UNITS_TEXT], share[UNITS_TEXT] = "-";

	if (all_packets)
		snprintf(share, sizeof(share), "%.1f%%",
			 100 * (double)counts->packets / (double)all_packets);
	printf("%6s %8s %10s %6s %10s %10s %8s %6s %7s\n", worker, pid,
	       units_grouped(packets, counts->packets), share, units_grouped(lines, counts->lines),
	       units_grouped(stored, null_sink ? counts->discarded : counts->stored),
	       units_grouped(rejected, received_rejected(counts)),
	       units_grouped(errors, counts->store_errors), units_grouped(drops, counts->drops));
}

void report_text(const struct pool *pool, const struct report_totals *totals)
{
	const struct received *total = &totals->counts;
	const struct histogram *latency = &totals->latency;
	bool null_sink = sink_by_index(pool->options->sink) == &sink_null;
	char p50[UNITS_TEXT], p99[UNITS_TEXT], most[UNITS_TEXT];

	printf("%6s %8s %10s %6s %10s %10s %8s %6s %7s\n", "worker", "pid", "packets", "share",
	       "lines", null_sink ? "discarded" : "stored", "rejected", "errors", "drops");
	for (size_t i = 0; i < pool->count; i++) {
		char index[24], pid[16];

		snprintf(index, sizeof(index), "%zu", i);
		snprintf(pid, sizeof(pid), "%d", (int)pool->slots[i].pid);
		print_row(index, pid, &pool->slots[i].counts, total->packets, null_sink);
	}
	print_row("all", "", total, total->packets, null_sink);
	if (latency->count)
		printf("\nTime stamp to reception: p50 %s, p99 %s, max %s\n",
		       units_duration_text(p50, histogram_quantile(latency, 0.5)),
		       units_duration_text(p99, histogram_quantile(latency, 0.99)),
		       units_duration_text(most, latency->max));
	printf("%sEnded by: %s, after %.1f s; lines not accounted for: %" PRIu64 "\n",
	       latency->count ? "" : "\n", pool_reason_text(pool->reason),
	       (double)pool->elapsed / NS_PER_SECOND, received_pending(total));
}

static void show_samples(const struct slot *slot, size_t index)
{
	for (uint32_t i = 0; i < slot->samples_kept; i++) {
		const struct sample *sample = &slot->samples[i];
		char text[SAMPLE_LINE + 1], where[32] = "";
		size_t kept = sample->length < 60 ? sample->length : 60;

		for (size_t c = 0; c < kept; c++)
			text[c] = sample->line[c] >= ' ' && sample->line[c] < 0x7f ? sample->line[c]
										   : '?';
		text[kept] = '\0';
		if (sample->column)
			snprintf(where, sizeof(where), " at column %" PRIu32, sample->column);
		message_note("worker %zu rejected \"%s%s\"%s: %s", index, text,
			     sample->length > kept ? "..." : "", where, sample->reason);
	}
}

bool report_problems(const struct pool *pool, const struct report_totals *totals)
{
	const struct received *total = &totals->counts;
	uint64_t pending = received_pending(total);
	char count[UNITS_TEXT];
	bool surplus = false;

	for (size_t i = 0; i < pool->count; i++) {
		show_samples(&pool->slots[i], i);
		surplus |= received_settled(&pool->slots[i].counts) > pool->slots[i].counts.lines;
	}
	if (surplus)
		message_error("a worker accounts for more lines than it received");
	if (received_rejected(total))
		message_warning("%s lines were rejected",
				units_grouped(count, received_rejected(total)));
	if (total->drops) {
		message_warning("%s packets were dropped because a receive buffer was full",
				units_grouped(count, total->drops));
		message_hint("use a larger --rcvbuf, more workers, or more source ports");
	}
	if (total->in_queue)
		message_warning("%s packets were left in the queues: the sender did not stop",
				units_grouped(count, total->in_queue));
	if (total->store_errors)
		message_error("%s lines were received but not stored",
			      units_grouped(count, total->store_errors));
	if (pending)
		message_error("%s lines were in workers that died", units_grouped(count, pending));
	return pool->crashed || pool->reason == POOL_ABORTED || total->store_errors || pending ||
	       surplus;
}
