/* The numbers of each picture, as tables. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "analysis/report/flow_map.h"
#include "analysis/report/html_parts.h"
#include "analysis/report/latency.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "common/clock.h"
#include "common/units.h"

#define ROWS_LIMIT 256 /* of more, the first: all are in summary.json or the stream */

static void note_rest(FILE *out, size_t count, const char *what)
{
	if (count > ROWS_LIMIT)
		fprintf(out, "<p class=\"note\">%zu more %s are not shown.</p>\n",
			count - ROWS_LIMIT, what);
}

static void workers_table(FILE *out, const struct report *report)
{
	const struct run *run = report->run;
	const char *unit = run_unit(run, true);
	char columns[64];

	snprintf(columns, sizeof(columns), "#worker|#pid|#%s|#share|#drops", unit);
	html_table_open(out, "Workers", columns);
	for (size_t i = 0; i < run->worker_count && i < ROWS_LIMIT; i++) {
		fprintf(out,
			"<tr><th scope=\"row\" class=\"n\">%zu</th><td class=\"n\">%" PRIu64
			"</td><td class=\"n\">",
			i, run->workers[i].pid);
		html_value(out, report, HTML_COUNT, "distribution.workers.%zu.%s", i, unit);
		fputs("</td><td class=\"n\">", out);
		html_value(out, report, HTML_PERCENT, "distribution.workers.%zu.share", i);
		fputs("</td><td class=\"n\">", out);
		html_value(out, report, HTML_COUNT, "distribution.workers.%zu.drops", i);
		fputs("</td></tr>\n", out);
	}
	html_table_close(out);
	note_rest(out, run->worker_count, "workers");
}

static void rate_cell(FILE *out, double rate)
{
	char text[UNITS_TEXT];

	fprintf(out, "<td class=\"n\">%s</td>", units_grouped(text, (uint64_t)(rate + 0.5)));
}

static void rates_row(FILE *out, const struct run *run, size_t worker)
{
	const struct timeline *timeline = &run->timeline;
	double least = INFINITY, most = 0, units = 0, time = 0;

	for (size_t i = 0; i < timeline->count; i++) {
		const struct timeline_cell *cell = timeline_cell(timeline, i, worker);
		double count = (double)(run->tcp ? cell->connections : cell->packets);
		double seconds = (double)timeline->points[i].time / NS_PER_SECOND;

		if (seconds <= 0)
			continue;
		units += count;
		time += seconds;
		least = fmin(least, count / seconds);
		most = fmax(most, count / seconds);
	}
	fprintf(out, "<tr><th scope=\"row\" class=\"n\">%zu</th>", worker);
	rate_cell(out, isfinite(least) ? least : 0);
	rate_cell(out, time > 0 ? units / time : 0);
	rate_cell(out, most);
	fputs("</tr>\n", out);
}

static void time_table(FILE *out, const struct report *report)
{
	const struct run *run = report->run;
	char caption[64];

	snprintf(caption, sizeof(caption), "Received %s/s, of all intervals", run_unit(run, true));
	html_table_open(out, caption, "#worker|#least|#mean|#most");
	for (size_t i = 0; i < run->worker_count && i < run->timeline.width && i < ROWS_LIMIT; i++)
		rates_row(out, run, i);
	html_table_close(out);
	note_rest(out, run->worker_count, "workers");
}

static void flows_table(FILE *out, const struct report *report)
{
	char number[UNITS_TEXT];
	struct flow_map map;

	if (flow_map_make(&map, report->run) != 0)
		return;
	html_table_open(out, "Flows, as the probe saw them arrive", "flow|#worker|#packets|#share");
	for (size_t i = 0; i < map.count && i < ROWS_LIMIT; i++) {
		const struct flow_row *row = &map.rows[i];

		fputs("<tr><th scope=\"row\">", out);
		html_text(out, "%s%s", row->label, row->moved && row->flows == 1 ? " *" : "");
		fprintf(out,
			"</th><td class=\"n\">%zu</td><td class=\"n\">%s</td>"
			"<td class=\"n\">%.3g %%</td></tr>\n",
			row->worker, units_grouped(number, row->packets),
			100 * (double)row->packets / (double)map.packets);
	}
	html_table_close(out);
	if (map.moved)
		fprintf(out,
			"<p class=\"note\">* came to more than one worker, as did %s of all "
			"flows.</p>\n",
			units_grouped(number, map.moved));
	flow_map_free(&map);
}

static void latency_cell(FILE *out, const struct report *report, const struct latency *latency,
			 size_t percentile)
{
	char text[UNITS_TEXT];

	fputs("<td class=\"n\">", out);
	if (latency->key)
		html_value(out, report, HTML_DURATION, "%s.%s", latency->key,
			   percentile_names[percentile]);
	else if (latency->known[percentile])
		fputs(units_duration_text(text, latency->ns[percentile]), out);
	fputs("</td>", out);
}

static void latency_table(FILE *out, const struct report *report)
{
	static const char *const names[PERCENTILES] = { "p50", "p90", "p99", "p99.9", "max" };
	struct latency all[LATENCY_SERIES];
	size_t count = latency_find(all, report->run);
	char columns[160] = "at most";

	for (size_t i = 0; i < count; i++)
		snprintf(columns + strlen(columns), sizeof(columns) - strlen(columns), "|#%s",
			 all[i].name);
	html_table_open(out, "Percentiles", columns);
	for (size_t p = 0; p < PERCENTILES; p++) {
		fprintf(out, "<tr><th scope=\"row\">%s</th>", names[p]);
		for (size_t i = 0; i < count; i++)
			latency_cell(out, report, &all[i], p);
		fputs("</tr>\n", out);
	}
	html_table_close(out);
}

static void losses_table(FILE *out, const struct report *report)
{
	const struct timeline *timeline = &report->run->timeline;
	char text[UNITS_TEXT];

	html_table_open(out, "Dropped packets", "why|#packets");
	html_row(out, report, "receive buffer full", HTML_COUNT, "ledger.packets.dropped.rcvbuf");
	html_row(out, report, "no socket", HTML_COUNT, "ledger.packets.dropped.no_socket");
	html_row(out, report, "socket closed", HTML_COUNT, "ledger.packets.dropped.closed_socket");
	html_row(out, report, "filtered", HTML_COUNT, "ledger.packets.dropped.filtered");
	html_table_close(out);
	if (!timeline->start_count)
		return;
	html_table_open(out, "Processes that began", "#after|#worker|#pid");
	for (size_t i = 0; i < timeline->start_count && i < ROWS_LIMIT; i++) {
		const struct timeline_start *start = &timeline->starts[i];

		fprintf(out,
			"<tr><td class=\"n\">%s</td><td class=\"n\">%" PRIu64
			"</td><td class=\"n\">%" PRIu64 "</td></tr>\n",
			units_duration_text(text, start->at), start->index, start->pid);
	}
	html_table_close(out);
	note_rest(out, timeline->start_count + timeline->starts_untold, "processes");
}

void html_plot_table(FILE *out, const struct report *report, enum plot plot)
{
	static void (*const tables[PLOTS])(FILE *, const struct report *) = {
		[PLOT_WORKERS] = workers_table, [PLOT_TIME] = time_table,
		[PLOT_FLOWS] = flows_table,     [PLOT_LORENZ] = html_shares_table,
		[PLOT_SKEW] = html_skew_table,  [PLOT_LATENCY] = latency_table,
		[PLOT_LOSSES] = losses_table,
	};

	tables[plot](out, report);
}
