#include "analysis/paragraph.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analysis/printable.h"

/* Bytes of UTF-8 that begin a character; the others have no width. */
static size_t width_of(const char *text, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)text[i] & 0xc0) != 0x80;
	return width;
}

static void put(const char *text, size_t length)
{
	for (const char *at = text; at < text + length; at = printable_next(at)) {
		size_t size = printable_character(at);

		if (size)
			fwrite(at, 1, size, stdout);
		else
			putchar('?');
	}
}

void paragraph(int indent, const char *label, const char *format, ...)
{
	size_t margin = (size_t)indent, column = margin;
	char text[2048];
	const char *word = text;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	printf("%-*s", indent, label);
	while (*word) {
		size_t length = strcspn(word, " ");
		size_t width = width_of(word, length);

		if (column > margin && column + 1 + width > PARAGRAPH_COLUMNS) {
			printf("\n%*s", indent, "");
			column = margin;
		} else if (column > margin) {
			putchar(' ');
			column++;
		}
		put(word, length);
		column += width;
		word += length;
		word += strspn(word, " ");
	}
	putchar('\n');
}

void paragraph_code(int indent, const char *line)
{
	printf("%*s", indent, "");
	put(line, strlen(line));
	putchar('\n');
}
