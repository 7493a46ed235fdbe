#include "analysis/report/escape.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* Direction marks and overrides, and what ends a line (Unicode 15, chapter 23). */
static bool is_disruptive(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff;
}

size_t escape_character(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length = utf8_length(text, strnlen(text, 4));
	uint32_t c;

	if (length < 2)
		return length && bytes[0] >= ' ' && bytes[0] != 0x7f;
	c = bytes[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++)
		c = c << 6 | (bytes[i] & 0x3f);
	return is_disruptive(c) ? 0 : length;
}

const char *escape_next(const char *text)
{
	size_t length = escape_character(text);

	if (length)
		return text + length;
	do
		text++;
	while (((unsigned char)*text & 0xc0) == 0x80);
	return text;
}

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
		size_t length = escape_character(text);
		const char *instead = length ? entity(*text) : REPLACEMENT;

		if (instead)
			fputs(instead, out);
		else
			fwrite(text, 1, length, out);
		text = escape_next(text);
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
		size_t length = escape_character(text);

		if (!length) {
			fputs(REPLACEMENT, out);
		} else if (*text == '@' || *text == '#') {
			fprintf(out, "\\%c&#8203;", *text);
		} else {
			if (has_meaning(text))
				fputc('\\', out);
			fwrite(text, 1, length, out);
		}
		text = escape_next(text);
	}
}
