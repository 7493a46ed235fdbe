/* The pictures, each with how to read it and its numbers. */
#include <limits.h>
#include <string.h>

#include "analysis/report/html_parts.h"
#include "analysis/report/report.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

/* In both sizes, of which the style shows one. */
static void put_picture(FILE *out, const struct report *report, enum plot plot)
{
	static const char *const kinds[] = { "wide", "narrow" };
	const struct plot_form *form = &plot_forms[plot];
	char name[96], prefix[96], directory[PATH_MAX], path[PATH_MAX];

	for (size_t i = 0; i < 2; i++) {
		int error =
			stream_path(directory, sizeof(directory), report->run->directory, "plots");

		snprintf(name, sizeof(name), "%s-%s.svg", form->name, kinds[i]);
		if (!error)
			error = stream_path(path, sizeof(path), directory, name);
		snprintf(prefix, sizeof(prefix), "%s-%s", form->name, kinds[i]);
		fprintf(out, "<div class=\"%s\">", kinds[i]);
		if (!error)
			error = html_svg(out, path, prefix, form->title);
		if (error)
			message_warning("could not read plots/%s: %s", name, strerror(-error));
		fputs("</div>\n", out);
	}
}

void html_figures(FILE *out, const struct report *report)
{
	bool pictures = report->plots.result == PLOTS_DRAWN;

	for (size_t i = 0; i < PLOTS; i++) {
		const struct plot_form *form = &plot_forms[i];

		if (!report->plots.has_data[i])
			continue;
		fputs("<div class=\"plot\">\n", out);
		html_section_open(out, form->name, form->title);
		if (pictures) {
			fputs("<figure>\n", out);
			put_picture(out, report, i);
			fputs("<figcaption>", out);
			html_text(out, "%s", form->reading);
			fputs("</figcaption></figure>\n", out);
		}
		fputs("<div class=\"numbers\">\n", out);
		html_plot_table(out, report, i);
		fputs("</div>\n", out);
		html_section_close(out);
		fputs("</div>\n", out);
	}
}
