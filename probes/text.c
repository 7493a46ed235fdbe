#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/units.h"
#include "probes/options.h"
#include "probes/report.h"
#include "probes/table.h"
#include "probes/watch.h"

#define COLUMNS     80
#define NUMBER_TEXT 24
#define SHARE_WIDTH 6 /* of one worker in an interval line */

/* The final table. COMMAND, which is on the left, gives way where the numbers are wide. */
enum column { PID, COMMAND, COOKIE, CALLS, PACKETS, BYTES, EAGAIN_, ERRORS, SHARE, TABLE_COLUMNS };

static const char *const titles[TABLE_COLUMNS] = {
	[PID] = "PID",        [COMMAND] = "COMMAND", [COOKIE] = "COOKIE",
	[CALLS] = "CALLS",    [PACKETS] = "PACKETS", [BYTES] = "BYTES",
	[EAGAIN_] = "EAGAIN", [ERRORS] = "ERRORS",   [SHARE] = "SHARE",
};

struct line {
	char cells[TABLE_COLUMNS][NUMBER_TEXT];
};

/* Exact up to nine digits; the records are always exact. */
static void number_cell(char cell[static NUMBER_TEXT], uint64_t value)
{
	if (value < 1000000000)
		snprintf(cell, NUMBER_TEXT, "%" PRIu64, value);
	else
		snprintf(cell, NUMBER_TEXT, "%.2fG", (double)value / 1e9);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

void print_parameters(const struct probe_options *options)
{
	printf("Tracing receive calls on UDP port %" PRIu64 ". ^C ends.\n", options->port);
	if (!options->quiet)
		printf("%11s %13s %13s  %s\n", "ELAPSED", "PACKETS/S", "CALLS/S",
		       "SHARE OF EACH WORKER");
	fflush(stdout);
}

void print_interval(const struct table *delta, uint64_t elapsed, uint64_t interval)
{
	char time[UNITS_TEXT], packets[UNITS_TEXT], calls[UNITS_TEXT], rest[UNITS_TEXT];
	int used =
		printf("%11s %13s %13s", units_duration_text(time, elapsed),
		       units_grouped(packets, (uint64_t)clock_rate(delta->total.packets, interval)),
		       units_grouped(calls, (uint64_t)clock_rate(delta->total.calls, interval)));

	for (size_t i = 0; i < delta->count; i++) {
		int room = COLUMNS - used;
		int more = snprintf(rest, sizeof(rest), " (+%zu)", delta->count - i);

		/* Unless this one is the last, "(+N)" must fit behind it. */
		if (room < SHARE_WIDTH || (i + 1 < delta->count && room < SHARE_WIDTH + more)) {
			fputs(rest, stdout);
			break;
		}
		used += printf(" %3.0f%%",
			       percent(delta->rows[i].total.packets, delta->total.packets));
	}
	putchar('\n');
	fflush(stdout);
}

static void fill_counters(struct line *line, const struct reception_counters *counters,
			  uint64_t all_packets)
{
	number_cell(line->cells[CALLS], counters->calls);
	number_cell(line->cells[PACKETS], counters->packets);
	number_cell(line->cells[BYTES], counters->bytes);
	number_cell(line->cells[EAGAIN_], counters->eagain);
	number_cell(line->cells[ERRORS], counters->errors);
	snprintf(line->cells[SHARE], NUMBER_TEXT, "%.1f%%",
		 percent(counters->packets, all_packets));
}

static struct line worker_line(const struct worker *row, uint64_t all_packets)
{
	struct line line = { 0 };

	snprintf(line.cells[PID], NUMBER_TEXT, "%" PRIu64, row->pid);
	snprintf(line.cells[COMMAND], NUMBER_TEXT, "%s", row->command);
	snprintf(line.cells[COOKIE], NUMBER_TEXT, "%" PRIu64, row->cookie);
	fill_counters(&line, &row->total, all_packets);
	return line;
}

static struct line total_line(const struct table *totals)
{
	struct line line = { 0 };

	snprintf(line.cells[PID], NUMBER_TEXT, "total");
	fill_counters(&line, &totals->total, totals->total.packets);
	return line;
}

static struct line title_line(void)
{
	struct line line;

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		snprintf(line.cells[i], NUMBER_TEXT, "%s", titles[i]);
	return line;
}

static void widen(int widths[static TABLE_COLUMNS], const struct line *line)
{
	for (size_t i = 0; i < TABLE_COLUMNS; i++) {
		int width = (int)strlen(line->cells[i]);

		if (width > widths[i])
			widths[i] = width;
	}
}

static void fit(int widths[static TABLE_COLUMNS])
{
	int all = TABLE_COLUMNS - 1;

	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		all += widths[i];
	if (all > COLUMNS)
		widths[COMMAND] -= all - COLUMNS;
	if (widths[COMMAND] < 1)
		widths[COMMAND] = 1;
}

static void print_line(const struct line *line, const int widths[static TABLE_COLUMNS])
{
	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		printf("%s%*.*s", i ? " " : "", i == COMMAND ? -widths[i] : widths[i],
		       i == COMMAND ? widths[i] : NUMBER_TEXT, line->cells[i]);
	putchar('\n');
}

/* Which calls brought the packets, and what the table has no column for. */
static void print_remarks(const struct table *totals)
{
	const struct reception_counters *all = &totals->total;

	for (size_t call = 0; call < RECEPTION_CALLS; call++) {
		struct reception_counters counters = table_call_total(totals, call);

		if (counters.calls)
			printf("%s: %" PRIu64 " packets in %" PRIu64 " calls\n",
			       reception_call_names[call], counters.packets, counters.calls);
	}
	if (all->interrupted)
		printf("Calls that a signal interrupted: %" PRIu64 "\n", all->interrupted);
	if (all->peeks)
		printf("Packets looked at with MSG_PEEK, not counted: %" PRIu64 "\n", all->peeks);
}

void print_totals(const struct table *totals, const struct probe_options *options,
		  const struct watch_result *result)
{
	char time[UNITS_TEXT];
	int widths[TABLE_COLUMNS] = { 0 };
	struct line title = title_line(), total = total_line(totals);

	units_duration_text(time, result->elapsed);
	if (totals->count == 0) {
		printf("Nothing received on UDP port %" PRIu64 " in %s.\n", options->port, time);
		return;
	}
	printf("\nReceived on UDP port %" PRIu64 " in %s:\n", options->port, time);
	widen(widths, &title);
	widen(widths, &total);
	for (size_t i = 0; i < totals->count; i++) {
		struct line line = worker_line(&totals->rows[i], totals->total.packets);

		widen(widths, &line);
	}
	fit(widths);
	print_line(&title, widths);
	for (size_t i = 0; i < totals->count; i++) {
		struct line line = worker_line(&totals->rows[i], totals->total.packets);

		print_line(&line, widths);
	}
	print_line(&total, widths);
	print_remarks(totals);
}
