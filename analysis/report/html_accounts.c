/* The accounts: ledgers, rates, counters; and where and how the run was. */
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/report/html_parts.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

/* As in the terminal: "=" before the first of what became of it, "+" before the others. */
static void put_ledger(FILE *out, const struct report *report, const char *name,
		       const struct ledger_row *rows, const void *ledger)
{
	const char *sign = "= ";
	char caption[64];

	snprintf(caption, sizeof(caption), "What became of the %s", name);
	html_table_open(out, caption, NULL);
	for (; rows->key; rows++) {
		const struct amount *amount = ledger_amount(ledger, rows);
		bool outcome = rows->side != LEDGER_SENT && rows->side != LEDGER_BESIDE;

		if (!rows->label || (!rows->always && (!amount->known || amount->value == 0)))
			continue;
		fprintf(out, "<tr><th scope=\"row\">%s", outcome ? sign : "");
		html_text(out, "%s", rows->label);
		fputs("</th><td class=\"n\">", out);
		html_value(out, report, HTML_COUNT, "ledger.%s.%s%s%s", name,
			   rows->group ? rows->group : "", rows->group ? "." : "", rows->key);
		fputs("</td></tr>\n", out);
		if (outcome)
			sign = "+ ";
	}
	html_table_close(out);
}

static void counter_row(FILE *out, const struct report *report, const char *name, const char *key)
{
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, "%s", name);
	fputs("</th><td class=\"n\">", out);
	html_value(out, report, HTML_COUNT, "counters_agree.%s.packets", key);
	fputs("</td><td>", out);
	html_value(out, report, HTML_WORD, "counters_agree.%s.agree", key);
	fputs("</td></tr>\n", out);
}

static void put_counters(FILE *out, const struct report *report)
{
	const struct agreement *agreement = &report->analysis->agreement;

	html_table_open(out, "Who counted", "counter|#packets|agrees");
	counter_row(out, report, "workers", "workers");
	if (agreement->probe.present)
		counter_row(out, report, "probe", "probe");
	if (agreement->bpftrace.present)
		counter_row(out, report, "bpftrace", "bpftrace");
	html_table_close(out);
}

static void put_rates(FILE *out, const struct report *report)
{
	html_table_open(out, "Rates", NULL);
	html_row(out, report, "sent", HTML_RATE, "rates.sent_pps");
	html_row(out, report, "requested", HTML_RATE, "rates.requested_pps");
	html_row(out, report, "received", HTML_RATE, "rates.received_pps");
	html_row(out, report, "rows stored", HTML_RATE, "rates.stored_rows_per_s");
	html_table_close(out);
}

void html_accounts(FILE *out, const struct report *report)
{
	const struct analysis *analysis = report->analysis;

	html_section_open(out, "accounts", "Accounts");
	fputs("<p>What was sent is the sum of what "
	      "became of it; the rest is unaccounted, which is told when it is 0, too. A ? stands "
	      "for what nobody measured.</p>\n<div class=\"columns\">\n",
	      out);
	if (!report->run->tcp)
		put_ledger(out, report, "packets", packet_rows, &analysis->packets);
	if (!report->run->from_probe)
		put_ledger(out, report, "lines", line_rows, &analysis->lines);
	put_rates(out, report);
	put_counters(out, report);
	fputs("</div>\n", out);
	html_section_close(out);
}

static void word_row(FILE *out, const char *name, const char *word)
{
	if (!word)
		return;
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, "%s", name);
	fputs("</th><td>", out);
	html_text(out, "%s", word);
	fputs("</td></tr>\n", out);
}

static void put_sysctls(FILE *out, const struct run *run)
{
	json_t *all = json_object_get(run->manifest, "sysctl"), *value;
	const char *name;

	json_object_foreach(all, name, value)
	{
		if (json_is_string(value))
			word_row(out, name, json_string_value(value));
	}
}

void html_environment(FILE *out, const struct report *report)
{
	const struct run *run = report->run;

	html_section_open(out, "environment", "Environment");
	html_table_open(out, "Where and how it ran", NULL);
	html_row(out, report, "run", HTML_WORD, "run.id");
	html_row(out, report, "scenario", HTML_WORD, "run.scenario");
	html_row(out, report, "started", HTML_WORD, "run.started");
	html_row(out, report, "host", HTML_WORD, "run.host");
	html_row(out, report, "Linux", HTML_WORD, "run.kernel");
	word_row(out, "machine", run_text(run, "machine"));
	html_row(out, report, "CPUs", HTML_WORD, "run.cpus");
	html_row(out, report, "seed", HTML_WORD, "run.seed");
	word_row(out, "model", run->model);
	word_row(out, "steering", run->steer);
	word_row(out, "engine", run->engine);
	word_row(out, "database", record_text(run->manifest, "database"));
	put_sysctls(out, run);
	word_row(out, "fairport",
		 record_text(json_object_get(run->manifest, "versions"), "fairport"));
	html_table_close(out);
	html_section_close(out);
}
