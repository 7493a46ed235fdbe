#include "analysis/report/html_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/report/escape.h"
#include "analysis/report/report.h"
#include "analysis/summary.h"
#include "common/units.h"

#define KEY_TEXT 128

void html_text(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	escape_formatted(out, escape_html, format, arguments);
	va_end(arguments);
}

/* What a number may be less than 0, and then of a size that is a count's. */
static const char *count_text(char buffer[static UNITS_TEXT], double value)
{
	char digits[UNITS_TEXT];

	units_grouped(digits, (uint64_t)(fabs(value) + 0.5));
	snprintf(buffer, UNITS_TEXT, "%s%.30s", value <= -0.5 ? "-" : "", digits);
	return buffer;
}

static const char *number_text(char buffer[static UNITS_TEXT], enum html_form form, double value)
{
	switch (form) {
	case HTML_PERCENT:
		snprintf(buffer, UNITS_TEXT, "%.4g %%", 100 * value);
		break;
	case HTML_FIGURE:
		snprintf(buffer, UNITS_TEXT, "%.4g", value);
		break;
	case HTML_DURATION:
		return units_duration_text(buffer, (uint64_t)fmax(value, 0));
	case HTML_RATE:
		count_text(buffer, value);
		strncat(buffer, "/s", UNITS_TEXT - strlen(buffer) - 1);
		break;
	case HTML_COUNT:
	case HTML_WORD:
		return count_text(buffer, value);
	}
	return buffer;
}

static void put_value(FILE *out, const json_t *value, enum html_form form)
{
	char buffer[UNITS_TEXT];

	if (json_is_string(value))
		escape_html(out, json_string_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "yes" : "no", out);
	else if (json_is_number(value))
		fputs(number_text(buffer, form, json_number_value(value)), out);
	else
		fputc('?', out);
}

/* Opens <data> with the path and the exact value, as the JSON file has it. */
static void open_data(FILE *out, const char *path, const json_t *value)
{
	char *exact =
		json_is_null(value) || !value
			? NULL
			: json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(SUMMARY_DIGITS));

	fputs("<data data-key=\"", out);
	escape_html(out, path);
	fputs("\" value=\"", out);
	if (exact)
		escape_html(out, exact);
	free(exact);
	fputs("\">", out);
}

void html_data(FILE *out, const json_t *json, const char *text, const char *key, ...)
{
	char path[KEY_TEXT];
	va_list arguments;

	va_start(arguments, key);
	vsnprintf(path, sizeof(path), key, arguments);
	va_end(arguments);
	open_data(out, path, summary_find(json, path));
	escape_html(out, text);
	fputs("</data>", out);
}

void html_value(FILE *out, const struct report *report, enum html_form form, const char *key, ...)
{
	char path[KEY_TEXT];
	const json_t *value;
	va_list arguments;

	va_start(arguments, key);
	vsnprintf(path, sizeof(path), key, arguments);
	va_end(arguments);
	value = summary_find(report->summary, path);
	open_data(out, path, value);
	put_value(out, value, form);
	fputs("</data>", out);
}

void html_table_open(FILE *out, const char *caption, const char *columns)
{
	fputs("<div class=\"scroll\"><table><caption>", out);
	escape_html(out, caption);
	fputs("</caption>\n", out);
	if (!columns)
		return;
	fputs("<thead><tr>", out);
	while (*columns) {
		size_t length = strcspn(columns, "|");
		bool number = *columns == '#';

		fprintf(out, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"n\"" : "",
			(int)(length - number), columns + number);
		columns += length;
		columns += *columns == '|';
	}
	fputs("</tr></thead>\n", out);
}

void html_table_close(FILE *out)
{
	fputs("</table></div>\n", out);
}

void html_row(FILE *out, const struct report *report, const char *name, enum html_form form,
	      const char *key)
{
	fputs("<tr><th scope=\"row\">", out);
	escape_html(out, name);
	fputs(form == HTML_WORD ? "</th><td>" : "</th><td class=\"n\">", out);
	html_value(out, report, form, "%s", key);
	fputs("</td></tr>\n", out);
}

void html_section_open(FILE *out, const char *name, const char *heading)
{
	fprintf(out, "<section id=\"%s\">\n<h2>", name);
	escape_html(out, heading);
	fputs("</h2>\n", out);
}

void html_section_close(FILE *out)
{
	fputs("</section>\n", out);
}
