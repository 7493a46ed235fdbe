#include "common/utf8.h"

#include <stdint.h>
#include <string.h>

size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length = left == 0       ? 0
			: at[0] < 0x80  ? 1
			: at[0] < 0xc2  ? 0
			: at[0] < 0xe0  ? 2
			: at[0] < 0xf0  ? 3
			: at[0] <= 0xf4 ? 4
					: 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
	if ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ||
	    (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))
		return 0;
	return length;
}

bool utf8_valid(const char *text, size_t length)
{
	while (length > 0) {
		uint64_t eight;
		size_t step = 8;

		/* Eight ASCII bytes at a time, the usual case. */
		if (length < 8 || (memcpy(&eight, text, 8), eight & 0x8080808080808080ull))
			step = utf8_length(text, length);
		if (step == 0)
			return false;
		text += step;
		length -= step;
	}
	return true;
}
