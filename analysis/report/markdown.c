#include "analysis/report/markdown.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/printable.h"
#include "analysis/report/escape.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "common/units.h"

#define ROWS_LIMIT 16 /* a comment is no place for more */

void markdown_text(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	escape_formatted(out, escape_markdown, format, arguments);
	va_end(arguments);
}

static void put_doubts(FILE *out, const struct report *report)
{
	if (analysis_contradicts(report->analysis))
		fputs("**The counts contradict each other: the results are not to be relied "
		      "on.**\n\n",
		      out);
	if (report->run->incomplete)
		fputs("**Records are damaged or missing: this is what could be read.**\n\n", out);
	if (report->run->interrupted)
		fputs("**The run was interrupted: this is its beginning.**\n\n", out);
}

static void put_workers(FILE *out, const struct report *report)
{
	const struct run *run = report->run;
	const struct distribution *d = &report->analysis->distribution;
	char units[UNITS_TEXT], drops[UNITS_TEXT];

	fprintf(out, "| worker | %s | share | drops |\n|---:|---:|---:|---:|\n",
		run_unit(run, true));
	for (size_t i = 0; i < run->worker_count && i < ROWS_LIMIT; i++) {
		const struct received *counts = &run->workers[i].counts;
		uint64_t count = run_units(run, counts);

		fprintf(out, "| %zu | %s | %.1f %% | %s |\n", i, units_grouped(units, count),
			d->total ? 100 * (double)count / (double)d->total : 0,
			units_grouped(drops, counts->drops));
	}
	fprintf(out, "| all | %s | | %s |\n\n", units_grouped(units, d->total),
		units_grouped(drops, run->total.drops));
	if (run->worker_count > ROWS_LIMIT)
		fprintf(out, "%zu more workers are in summary.json.\n\n",
			run->worker_count - ROWS_LIMIT);
}

static void put_ledger(FILE *out, const char *name, const struct ledger_row *rows,
		       const void *ledger)
{
	const char *sign = " = ";
	char digits[UNITS_TEXT];

	fprintf(out, "%s: ", name);
	for (; rows->key; rows++) {
		const struct amount *amount = ledger_amount(ledger, rows);
		bool outcome = rows->side != LEDGER_SENT && rows->side != LEDGER_BESIDE;

		if (!rows->label || rows->side == LEDGER_BESIDE ||
		    (!rows->always && (!amount->known || amount->value == 0)))
			continue;
		fputs(outcome ? sign : "", out);
		if (outcome)
			sign = " + ";
		if (!amount->known)
			fputs("? ", out);
		else
			fprintf(out, "%s%s ", amount->value < 0 ? "-" : "",
				units_grouped(digits, (uint64_t)llabs(amount->value)));
		markdown_text(out, "%s", rows->label);
	}
	fputs(".\n\n", out);
}

/* In a block of code all is as it is, but for what would end the line. */
static void put_code(FILE *out, const char *text)
{
	fputs("      ", out);
	while (*text) {
		size_t length = printable_character(text);

		if (length)
			fwrite(text, 1, length, out);
		else
			fputc('?', out);
		text = printable_next(text);
	}
	fputc('\n', out);
}

static void put_causes(FILE *out, const struct causes *causes)
{
	for (size_t i = 0; i < causes->count; i++) {
		const struct cause *cause = &causes->list[i];
		const struct cause *before = causes_same_code(causes, i);

		fputs("- **", out);
		markdown_text(out, "%s", cause->name);
		fputs("**: ", out);
		markdown_text(out, "%s.", cause->evidence);
		fputs(" *Remedy:* ", out);
		markdown_text(out, "%s%s%s.", cause->remedy, before ? ": the code of " : "",
			      before ? before->name : "");
		fputc('\n', out);
		if (before)
			continue;
		/* Indented by six is code within the item. */
		if (cause->command_count)
			fputc('\n', out);
		for (size_t c = 0; c < cause->command_count; c++)
			put_code(out, cause->commands[c]);
	}
	if (causes->count)
		fputc('\n', out);
}

/* One row of values and one of intervals, below the names. */
static void put_figures(FILE *out, const struct analysis *analysis)
{
	const struct confidence *confidence = &analysis->confidence;
	char text[FIGURE_INTERVAL];

	if (analysis->distribution.workers < 2 || analysis->distribution.total == 0)
		return;
	fputs("| |", out);
	for (size_t i = 0; i < FIGURES; i++)
		fprintf(out, " %s |", figure_titles[i]);
	fputs("\n|---|", out);
	for (size_t i = 0; i < FIGURES; i++)
		fputs("---:|", out);
	fputs("\n| value |", out);
	for (size_t i = 0; i < FIGURES; i++)
		fprintf(out, " %s |", figure_text(text, i, confidence->figures.of[i]));
	if (confidence->basis != CONFIDENCE_NONE)
		fputs("\n| 95 % interval |", out);
	for (size_t i = 0; i < FIGURES && confidence->basis != CONFIDENCE_NONE; i++)
		fprintf(out, " %s |", figure_interval(text, i, &confidence->certainty.of[i]));
	fputs("\n\n", out);
	if (confidence->basis == CONFIDENCE_NONE)
		markdown_text(out, "No 95 %% intervals: %s.", confidence->why_not);
	fputs(confidence->basis == CONFIDENCE_NONE ? "\n\n" : "", out);
}

void markdown_report(FILE *out, const void *content)
{
	const struct report *report = content;
	const struct analysis *analysis = report->analysis;
	const struct expect_result *expected = &report->expected;
	char text[FINDING_TEXT];

	fputs("### ", out);
	markdown_text(out, "%s", finding_title(report->run));
	fprintf(out, "\n\n**%s** \u2014 ", verdict_names[analysis->distribution.verdict]);
	markdown_text(out, "%s.", finding_headline(text, analysis, report->run));
	fputs("\n\n", out);
	markdown_text(out, "%s", finding_sentence(text, analysis, report->run));
	fputs("\n\n", out);
	put_doubts(out, report);
	put_causes(out, &analysis->causes);
	put_workers(out, report);
	put_figures(out, analysis);
	if (!report->run->tcp)
		put_ledger(out, "Packets", packet_rows, &analysis->packets);
	if (!report->run->from_probe)
		put_ledger(out, "Lines", line_rows, &analysis->lines);
	if (expected->failed)
		fprintf(out, "**%zu of %zu expectations failed.**\n", expected->failed,
			expected->failed + expected->met);
	else if (expected->met)
		fprintf(out, "All %zu expectations are met.\n", expected->met);
}
