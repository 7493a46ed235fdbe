#include <stdlib.h>

#include "common/clock.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "faker/options.h"
#include "faker/plan.h"
#include "faker/report.h"
#include "faker/run.h"

/* So many flows have a record of their own; the others are in the distribution. */
#define FLOW_RECORDS 1000

void report_header(struct ndjson *out, const struct plan *plan, int argc, char **argv)
{
	char text[ADDRESS_TEXT];

	record_begin_header(out, &fake_program, plan->options, argc, argv);
	ndjson_string(out, "target",
		      plan->options->target ? address_text(text, &plan->target) : NULL);
	ndjson_uint(out, "seed", plan->options->seed);
	ndjson_string(out, "engine", plan->engine->name);
	ndjson_string(out, "engine_why", plan->engine_why);
	ndjson_uint(out, "sources", plan->slots);
	ndjson_end(out);
}

void report_interval(struct ndjson *out, const struct sent *delta, uint64_t elapsed,
		     uint64_t delta_ns)
{
	record_begin_interval(out, elapsed, delta_ns);
	counters_record(sent_counters, out, delta);
	ndjson_double(out, "rate_pps", clock_rate(delta->packets, delta_ns));
	ndjson_end(out);
}

void report_flows(struct ndjson *out, const struct flows *flows)
{
	struct flow *heaviest = calloc(FLOW_RECORDS, sizeof(*heaviest));
	size_t count = heaviest ? flows_heaviest(flows, heaviest, FLOW_RECORDS) : 0;

	for (size_t i = 0; i < count; i++) {
		struct address address;
		char text[ADDRESS_TEXT];

		flow_address(&heaviest[i], &address);
		ndjson_begin(out, "flow");
		ndjson_string(out, "source", address_text(text, &address));
		ndjson_uint(out, "packets", heaviest[i].packets);
		ndjson_end(out);
	}
	free(heaviest);
}

/* How many packets the flows had. */
static void record_distribution(struct ndjson *out, const struct flows *flows)
{
	static struct histogram histogram;

	histogram = (struct histogram){ .count = 0 };
	for (uint32_t i = 0; i < flows->capacity; i++)
		if (flows->slots[i].packets)
			histogram_add(&histogram, flows->slots[i].packets);
	histogram_record(&histogram, out, "flow_packets");
}

static void record_tcp(struct ndjson *out, const struct tcp_results *tcp)
{
	ndjson_open_object(out, "tcp");
	counters_record(tcp_counters, out, &tcp->counts);
	histogram_record(&tcp->connect, out, "connect_ns");
	histogram_record(&tcp->reply, out, "reply_ns");
	ndjson_close_object(out);
}

void report_summary(struct ndjson *out, const struct plan *plan, const struct result *result)
{
	const struct sent *sent = &result->sent;

	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", result->elapsed);
	ndjson_string(out, "reason", stop_reason_text(result->reason));
	counters_record(sent_counters, out, sent);
	errors_record(&result->errors, out, "errors");
	ndjson_double(out, "requested_pps", report_requested_pps(result));
	ndjson_double(out, "rate_pps", clock_rate(sent->packets, result->elapsed));
	ndjson_bool(out, "limited", report_sender_limited(plan, result));
	ndjson_double(out, "packets_per_call",
		      sent->calls ? (double)sent->packets / (double)sent->calls : 0);
	histogram_record(&result->late, out, "late_ns");
	ndjson_uint(out, "flows", flows_number(&result->flows));
	ndjson_bool(out, "flows_estimated", result->flows.untracked > 0);
	ndjson_uint(out, "flows_untracked_packets", result->flows.untracked);
	ndjson_double(out, "effective_flows", flows_effective(&result->flows));
	record_distribution(out, &result->flows);
	if (plan->options->protocol == PROTOCOL_TCP)
		record_tcp(out, &result->tcp);
	ndjson_end(out);
}
