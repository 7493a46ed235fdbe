/* Line protocol, to text. */
#include "common/lp_internal.h"
#include "common/utf8.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* The first error stays. */
static void fail(struct lp_encoder *line, int error)
{
	if (!line->error)
		line->error = error;
}

static void put(struct lp_encoder *line, const char *text, size_t length)
{
	if (line->error)
		return;
	if ((size_t)(line->end - line->at) < length) {
		fail(line, -ENOSPC);
		return;
	}
	memcpy(line->at, text, length);
	line->at += length;
}

static inline void put_byte(struct lp_encoder *line, char byte)
{
	if (line->error)
		return;
	if (line->at < line->end)
		*line->at++ = byte;
	else
		fail(line, -ENOSPC);
}

/* Every class that TEXT has, in one pass that most texts need not be looked at again after. */
static uint8_t classes_of(const char *text, size_t length)
{
	uint8_t seen = 0;

	for (size_t i = 0; i < length; i++)
		seen |= lp_class(text[i]);
	return seen;
}

/* A measurement, key or tag value. A backslash at its end would escape what follows it. */
static void put_name(struct lp_encoder *line, const char *name, size_t length, uint8_t special)
{
	uint8_t seen;

	if (line->error)
		return;
	seen = classes_of(name, length);
	if (length == 0 || (seen & LP_CONTROL) || name[length - 1] == '\\' ||
	    ((seen & LP_HIGH) && !utf8_valid(name, length))) {
		fail(line, -EINVAL);
	} else if (!(seen & special)) {
		put(line, name, length);
	} else {
		for (size_t i = 0; i < length; i++) {
			if (lp_class(name[i]) & special)
				put_byte(line, '\\');
			put_byte(line, name[i]);
		}
	}
}

/* The letter that stands for BYTE behind a backslash in a string, or 0. */
static char string_escape(char byte)
{
	switch (byte) {
	case '"':
	case '\\':
		return byte;
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

static void put_string(struct lp_encoder *line, const char *text, size_t length)
{
	uint8_t seen = classes_of(text, length);

	if ((seen & LP_HIGH) && !utf8_valid(text, length))
		fail(line, -EINVAL);
	put_byte(line, '"');
	if (seen & (LP_QUOTE | LP_BACKSLASH | LP_CONTROL)) {
		for (size_t i = 0; i < length; i++) {
			char letter = string_escape(text[i]);

			if (letter)
				put_byte(line, '\\');
			put_byte(line, letter ? letter : text[i]);
		}
	} else {
		put(line, text, length);
	}
	put_byte(line, '"');
}

/* Where a number is to be written: in place, or in SPARE when that might not fit. */
static char *number_room(struct lp_encoder *line, char *spare)
{
	bool fits = !line->error && line->end - line->at >= LP_NUMBER_TEXT;

	return fits ? line->at : spare;
}

static void put_number(struct lp_encoder *line, const char *text, const char *text_end)
{
	if (text == line->at)
		line->at += text_end - text;
	else
		put(line, text, (size_t)(text_end - text));
}

/* Separator, key and equals sign of the next field. */
static void put_field_key(struct lp_encoder *line, const char *key, size_t length)
{
	put_byte(line, line->has_field ? ',' : ' ');
	put_name(line, key, length, LP_KEY_SPECIAL);
	put_byte(line, '=');
	line->has_field = true;
}

void lp_encode_begin(struct lp_encoder *line, char *buffer, size_t length, const char *measurement,
		     size_t measurement_length)
{
	*line = (struct lp_encoder){ .at = buffer, .start = buffer, .end = buffer + length };
	/* It would start a comment, and there is no escape for it. */
	if (measurement_length > 0 && measurement[0] == '#')
		fail(line, -EINVAL);
	put_name(line, measurement, measurement_length, LP_MEASUREMENT_SPECIAL);
}

void lp_encode_tag(struct lp_encoder *line, const char *key, size_t key_length, const char *value,
		   size_t value_length)
{
	if (line->has_field)
		fail(line, -EINVAL);
	put_byte(line, ',');
	put_name(line, key, key_length, LP_KEY_SPECIAL);
	put_byte(line, '=');
	put_name(line, value, value_length, LP_KEY_SPECIAL);
}

void lp_encode_float(struct lp_encoder *line, const char *key, size_t key_length, double value)
{
	char spare[LP_NUMBER_TEXT], *text;

	if (!isfinite(value)) {
		fail(line, -EINVAL);
		return;
	}
	put_field_key(line, key, key_length);
	text = number_room(line, spare);
	put_number(line, text, lp_write_float(text, value));
}

void lp_encode_integer(struct lp_encoder *line, const char *key, size_t key_length, int64_t value)
{
	char spare[LP_NUMBER_TEXT], *text;

	put_field_key(line, key, key_length);
	text = number_room(line, spare);
	put_number(line, text, lp_write_integer(text, value));
	put_byte(line, 'i');
}

void lp_encode_unsigned(struct lp_encoder *line, const char *key, size_t key_length, uint64_t value)
{
	char spare[LP_NUMBER_TEXT], *text;

	put_field_key(line, key, key_length);
	text = number_room(line, spare);
	put_number(line, text, lp_write_unsigned(text, value));
	put_byte(line, 'u');
}

void lp_encode_string(struct lp_encoder *line, const char *key, size_t key_length,
		      const char *value, size_t value_length)
{
	put_field_key(line, key, key_length);
	put_string(line, value, value_length);
}

void lp_encode_boolean(struct lp_encoder *line, const char *key, size_t key_length, bool value)
{
	put_field_key(line, key, key_length);
	if (value)
		put(line, "true", 4);
	else
		put(line, "false", 5);
}

int64_t lp_encode_end(struct lp_encoder *line, const int64_t *time)
{
	char spare[LP_NUMBER_TEXT], *text;

	if (!line->has_field)
		fail(line, -EINVAL);
	if (time) {
		put_byte(line, ' ');
		text = number_room(line, spare);
		put_number(line, text, lp_write_integer(text, *time));
	}
	put_byte(line, '\n');
	return line->error ? line->error : line->at - line->start;
}
