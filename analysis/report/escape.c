#include "analysis/report/escape.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/printable.h"

#define REPLACEMENT "\xef\xbf\xbd"

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void escape_html(FILE *out, const char *text)
{
	while (*text) {
		size_t length = printable_character(text);
		const char *instead = length ? entity(*text) : REPLACEMENT;

		if (instead)
			fputs(instead, out);
		else
			fwrite(text, 1, length, out);
		text = printable_next(text);
	}
}

/* Within a line. A dot or colon can be part of an address, or of an emoji's name. */
static bool has_meaning(const char *text)
{
	unsigned char next = (unsigned char)text[1];

	if (*text == ':')
		return next == '/' || isalnum(next);
	if (*text == '.')
		return isalpha(next) || next >= 0x80;
	return strchr("\\`*_[]<>|~&$", *text) != NULL;
}

/*
 * Any ASCII punctuation may have a backslash (CommonMark 0.30, section 2.4), which also keeps
 * addresses from becoming links. Names of people (@name) and issues (#1) are looked for after that:
 * an entity with no width stands between.
 */
void escape_markdown(FILE *out, const char *text)
{
	while (*text) {
		size_t length = printable_character(text);

		if (!length) {
			fputs(REPLACEMENT, out);
		} else if (*text == '@' || *text == '#') {
			fprintf(out, "\\%c&#8203;", *text);
		} else {
			if (has_meaning(text))
				fputc('\\', out);
			fwrite(text, 1, length, out);
		}
		text = printable_next(text);
	}
}

void escape_formatted(FILE *out, void (*escape)(FILE *out, const char *text), const char *format,
		      va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		return;
	escape(out, text);
	free(text);
}
