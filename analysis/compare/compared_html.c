#include <limits.h>
#include <string.h>

#include "analysis/compare/compared.h"
#include "analysis/compare/compared_page.h"
#include "analysis/compare/compared_row.h"
#include "analysis/history/quantity.h"
#include "analysis/read/stream.h"
#include "analysis/report/html.h"
#include "analysis/report/html_parts.h"
#include "analysis/summary.h"
#include "common/message.h"

static void put_line(FILE *out, const char *label, const char *text, const char *end)
{
	if (!*text)
		return;
	fputs(*label ? "<p class=\"fact\">" : "<p>", out);
	if (*label)
		fprintf(out, "<strong>%s</strong> ", label);
	html_text(out, "%s%s", text, end);
	fputs("</p>\n", out);
}

static const char *class_of(const char *verdict)
{
	if (strcmp(verdict, "faster") == 0)
		return "good";
	if (strcmp(verdict, "slower") == 0 || strcmp(verdict, "faster and slower") == 0)
		return "bad";
	return "plain";
}

static void put_finding(FILE *out, const struct compared *compared, size_t group)
{
	const char *verdict = compared_verdict(compared, group);
	char text[COMPARED_FINDING];

	if (compared->group_count > 2) {
		fputs("<h2>", out);
		html_text(out, "%s (B) against %s (A)", compared->groups[group].label,
			  compared->groups[0].label);
		fputs("</h2>\n", out);
	}
	fprintf(out, "<p><span class=\"verdict %s\">%s</span></p>\n", class_of(verdict), verdict);
	put_line(out, "", compared_finding(text, compared, group), ".");
	compared_describe(text, compared, 0);
	put_line(out, "A", text, "");
	compared_describe(text, compared, group);
	put_line(out, "B", text, "");
	compared_repeats(text, compared, group);
	put_line(out, "Repeats", text, "");
}

/*
 * The result is the INDEX-th of comparison.json, too. What decides comes first, where a telephone
 * has room for it.
 */
static void put_row(FILE *out, const struct compared_page *page, size_t index,
		    const struct compared_row *cells)
{
	const struct compared_key *result = &page->compared->results[index];
	const char *of = *cells->change == 'x' ? "ratio" : "difference";

	fputs("<tr><th scope=\"row\">", out);
	html_text(out, "%s", result->key->name);
	fputs("</th><td>", out);
	html_data(out, page->json, cells->word, "comparisons.%zu.outcome", index);
	fputs("</td><td class=\"n\">", out);
	html_data(out, page->json, cells->change, "comparisons.%zu.%s.value", index, of);
	fputs("</td><td class=\"n\">", out);
	html_text(out, "%s", cells->interval);
	fputs("</td><td class=\"n\">", out);
	html_data(out, page->json, cells->p, "comparisons.%zu.p_value", index);
	fputs("</td><td class=\"n\">", out);
	html_data(out, page->json, cells->a, "comparisons.%zu.median_a", index);
	fputs("</td><td class=\"n\">", out);
	html_data(out, page->json, cells->b, "comparisons.%zu.median_b", index);
	fputs("</td></tr>\n", out);
}

static void put_table(FILE *out, const struct compared_page *page, size_t group)
{
	const struct compared *compared = page->compared;
	char caption[2 * COMPARED_LABEL + 32], text[COMPARED_FINDING];

	snprintf(caption, sizeof(caption), "%s (B) against %s (A)", compared->groups[group].label,
		 compared->groups[0].label);
	html_table_open(out, caption, "number|B is|#B / A|#95 % interval|#p|#median A|#median B");
	for (size_t i = 0; i < compared->result_count; i++) {
		struct compared_row cells;

		if (compared->results[i].group == group &&
		    compared_row(&cells, &compared->results[i]))
			put_row(out, page, i, &cells);
	}
	html_table_close(out);
	compared_certainty(text, compared, group);
	if (*text) {
		fputs("<p class=\"note\">", out);
		html_text(out, "%s.", text);
		fputs("</p>\n", out);
	}
}

/* In both sizes, of which the style shows one. */
static void put_picture(FILE *out, const struct compared_page *page)
{
	static const char *const kinds[] = { "wide", "narrow" };

	fputs("<figure class=\"alone\">\n", out);
	for (size_t i = 0; i < 2; i++) {
		char name[32], path[PATH_MAX];
		int error;

		snprintf(name, sizeof(name), "comparison-%s.svg", kinds[i]);
		fprintf(out, "<div class=\"%s\">", kinds[i]);
		error = stream_path(path, sizeof(path), page->pictures, name);
		if (!error)
			error = html_svg(out, path, kinds[i], "B / A of each number");
		if (error)
			message_warning("could not read %s: %s", name, strerror(-error));
		fputs("</div>\n", out);
	}
	fputs("<figcaption>Each point is B divided by A, the bar its 95 % interval. Red-orange and "
	      "filled: a difference is shown, by the interval and by a rank test. Grey and hollow: "
	      "it is not, which does not show that there is none.</figcaption></figure>\n",
	      out);
}

static void put_differences(FILE *out, const struct compared_page *page)
{
	html_section_open(out, "differences", "By how much B differs");
	if (page->pictures)
		put_picture(out, page);
	for (size_t group = 1; group < page->compared->group_count; group++)
		put_table(out, page, group);
	html_section_close(out);
}

/* Whether some run has the I-th key. */
static bool is_known(const struct compared *compared, size_t i)
{
	for (size_t k = i; k < compared->result_count; k += compared->keys.count)
		if (compared->results[k].count_a || compared->results[k].count_b)
			return true;
	return false;
}

static void put_run(FILE *out, const struct compared *compared, const struct compared_group *group,
		    const struct compared_run *run)
{
	fputs("<tr><th scope=\"row\">", out);
	html_text(out, "%s", group->label);
	fputs("</th><td>", out);
	html_text(out, "%s", run->directory);
	fputs("</td>", out);
	for (size_t i = 0; i < compared->keys.count; i++) {
		const struct key *key = &compared->keys.list[i];
		const json_t *value = json_object_get(run->values, key->path);
		char text[TEXT_CELL];

		if (!is_known(compared, i))
			continue;
		fputs("<td class=\"n\">", out);
		if (json_is_number(value))
			html_text(out, "%s",
				  quantity_text(text, json_number_value(value), key->unit));
		else
			fputc('?', out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_runs(FILE *out, const struct compared *compared)
{
	html_section_open(out, "runs", "Every run");
	html_table_open(out, "In the order of time", NULL);
	fputs("<thead><tr><th scope=\"col\">group</th><th scope=\"col\">directory</th>", out);
	for (size_t i = 0; i < compared->keys.count; i++) {
		if (!is_known(compared, i))
			continue;
		fputs("<th scope=\"col\" class=\"n\">", out);
		html_text(out, "%s", compared->keys.list[i].name);
		fputs("</th>", out);
	}
	fputs("</tr></thead>\n", out);
	for (size_t i = 0; i < compared->group_count; i++)
		for (size_t k = 0; k < compared->groups[i].count; k++)
			put_run(out, compared, &compared->groups[i], compared->groups[i].runs[k]);
	html_table_close(out);
	html_section_close(out);
}

void compared_html(FILE *out, const void *content)
{
	const struct compared_page *page = content;
	const struct compared *compared = page->compared;
	char title[2 * COMPARED_LABEL + 32];

	snprintf(title, sizeof(title), "%s (B) against %s (A)",
		 compared->group_count == 2 ? compared->groups[1].label : "Others",
		 compared->groups[0].label);
	html_open(out, title);
	fputs("<h1>", out);
	html_text(out, "%s", title);
	fputs("</h1>\n", out);
	for (size_t group = 1; group < compared->group_count; group++)
		put_finding(out, compared, group);
	put_differences(out, page);
	put_runs(out, compared);
	html_close(out, "comparison.json");
}
