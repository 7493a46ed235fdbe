#include "analysis/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/utf8.h"

/* Direction marks and overrides, and what ends a line (Unicode 15, chapter 23). */
static bool is_disruptive(uint32_t c)
{
	return (c >= 0x80 && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       c == 0xfffe || c == 0xffff;
}

size_t printable_character(const char *text)
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

const char *printable_next(const char *text)
{
	size_t length = printable_character(text);

	if (length)
		return text + length;
	do
		text++;
	while (((unsigned char)*text & 0xc0) == 0x80);
	return text;
}

const char *printable_text(char *buffer, size_t size, const char *text)
{
	size_t used = 0;

	for (; *text; text = printable_next(text)) {
		size_t length = printable_character(text);

		if (used + (length ? length : 1) >= size)
			break;
		if (length)
			memcpy(buffer + used, text, length);
		else
			buffer[used] = '?';
		used += length ? length : 1;
	}
	buffer[used] = '\0';
	return buffer;
}
