#include "analysis/report/html.h"

#include "analysis/analysis.h"
#include "analysis/finding.h"
#include "analysis/report/html_parts.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "common/version.h"

/*
 * The colours have a contrast of at least 4.5 for text, by day and by night. The greys of the
 * pictures are those of plots/style.gp; they follow, and the colours of the palette stay, but for
 * black.
 */
static const char style[] =
	":root{color-scheme:light dark;--back:#fff;--text:#1c1c1c;--soft:#4a4a4a;--line:#d4d4d4;"
	"--grid:#e4e4e4;--axis:#888;--card:#f5f5f3;--good:#00634a;--bad:#a33f00;--link:#005a94}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#161616;--text:#ececec;--soft:#b8b8b8;"
	"--line:#444;--grid:#333;--axis:#999;--card:#222;--good:#4fd0a5;--bad:#ff9a5c;"
	"--link:#7cc4f5}\n"
	"svg [fill='rgb(  0, 114, 178)']{fill:#2b8fd0}svg [stroke='rgb(  0, 114, "
	"178)']{stroke:#2b8fd0}"
	"svg [stroke='rgb(  0,   0,   0)']{stroke:#ddd}}\n"
	"*{box-sizing:border-box}body{margin:0 auto;padding:1rem;max-width:72rem;"
	"background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif;"
	"overflow-wrap:anywhere}\n"
	"h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.2rem;margin:2.2rem 0 "
	".5rem}"
	"h3{font-size:1rem;margin:0}.finding{font-size:1.15rem;margin:.3rem 0}\n"
	".verdict{display:inline-block;padding:.1rem .6rem;border:2px solid currentColor;"
	"border-radius:1rem;font-weight:700}.good{color:var(--good)}.bad{color:var(--bad)}"
	".plain{color:var(--soft)}\n"
	".cause{background:var(--card);border-left:4px solid var(--bad);padding:.7rem 1rem;"
	"margin:.8rem 0}.cause p{margin:.4rem 0}.warning{border:2px solid var(--bad);"
	"padding:.5rem 1rem}.note,figcaption{color:var(--soft);font-size:.92rem}\n"
	"pre{overflow-x:auto;background:var(--back);border:1px solid var(--line);padding:.5rem;"
	"margin:.4rem 0;font-size:.85rem;overflow-wrap:normal}\n"
	".fact{margin:.2rem 0}.alone{max-width:54rem}"
	"figure{margin:0}figure svg{display:block;width:100%;height:auto}.narrow{display:none}"
	"@media(max-width:40rem){.wide{display:none}.narrow{display:block}}\n"
	"main>p,.cause,.warning{max-width:54rem}@media(min-width:64rem){.plot section{display:grid;"
	"grid-template-columns:minmax(0,5fr) minmax(0,3fr);gap:0 2rem;align-items:start}"
	".plot h2,.plot h2+.numbers{grid-column:1/-1}.numbers{min-width:0}}\n"
	".scroll{overflow-x:auto;margin:.6rem 0}table{border-collapse:collapse;font-size:.92rem;"
	"overflow-wrap:normal}caption{text-align:left;color:var(--soft);padding:.2rem 0;"
	"white-space:normal}th,td{padding:.2rem .7rem .2rem 0;border-bottom:1px solid var(--line);"
	"text-align:left;font-weight:400;vertical-align:top}thead th{font-weight:700}"
	".n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}thead "
	".n{white-space:normal}\n"
	".columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));"
	"gap:0 2rem}\n"
	"svg [fill='#ffffff'],svg [fill='rgb(255, 255, 255)'],svg [fill='rgb(255,255,255)']"
	"{fill:var(--back)}svg feFlood{flood-color:var(--back)}svg [fill='rgb(34, 34, 34)'],svg "
	"[fill='rgb(34,34,34)']{fill:var(--text)}"
	"svg [fill='rgb(68, 68, 68)'],svg [fill='rgb(68,68,68)']{fill:var(--soft)}"
	"svg [stroke='rgb( 34,  34,  34)']{stroke:var(--text)}"
	"svg [stroke='rgb( 68,  68,  68)']{stroke:var(--soft)}"
	"svg [stroke='rgb(136, 136, 136)']{stroke:var(--axis)}"
	"svg [stroke='rgb(228, 228, 228)']{stroke:var(--grid)}\n"
	"footer{margin-top:3rem;color:var(--soft);font-size:.9rem;border-top:1px solid "
	"var(--line)}\n"
	"@media print{body{max-width:none}section{break-inside:avoid}}\n";

void html_open(FILE *out, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
	      out);
	html_text(out, "%s", title);
	fputs("</title>\n<style>\n", out);
	fputs(style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

void html_close(FILE *out, const char *data)
{
	fprintf(out,
		"</main>\n<footer><p>Made by fairport-report " FAIRPORT_VERSION
		". This file needs no other: pictures and numbers are in it. The same numbers for "
		"programs are in %s.</p></footer>\n</body>\n</html>\n",
		data);
}

static const char *verdict_class(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_EVEN:
		return "good";
	case VERDICT_SINGLE:
	case VERDICT_IDLE:
		return "plain";
	default:
		return "bad";
	}
}

/* What stands in the way of believing the rest. */
static void put_doubts(FILE *out, const struct report *report)
{
	const json_t *item, *missing = json_object_get(report->run->manifest, "missing");
	size_t i;

	if (analysis_contradicts(report->analysis))
		fputs("<p class=\"warning\"><strong>The counts contradict each other</strong>: "
		      "the results are not to be relied on. See the accounts.</p>\n",
		      out);
	if (report->run->incomplete)
		fputs("<p class=\"warning\"><strong>Records are damaged or missing</strong>: this "
		      "is what could be read.</p>\n",
		      out);
	if (report->run->interrupted)
		fputs("<p class=\"warning\"><strong>The run was interrupted</strong>: this is its "
		      "beginning.</p>\n",
		      out);
	json_array_foreach(missing, i, item)
	{
		if (!json_is_string(item))
			continue;
		fputs("<p class=\"note\">Missing: ", out);
		html_text(out, "%s", json_string_value(item));
		fputs("</p>\n", out);
	}
}

static void put_cause(FILE *out, const struct causes *causes, size_t place)
{
	const struct cause *cause = &causes->list[place];
	const struct cause *before = causes_same_code(causes, place);

	fputs("<article class=\"cause\">\n<h3>", out);
	html_text(out, "%s", cause->name);
	fputs("</h3>\n<p>", out);
	html_text(out, "%s.", cause->evidence);
	fputs("</p>\n<p><strong>Remedy:</strong> ", out);
	html_text(out, "%s%s%s.", cause->remedy, before ? ": the code of " : "",
		  before ? before->name : "");
	fputs("</p>\n", out);
	if (cause->command_count && !before) {
		fputs("<pre><code>", out);
		for (size_t i = 0; i < cause->command_count; i++) {
			html_text(out, "%s", cause->commands[i]);
			fputc('\n', out);
		}
		fputs("</code></pre>\n", out);
	}
	fputs("</article>\n", out);
}

static void put_expectations(FILE *out, const struct report *report)
{
	const json_t *item, *all = json_object_get(report->summary, "expect");
	size_t i;

	if (!json_array_size(all))
		return;
	html_section_open(out, "expected", "Expected");
	html_table_open(out, "What the scenario expects", "expectation|got|met");
	json_array_foreach(all, i, item)
	{
		fputs("<tr><th scope=\"row\">", out);
		html_text(out, "%s %s %s", json_string_value(json_object_get(item, "key")),
			  json_string_value(json_object_get(item, "op")),
			  json_string_value(json_object_get(item, "want")));
		fputs("</th><td class=\"n\">", out);
		html_value(out, report, HTML_FIGURE, "expect.%zu.got", i);
		fputs("</td><td>", out);
		html_value(out, report, HTML_WORD, "expect.%zu.ok", i);
		fputs("</td></tr>\n", out);
	}
	html_table_close(out);
	html_section_close(out);
}

static void put_run(FILE *out, const struct report *report)
{
	const struct causes *causes = &report->analysis->causes;
	enum verdict verdict = report->analysis->distribution.verdict;
	char text[FINDING_TEXT];

	fputs("<h1>", out);
	html_text(out, "%s", finding_title(report->run));
	fputs("</h1>\n<p class=\"finding\">", out);
	html_text(out, "%s", finding_headline(text, report->analysis, report->run));
	fprintf(out, "</p>\n<p><span class=\"verdict %s\">", verdict_class(verdict));
	html_value(out, report, HTML_WORD, "distribution.verdict");
	fputs("</span></p>\n<p>", out);
	html_text(out, "%s", finding_sentence(text, report->analysis, report->run));
	fputs("</p>\n", out);
	put_doubts(out, report);
	if (causes->count)
		html_section_open(out, "causes", "Why, and what helps");
	for (size_t i = 0; i < causes->count; i++)
		put_cause(out, causes, i);
	if (causes->count)
		html_section_close(out);
	html_figures(out, report);
	html_accounts(out, report);
	put_expectations(out, report);
	html_environment(out, report);
}

void html_report(FILE *out, const void *content)
{
	const struct report *report = content;

	html_open(out, finding_title(report->run));
	put_run(out, report);
	html_close(out, "summary.json");
}
