/* How uneven the shares are, and how sure that is. */
#include <stdio.h>

#include "analysis/analysis.h"
#include "analysis/report/html_parts.h"
#include "analysis/report/report.h"
#include "analysis/report/skew.h"

static enum html_form form_of(enum figure figure)
{
	return figure_is_share(figure) ? HTML_PERCENT : HTML_FIGURE;
}

static bool has_intervals(const struct report *report)
{
	return report->analysis->confidence.basis != CONFIDENCE_NONE;
}

static void put_interval(FILE *out, const struct report *report, enum figure figure)
{
	fputs("<td class=\"n\">", out);
	html_value(out, report, form_of(figure), "distribution.intervals.%s.low",
		   figure_names[figure]);
	fputs(" to ", out);
	html_value(out, report, form_of(figure), "distribution.intervals.%s.high",
		   figure_names[figure]);
	fputs("</td>", out);
}

static void put_figure(FILE *out, const struct report *report, const char *name, enum figure figure)
{
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, "%s", name);
	fputs("</th><td class=\"n\">", out);
	html_value(out, report, form_of(figure), "distribution.%s", figure_names[figure]);
	fputs("</td>", out);
	if (has_intervals(report))
		put_interval(out, report, figure);
	fputs("</tr>\n", out);
}

void html_shares_table(FILE *out, const struct report *report)
{
	const struct confidence *confidence = &report->analysis->confidence;

	html_table_open(out, "Figures of the shares",
			has_intervals(report) ? "figure|#value|#95 % interval" : "figure|#value");
	for (size_t i = 0; i < FIGURES; i++)
		put_figure(out, report,
			   i == FIGURE_CV ? "coefficient of variation (cv)" : figure_titles[i], i);
	html_table_close(out);
	fputs("<p class=\"note\">", out);
	if (has_intervals(report))
		html_text(out, "Intervals: where it would be in the long run with ever more such "
			       "flows.");
	else
		html_text(out, "No intervals: %s.", confidence->why_not);
	fputs("</p>\n", out);
}

void html_skew_table(FILE *out, const struct report *report)
{
	struct bounds bounds;

	html_table_open(out, "Skew", "figure|#value");
	html_row(out, report, "cv of this run", HTML_FIGURE, "distribution.cv");
	if (has_intervals(report)) {
		fputs("<tr><th scope=\"row\">95 % interval of it</th>", out);
		put_interval(out, report, FIGURE_CV);
		fputs("</tr>\n", out);
	}
	html_row(out, report, "flows", HTML_COUNT, "distribution.flows");
	html_row(out, report, "effective flows", HTML_FIGURE, "distribution.effective_flows");
	html_row(out, report, "cv to expect of the hash", HTML_FIGURE, "distribution.expected_cv");
	html_row(out, report, "p-value", HTML_FIGURE, "distribution.p_value");
	if (skew_bounds(&bounds, report->analysis) == 0)
		fprintf(out,
			"<tr><th scope=\"row\">95 %% of all runs with so many equal flows"
			"</th><td class=\"n\">%.3g to %.3g</td></tr>\n",
			bounds.low, bounds.high);
	html_table_close(out);
}
