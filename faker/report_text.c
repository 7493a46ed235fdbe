#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/message.h"
#include "common/units.h"
#include "faker/options.h"
#include "faker/plan.h"
#include "faker/report.h"
#include "faker/run.h"
#include "faker/lines/schema.h"

/* How long a run with an end goes on; "" where that is not known, or years. */
static const char *time_left(char text[static UNITS_TEXT], const struct fake_options *options,
			     const struct sent *total, uint64_t elapsed, double pps)
{
	double left = INFINITY;

	text[0] = '\0';
	if (options->count && pps > 0)
		left = ((double)options->count - (double)total->packets) / pps;
	if (options->duration > elapsed)
		left = fmin(left, (double)(options->duration - elapsed) / NS_PER_SECOND);
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

static void print_rate(const struct fake_options *options)
{
	char from[UNITS_TEXT], to[UNITS_TEXT];

	if (options->rate.from == 0)
		printf("Rate         as fast as possible");
	else if (options->rate.from == options->rate.to)
		printf("Rate         %s packets/s",
		       units_grouped(from, (uint64_t)options->rate.from));
	else
		printf("Rate         %s to %s packets/s",
		       units_grouped(from, (uint64_t)options->rate.from),
		       units_grouped(to, (uint64_t)options->rate.to));
	if (options->arrivals.kind != ARRIVALS_CONSTANT)
		printf(", arrivals %s", options->arrivals.text);
	putchar('\n');
}

static void print_data(const struct plan *plan)
{
	const struct fake_options *options = plan->options;

	if (options->replay)
		printf("Data         replay of %s%s\n", options->replay,
		       options->loop ? ", again and again" : "");
	else
		printf("Data         schema %s\n", plan->schema->name);
	if (options->packet_size && plan->lines)
		printf("Packets      %" PRIu64 " lines in %" PRIu64 " bytes\n", plan->lines,
		       options->packet_size);
	else if (options->packet_size)
		printf("Packets      %" PRIu64 " bytes, as many lines as fit\n",
		       options->packet_size);
	else
		printf("Packets      %" PRIu64 " line%s each\n", plan->lines,
		       plan->lines == 1 ? "" : "s");
	if (options->invalid > 0)
		printf("Invalid      %g %% of the lines\n", 100 * options->invalid);
	if (options->sequence)
		printf("Sender       %" PRIu64 "%s\n", options->sender,
		       options->threads > 1 ? " and following" : "");
}

void report_parameters(const struct plan *plan)
{
	const struct fake_options *options = plan->options;
	char text[ADDRESS_TEXT], number[UNITS_TEXT], source[SOURCE_TEXT];
	const bool tcp = options->protocol == PROTOCOL_TCP;

	printf("Target       %s (%s)\n", address_text(text, &plan->target), tcp ? "TCP" : "UDP");
	printf("Source       %s: %s", options->source.text,
	       source_meaning(&options->source, source));
	if (options->source_addr)
		printf(", from %s", options->source_addr);
	if (options->popularity.kind != POPULARITY_IN_TURN)
		printf(", %s", options->popularity.text);
	putchar('\n');
	if (!tcp)
		printf("Engine       %s: %s\n"
		       "             (%s)\n",
		       plan->engine->name, plan->engine->meaning, plan->engine_why);
	if (options->threads > 1)
		printf("Threads      %" PRIu64 "\n", options->threads);
	print_rate(options);
	if (options->count)
		printf("Count        %s packet%s\n", units_grouped(number, options->count),
		       options->count == 1 ? "" : "s");
	if (options->duration)
		printf("Duration     %s\n", units_duration_text(number, options->duration));
	print_data(plan);
	printf("Seed         %" PRIu64 "\n\n", options->seed);
	message_flush_output();
}

static void print_quantiles(const char *label, const struct histogram *histogram)
{
	char p50[UNITS_TEXT], p99[UNITS_TEXT], most[UNITS_TEXT];

	if (histogram->count)
		printf("%-12s p50 %s, p99 %s, max %s\n", label,
		       units_duration_text(p50, histogram_quantile(histogram, 0.5)),
		       units_duration_text(p99, histogram_quantile(histogram, 0.99)),
		       units_duration_text(most, histogram->max));
}

static void print_flows(const struct flows *flows)
{
	char number[UNITS_TEXT], effective[UNITS_TEXT];

	printf("Flows        %s%s (effective %s)\n", flows->untracked ? "some " : "",
	       units_grouped(number, flows_number(flows)),
	       units_grouped(effective, (uint64_t)(flows_effective(flows) + 0.5)));
}

static void print_tcp(const struct fake_options *options, const struct tcp_results *tcp)
{
	const struct tcp_counts *counts = &tcp->counts;
	char number[UNITS_TEXT], more[UNITS_TEXT];

	printf("Connections  %s (%s established)\n", units_grouped(number, counts->connections),
	       units_grouped(more, counts->established));
	for (const struct counter *row = tcp_counters; row->key; row++) {
		uint64_t count = *(const uint64_t *)((const char *)counts + row->offset);

		if (row->offset < offsetof(struct tcp_counts, completed) ||
		    row->offset >= offsetof(struct tcp_counts, replies) || count == 0)
			continue;
		printf("  %-14s %s\n", row->key, units_grouped(number, count));
	}
	print_quantiles("Connect", &tcp->connect);
	if (!options->expect_echo)
		return;
	printf("Replies      %s right", units_grouped(number, counts->replies));
	printf(", %s wrong", units_grouped(number, counts->wrong_replies));
	printf(", %s missing\n", units_grouped(number, counts->missing_replies));
	print_quantiles("Reply", &tcp->reply);
}

/* What is not 0 only where something went another way than usual. */
static void print_exceptions(const struct result *result)
{
	const struct sent *sent = &result->sent;
	char number[UNITS_TEXT], name[ERROR_NAME];

	if (sent->invalid_lines)
		printf("Invalid      %s line%s\n", units_grouped(number, sent->invalid_lines),
		       sent->invalid_lines == 1 ? "" : "s");
	if (sent->short_packets)
		printf("Short        %s packet%s fewer lines than --lines\n",
		       units_grouped(number, sent->short_packets),
		       sent->short_packets == 1 ? " holds" : "s hold");
	if (sent->unsent_packets)
		printf("Unsent       %s packet%s: connections failed or were given up\n",
		       units_grouped(number, sent->unsent_packets),
		       sent->unsent_packets == 1 ? "" : "s");
	printf("Send errors  %s\n", units_grouped(number, sent->send_errors));
	for (size_t i = 0; i < ERROR_KINDS && result->errors.kinds[i].count; i++)
		printf("  %-16s %s\n", errors_name(result->errors.kinds[i].number, name),
		       units_grouped(number, result->errors.kinds[i].count));
	if (result->errors.other)
		printf("  %-16s %s\n", "other", units_grouped(number, result->errors.other));
}

void report_text(const struct plan *plan, const struct result *result)
{
	const struct sent *sent = &result->sent;
	char packets[UNITS_TEXT], bytes[UNITS_TEXT], lines[UNITS_TEXT], time[UNITS_TEXT];
	double pps = clock_rate(sent->packets, result->elapsed);

	printf("Sent         %s packet%s, %s line%s, %s in %s\n",
	       units_grouped(packets, sent->packets), sent->packets == 1 ? "" : "s",
	       units_grouped(lines, sent->lines), sent->lines == 1 ? "" : "s",
	       units_size_text(bytes, sent->bytes), units_duration_text(time, result->elapsed));
	printf("Ended by     %s\n", stop_reason_text(result->reason));
	printf("Achieved     %s packets/s", units_grouped(packets, (uint64_t)(pps + 0.5)));
	if (result->due > 0)
		printf(", %.1f %% of the requested rate",
		       100 * (double)sent->packets / result->due);
	printf("\nCalls        %s", units_grouped(packets, sent->calls));
	if (sent->calls)
		printf(", %.4g packet%s each", (double)sent->packets / (double)sent->calls,
		       sent->packets == sent->calls ? "" : "s");
	putchar('\n');
	print_quantiles("Lateness", &result->late);
	print_flows(&result->flows);
	if (plan->options->protocol == PROTOCOL_TCP)
		print_tcp(plan->options, &result->tcp);
	print_exceptions(result);
}
