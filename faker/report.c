#include "faker/report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "common/units.h"
#include "faker/options.h"
#include "faker/run.h"

/* Below this share of the requested rate the sender, not the receiver, set the pace. */
#define RATE_HELD 0.99

static bool sender_limited(const struct fake_options *options, const struct result *result)
{
	return options->rate && clock_rate(result->sent.packets, result->elapsed) <
					RATE_HELD * (double)options->rate;
}

void report_header(struct ndjson *out, const struct fake_options *options,
		   const struct address *target, int argc, char **argv)
{
	char text[ADDRESS_TEXT];

	record_begin_header(out, &fake_program, options, argc, argv);
	ndjson_string(out, "target", address_text(text, target));
	ndjson_uint(out, "seed", options->seed);
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

static void record_errors(struct ndjson *out, const struct result *result)
{
	ndjson_open_object(out, "errors");
	for (size_t i = 0; i < ERROR_KINDS && result->errors[i].count; i++)
		ndjson_uint(out, strerrorname_np(result->errors[i].number),
			    result->errors[i].count);
	ndjson_close_object(out);
}

void report_summary(struct ndjson *out, const struct fake_options *options,
		    const struct result *result)
{
	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", result->elapsed);
	ndjson_string(out, "reason", stop_reason_text(result->reason));
	counters_record(sent_counters, out, &result->sent);
	record_errors(out, result);
	ndjson_double(out, "requested_pps", options->rate ? (double)options->rate : (double)NAN);
	ndjson_double(out, "rate_pps", clock_rate(result->sent.packets, result->elapsed));
	ndjson_bool(out, "limited", sender_limited(options, result));
	histogram_record(&result->late, out, "late_ns");
	ndjson_uint(out, "flows", result->flows);
	ndjson_uint(out, "flows_untracked_packets", result->flows_untracked);
	ndjson_double(out, "effective_flows", result->effective_flows);
	ndjson_end(out);
}

/* How long a run with an end goes on; "" where that is not known, or years. */
static const char *time_left(char text[static UNITS_TEXT], const struct fake_options *options,
			     const struct sent *total, uint64_t elapsed, double pps)
{
	double left = 0;

	text[0] = '\0';
	if (options->count && pps > 0)
		left = (double)(options->count - total->packets) / pps;
	else if (options->duration > elapsed)
		left = (double)(options->duration - elapsed) / NS_PER_SECOND;
	if (left <= 0 || left > 1e8)
		return text;
	return units_duration_text(text, (uint64_t)(left * NS_PER_SECOND));
}

void report_progress(const struct fake_options *options, const struct sent *delta,
		     const struct sent *total, uint64_t elapsed, uint64_t delta_ns)
{
	char packets[UNITS_TEXT], rate[UNITS_TEXT], left[UNITS_TEXT];
	double pps = clock_rate(delta->packets, delta_ns);

	time_left(left, options, total, elapsed, pps);
	message_progress("%s packets, %s/s%s%s%s", units_grouped(packets, total->packets),
			 units_grouped(rate, (uint64_t)pps), left[0] ? ", " : "", left,
			 left[0] ? " left" : "");
}

void report_parameters(const struct fake_options *options, const struct address *target)
{
	char text[ADDRESS_TEXT], number[UNITS_TEXT];

	printf("Target       %s (UDP)\n", address_text(text, target));
	printf("Source       %s: %s%s%s\n", source_names[options->source],
	       source_meaning(options->source), options->source_addr ? ", from " : "",
	       options->source_addr ? options->source_addr : "");
	if (options->rate)
		printf("Rate         %s packets/s\n", units_grouped(number, options->rate));
	else
		printf("Rate         as fast as possible\n");
	if (options->count)
		printf("Count        %s packets\n", units_grouped(number, options->count));
	if (options->duration)
		printf("Duration     %s\n", units_duration_text(number, options->duration));
	printf("Lines        %" PRIu64 " a packet\n", options->lines);
	printf("Seed         %" PRIu64 "\n\n", options->seed);
	fflush(stdout);
}

void report_text(const struct fake_options *options, const struct result *result)
{
	const struct sent *sent = &result->sent;
	char packets[UNITS_TEXT], bytes[UNITS_TEXT], lines[UNITS_TEXT], time[UNITS_TEXT];
	char p50[UNITS_TEXT], p99[UNITS_TEXT], most[UNITS_TEXT];
	double pps = clock_rate(sent->packets, result->elapsed);

	printf("Sent         %s packets, %s lines, %s in %s (ended by: %s)\n",
	       units_grouped(packets, sent->packets), units_grouped(lines, sent->lines),
	       units_size_text(bytes, sent->bytes), units_duration_text(time, result->elapsed),
	       stop_reason_text(result->reason));
	printf("Achieved     %s packets/s", units_grouped(packets, (uint64_t)(pps + 0.5)));
	if (options->rate)
		printf(", %.1f %% of the requested rate", 100 * pps / (double)options->rate);
	putchar('\n');
	if (result->late.count)
		printf("Lateness     p50 %s, p99 %s, max %s\n",
		       units_duration_text(p50, histogram_quantile(&result->late, 0.5)),
		       units_duration_text(p99, histogram_quantile(&result->late, 0.99)),
		       units_duration_text(most, result->late.max));
	printf("Flows        %s", units_grouped(packets, result->flows));
	if (result->flows_untracked)
		printf(" and %s packets of further ones",
		       units_grouped(lines, result->flows_untracked));
	printf(" (effective %s)\n",
	       units_grouped(bytes, (uint64_t)(result->effective_flows + 0.5)));
	if (sent->short_packets)
		printf("Short        %s packets hold fewer lines than --lines\n",
		       units_grouped(packets, sent->short_packets));
	printf("Send errors  %s\n", units_grouped(packets, sent->send_errors));
	for (size_t i = 0; i < ERROR_KINDS && result->errors[i].count; i++)
		printf("  %-16s %s\n", strerrorname_np(result->errors[i].number),
		       units_grouped(packets, result->errors[i].count));
}

void report_hint(int error, const struct fake_options *options)
{
	switch (error) {
	case ECONNREFUSED:
		message_hint("nothing listens there; see 'ss -lun'");
		break;
	case EADDRNOTAVAIL:
		message_hint("the host must own every address of --source-addr %s; "
			     "127.0.0.0/8 belongs to every host's loopback",
			     options->source_addr ? options->source_addr : "");
		break;
	case EMFILE:
	case ENFILE:
		message_hint("raise the limit of open files: ulimit -n");
		break;
	case EPERM:
		message_hint("a packet filter refuses it; see 'nft list ruleset'");
		break;
	default:
		break;
	}
}

/* Each ECONNREFUSED says that an earlier packet met no socket. */
bool report_unheard(const struct result *result)
{
	for (size_t i = 0; i < ERROR_KINDS; i++)
		if (result->errors[i].number == ECONNREFUSED)
			return result->errors[i].count > result->sent.packets / 2;
	return false;
}

void report_problems(const struct fake_options *options, const struct address *target,
		     const struct result *result)
{
	char text[ADDRESS_TEXT], count[UNITS_TEXT];

	for (size_t i = 0; i < ERROR_KINDS && result->errors[i].count; i++) {
		int error = result->errors[i].number;

		message_warning("sending to %s failed %s times: %s", address_text(text, target),
				units_grouped(count, result->errors[i].count), strerror(error));
		report_hint(error, options);
	}
	if (result->reason == STOP_FAILED)
		message_error("gave up sending to %s: %s", address_text(text, target),
			      strerror(-result->failure));
	if (report_unheard(result))
		message_error("nobody listens on %s: the packets were lost",
			      address_text(text, target));
	if (result->sent.short_packets)
		message_warning("%s packets hold fewer than %" PRIu64
				" lines: a datagram ends at 65,507 bytes",
				units_grouped(count, result->sent.short_packets), options->lines);
	if (sender_limited(options, result))
		message_warning("the sender was the limit: it reached %.0f of %" PRIu64
				" packets/s",
				clock_rate(result->sent.packets, result->elapsed), options->rate);
}
