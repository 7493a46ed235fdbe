/* Both ledgers, the counters and the rates. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/paragraph.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "analysis/text.h"
#include "common/units.h"

#define ENTRIES_LIMIT 16
#define HALF          (PARAGRAPH_COLUMNS / 2)

/* One ledger as lines of text, all HALF columns wide or shorter. */
struct column {
	char lines[ENTRIES_LIMIT][2 * HALF];
	size_t count;
};

/* With "-" where it is negative, "?" where unknown. */
static const char *amount_text(char buffer[static UNITS_TEXT], const struct amount *amount)
{
	char digits[UNITS_TEXT];

	if (!amount->known)
		return "?";
	units_grouped(digits,
		      amount->value < 0 ? -(uint64_t)amount->value : (uint64_t)amount->value);
	snprintf(buffer, UNITS_TEXT, "%s%.30s", amount->value < 0 ? "-" : "", digits);
	return buffer;
}

static int amounts_width(const struct ledger_row *rows, const void *ledger)
{
	char text[UNITS_TEXT];
	int widest = 0;

	for (; rows->key; rows++) {
		int width = (int)strlen(amount_text(text, ledger_amount(ledger, rows)));

		if (rows->label && width > widest)
			widest = width;
	}
	return widest;
}

static void fill(struct column *column, const struct ledger_row *rows, const void *ledger)
{
	int width = amounts_width(rows, ledger);
	const char *sign = "=";

	column->count = 0;
	for (; rows->key && column->count < ENTRIES_LIMIT; rows++) {
		const struct amount *amount = ledger_amount(ledger, rows);
		char text[UNITS_TEXT];
		bool outcome = rows->side != LEDGER_SENT && rows->side != LEDGER_BESIDE;

		if (!rows->label || (!rows->always && (!amount->known || amount->value == 0)))
			continue;
		snprintf(column->lines[column->count++], sizeof(column->lines[0]), "  %s %*s  %s",
			 outcome ? sign : " ", width, amount_text(text, amount), rows->label);
		if (outcome)
			sign = "+";
	}
}

static void print_ledger(const char *name, const struct column *column)
{
	printf("%s\n", name);
	for (size_t i = 0; i < column->count; i++)
		printf("%s\n", column->lines[i]);
	putchar('\n');
}

/* A TCP stream has no packets to account for, and what a probe sees are no lines. */
static void print_ledgers(const struct analysis *analysis, const struct run *run)
{
	struct column left, right;

	fill(&left, packet_rows, &analysis->packets);
	fill(&right, line_rows, &analysis->lines);
	if (run->tcp || run->from_probe) {
		if (!run->tcp)
			print_ledger("Packets", &left);
		if (!run->from_probe)
			print_ledger("Lines", &right);
		return;
	}
	printf("%-*s%s\n", HALF, "Packets", "Lines");
	for (size_t i = 0; i < left.count || i < right.count; i++) {
		if (i < right.count)
			printf("%-*s%s\n", HALF, i < left.count ? left.lines[i] : "",
			       right.lines[i]);
		else
			printf("%s\n", left.lines[i]);
	}
	putchar('\n');
}

static void add_counter(char *text, size_t size, const char *name,
			const struct counter_check *check, uint64_t count)
{
	char number[UNITS_TEXT];
	size_t used = strlen(text);

	if (check->present)
		snprintf(text + used, size - used, "%s%s %s%s", used ? ", " : "", name,
			 units_grouped(number, count),
			 check->agree == ANSWER_NO ? " (differs)" : "");
}

static void print_counters(const struct run *run, const struct agreement *agreement)
{
	static const char *const words[] = {
		[ANSWER_UNKNOWN] = "nothing to compare",
		[ANSWER_NO] = "DISAGREE",
		[ANSWER_YES] = "agree",
	};
	const struct {
		const char *name;
		const struct counter_check *check;
		uint64_t count;
	} all[] = {
		{ "workers", &agreement->workers, run_units(run, &run->total) },
		{ "probe", &agreement->probe, agreement->probe.packets },
		{ "bpftrace", &agreement->bpftrace, agreement->bpftrace.packets },
	};
	bool beside = agreement->probe.present || agreement->bpftrace.present;
	char text[256] = "";

	if (run->from_probe) {
		paragraph(TEXT_LABEL, "Counters", "the probe alone: %s",
			  units_grouped(text, run_units(run, &run->total)));
		return;
	}
	for (size_t i = 0; i < 3; i++)
		add_counter(text, sizeof(text), all[i].name, all[i].check, all[i].count);
	paragraph(TEXT_LABEL, "Counters", "%s: %s",
		  beside ? words[agreement->all] : "nobody counted beside the workers", text);
	for (size_t i = 0; i < 3; i++)
		if (all[i].check->difference[0])
			paragraph(TEXT_LABEL, "", "%s: %s", all[i].name, all[i].check->difference);
}

static void add_rate(char *text, size_t size, const char *format, double rate)
{
	char number[UNITS_TEXT];
	size_t used = strlen(text);

	if (!isfinite(rate))
		return;
	if (used)
		used += (size_t)snprintf(text + used, size - used, ", ");
	snprintf(text + used, size - used, format, units_grouped(number, (uint64_t)(rate + 0.5)));
}

static void print_latency(const struct run *run, const char *key, const char *to)
{
	const json_t *latency = json_object_get(run->receive_summary, key);
	char p50[UNITS_TEXT], p99[UNITS_TEXT], most[UNITS_TEXT];
	uint64_t count, median, high, max;

	if (!record_count(latency, "count", &count) || count == 0 ||
	    !record_count(latency, "p50", &median) || !record_count(latency, "p99", &high) ||
	    !record_count(latency, "max", &max))
		return;
	paragraph(TEXT_LABEL, "Latency", "time stamp to %s: p50 %s, p99 %s, max %s", to,
		  units_duration_text(p50, median), units_duration_text(p99, high),
		  units_duration_text(most, max));
}

static void print_rates(const struct run *run, const struct rates *rates)
{
	char text[256] = "";

	add_rate(text, sizeof(text), "sent %s/s", rates->sent_pps);
	if (json_is_true(json_object_get(run->sender.summary, "limited")))
		add_rate(text, sizeof(text), "requested %s/s", rates->requested_pps);
	add_rate(text, sizeof(text), "received %s/s", rates->received_pps);
	if (run->total.stored)
		add_rate(text, sizeof(text), "stored %s rows/s", rates->stored_rows_per_s);
	if (*text)
		paragraph(TEXT_LABEL, "Rates", "%s", text);
	print_latency(run, "latency_ns", "reception");
	print_latency(run, "committed_ns", "commit");
}

static void print_send_errors(const struct amount *errors)
{
	char text[UNITS_TEXT];

	if (errors->value)
		paragraph(TEXT_LABEL, "Sender", "%s sends failed; they are no packets",
			  amount_text(text, errors));
}

void text_accounts(const struct run *run, const struct analysis *analysis)
{
	print_ledgers(analysis, run);
	print_send_errors(&analysis->packets.send_errors);
	print_rates(run, &analysis->rates);
	print_counters(run, &analysis->agreement);
}
