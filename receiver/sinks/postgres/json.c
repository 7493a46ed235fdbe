/* The JSON text inside of a jsonb. Format of the cell: jsonb_send() in PostgreSQL's jsonb.c. */
#include "receiver/sinks/postgres/rows.h"

#include <string.h>

#include "common/lp_internal.h"
#include "common/lp_words.h"
#include "receiver/sinks/postgres/wire.h"

#define JSONB_VERSION 1
#define ESCAPE_MAX    6 /* bytes of "\u001f" */

static inline bool is_special(char byte)
{
	return (unsigned char)byte < 0x20 || byte == '"' || byte == '\\';
}

/* Whether a string can hold it as it is (RFC 8259, section 7). */
static bool is_plain(const char *text, size_t length)
{
	uint64_t marks = 0;
	size_t i;

	for (i = 0; i + LP_WORD <= length; i += LP_WORD) {
		uint64_t word = lp_load(text + i);
		uint64_t quote = word ^ LP_EACH('"'), backslash = word ^ LP_EACH('\\');

		marks |= (word - LP_EACH(0x20)) & ~word;
		marks |= (quote - LP_EACH(1)) & ~quote;
		marks |= (backslash - LP_EACH(1)) & ~backslash;
	}
	if (marks & LP_EACH(0x80))
		return false;
	for (; i < length; i++)
		if (is_special(text[i]))
			return false;
	return true;
}

static char *escape(char *to, const char *from, size_t length)
{
	static const char hex[] = "0123456789abcdef", names[] = "btn\0fr"; /* from backspace on */

	for (const char *end = from + length; from < end; from++) {
		char byte = *from, name = byte;

		if (!is_special(byte)) {
			*to++ = byte;
			continue;
		}
		*to++ = '\\';
		if ((unsigned char)byte < 0x20)
			name = byte >= '\b' && byte <= '\r' ? names[byte - '\b'] : '\0';
		if (name) {
			*to++ = name;
			continue;
		}
		*to++ = 'u';
		*to++ = '0';
		*to++ = '0';
		*to++ = hex[byte >> 4];
		*to++ = hex[byte & 15];
	}
	return to;
}

/*
 * Writes TEXT, for which there are ESCAPE_MAX bytes for each of its own: first, unescaped, to the
 * end of that room. As no byte becomes more than ESCAPE_MAX, writing never gets ahead of reading.
 */
static char *put_special(char *at, struct lp_text text, bool string)
{
	char *plain = at + (size_t)(ESCAPE_MAX - 1) * text.length;
	size_t length = string ? lp_unescape_string(plain, text) : lp_unescape_key(plain, text);

	return escape(at, plain, length);
}

/* TEXT in quotes, between a comma and a colon where these are wanted. */
static inline bool put_string(struct pg_rows *rows, struct lp_text text, bool string, bool comma,
			      bool colon)
{
	bool plain = !text.escaped && is_plain(text.at, text.length);
	size_t length = plain ? text.length : (size_t)ESCAPE_MAX * text.length;
	char *at = pg_rows_reserve(rows, length + sizeof(",\"\":") - 1);

	if (!at)
		return false;
	if (comma)
		*at++ = ',';
	*at++ = '"';
	if (plain)
		at = (char *)memcpy(at, text.at, length) + length;
	else
		at = put_special(at, text, string);
	*at++ = '"';
	if (colon)
		*at++ = ':';
	rows->length = (size_t)(at - rows->data);
	return true;
}

bool pg_rows_json_begin(struct pg_rows *rows, struct pg_json *json)
{
	char *at = pg_rows_reserve(rows, 6);

	if (!at)
		return false;
	*json = (struct pg_json){ .at = rows->length, .first = true };
	at[4] = JSONB_VERSION;
	at[5] = '{';
	rows->length += 6;
	return true;
}

bool pg_rows_json_key(struct pg_rows *rows, struct pg_json *json, struct lp_text key)
{
	if (!put_string(rows, key, false, !json->first, true))
		return false;
	json->first = false;
	return true;
}

bool pg_rows_json_string(struct pg_rows *rows, struct lp_text text, bool string)
{
	return put_string(rows, text, string, false, false);
}

bool pg_rows_json_value(struct pg_rows *rows, const struct lp_field *field)
{
	char *at;

	if (field->type == LP_STRING)
		return pg_rows_json_string(rows, field->value.string, true);
	at = pg_rows_reserve(rows, LP_NUMBER_TEXT);
	if (!at)
		return false;
	if (field->type == LP_FLOAT)
		at = lp_write_float(at, field->value.number);
	else if (field->type == LP_INTEGER)
		at = lp_write_integer(at, field->value.integer);
	else if (field->type == LP_UNSIGNED)
		at = lp_write_unsigned(at, field->value.natural);
	else
		at = stpcpy(at, field->value.boolean ? "true" : "false");
	rows->length = (size_t)(at - rows->data);
	return true;
}

bool pg_rows_json_end(struct pg_rows *rows, const struct pg_json *json)
{
	char *at = pg_rows_reserve(rows, 1);

	if (!at)
		return false;
	*at = '}';
	rows->length++;
	pg_put32(rows->data + json->at, (uint32_t)(rows->length - json->at - 4));
	return true;
}
