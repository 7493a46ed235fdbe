/* Bytes, UTF-8 and backslashes of line protocol. */
#include "common/lp_internal.h"

#include <string.h>

/* clang-format off */
#define C LP_CONTROL
#define S LP_SPACE
#define Q LP_QUOTE
#define M LP_COMMA
#define E LP_EQUALS
#define B LP_BACKSLASH
#define H LP_HIGH
#define H16 H, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H
const uint8_t lp_classes[256] = {
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
	S, 0, Q, 0, 0, 0, 0, 0, 0, 0, 0, 0, M, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, E, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, B, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, C,
	H16, H16, H16, H16, H16, H16, H16, H16,
};
#undef C
#undef S
#undef Q
#undef M
#undef E
#undef B
#undef H
#undef H16
/* clang-format on */

/* A backslash before anything but the special bytes means itself. */
static size_t unescape(char *to, struct lp_text text, uint8_t special)
{
	const char *at = text.at, *end = at + text.length;
	char *first = to;

	if (!text.escaped) {
		memcpy(to, at, text.length);
		return text.length;
	}
	while (at < end) {
		if (*at == '\\' && at + 1 < end && (lp_class(at[1]) & special))
			at++;
		*to++ = *at++;
	}
	return (size_t)(to - first);
}

size_t lp_unescape_measurement(char *to, struct lp_text text)
{
	return unescape(to, text, LP_MEASUREMENT_SPECIAL);
}

size_t lp_unescape_key(char *to, struct lp_text text)
{
	return unescape(to, text, LP_KEY_SPECIAL);
}

size_t lp_unescape_string(char *to, struct lp_text text)
{
	/* The escapes of the reference encoder: white space is written as in C. */
	static const char names[] = "\\\"nrt", meanings[] = "\\\"\n\r\t";
	const char *at = text.at, *end = at + text.length;
	char *first = to;

	if (!text.escaped) {
		memcpy(to, at, text.length);
		return text.length;
	}
	while (at < end) {
		const char *name = NULL;

		if (*at == '\\' && at + 1 < end)
			name = memchr(names, at[1], sizeof(names) - 1);
		if (name) {
			*to++ = meanings[name - names];
			at += 2;
		} else {
			*to++ = *at++;
		}
	}
	return (size_t)(to - first);
}
