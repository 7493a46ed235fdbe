#include "analysis/compare/compared.h"
#include "analysis/compare/compared_page.h"
#include "analysis/compare/compared_row.h"
#include "analysis/report/markdown.h"

static void put_line(FILE *out, const char *label, const char *text, const char *end)
{
	if (!*text)
		return;
	fputs(label, out);
	markdown_text(out, "%s%s", text, end);
	fputs("\n\n", out);
}

static void put_cell(FILE *out, const char *text)
{
	fputc(' ', out);
	markdown_text(out, "%s", text);
	fputs(" |", out);
}

static void put_table(FILE *out, const struct compared *compared, size_t group)
{
	fputs("| median of | A | B | B / A | 95 % interval | p | B is |\n"
	      "|---|---:|---:|---:|---:|---:|---|\n",
	      out);
	for (size_t i = 0; i < compared->result_count; i++) {
		const struct compared_key *result = &compared->results[i];
		struct compared_row cells;

		if (result->group != group || !compared_row(&cells, result))
			continue;
		fputc('|', out);
		put_cell(out, result->key->name);
		put_cell(out, cells.a);
		put_cell(out, cells.b);
		put_cell(out, cells.change);
		put_cell(out, cells.interval);
		put_cell(out, cells.p);
		put_cell(out, cells.word);
		fputc('\n', out);
	}
	fputc('\n', out);
}

void compared_markdown(FILE *out, const void *content)
{
	const struct compared *compared = ((const struct compared_page *)content)->compared;
	char text[COMPARED_FINDING];

	for (size_t group = 1; group < compared->group_count; group++) {
		fputs("### ", out);
		markdown_text(out, "%s (B) against %s (A)", compared->groups[group].label,
			      compared->groups[0].label);
		fputs("\n\n**", out);
		markdown_text(out, "%s", compared_verdict(compared, group));
		fputs("** \u2014 ", out);
		put_line(out, "", compared_finding(text, compared, group), ".");
		put_table(out, compared, group);
		compared_describe(text, compared, 0);
		put_line(out, "A: ", text, ".");
		compared_describe(text, compared, group);
		put_line(out, "B: ", text, ".");
		compared_repeats(text, compared, group);
		put_line(out, "Repeats: ", text, ".");
		compared_certainty(text, compared, group);
		put_line(out, "Certainty: ", text, ".");
	}
}
