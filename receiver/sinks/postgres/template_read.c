/* A template's text is read as PostgreSQL's scanner reads it: words, strings, names, comments. */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "receiver/sinks/postgres/template_pieces.h"

static const char *const placeholders[] = { [PG_PIECE_SCHEMA] = "{schema}",
					    [PG_PIECE_TABLE] = "{table}",
					    [PG_PIECE_COLUMNS] = "{columns}",
					    [PG_PIECE_TIME] = "{time}" };

/* A template that is read, and how far. */
struct reader {
	const char *name;
	struct pg_template *template;
	const char *at, *end;
	const char *done; /* what is before it is in pieces */
};

/* Says what is wrong at AT; returns false. */
static bool fail(const struct reader *reader, const char *at, const char *format, ...)
	PRINTF_LIKE(3, 4);

static bool fail(const struct reader *reader, const char *at, const char *format, ...)
{
	unsigned int line = 1;
	char why[256];
	va_list arguments;

	for (const char *byte = reader->template->text; byte < at; byte++)
		line += *byte == '\n';
	va_start(arguments, format);
	vsnprintf(why, sizeof(why), format, arguments);
	va_end(arguments);
	message_error("could not use table template \"%s\": line %u: %s", reader->name, line, why);
	return false;
}

static bool add_piece(struct reader *reader, struct pg_piece piece)
{
	struct pg_template *template = reader->template;

	if (template->count == template->room) {
		size_t room = template->room ? template->room * 2 : 16;
		struct pg_piece *pieces = realloc(template->pieces, room * sizeof(*pieces));

		if (!pieces)
			return fail(reader, reader->at, "out of memory");
		template->pieces = pieces;
		template->room = room;
	}
	template->pieces[template->count++] = piece;
	return true;
}

/* Makes a piece of the text up to END. */
static bool add_text(struct reader *reader, const char *end, bool escaped)
{
	struct pg_piece piece = { PG_PIECE_TEXT, escaped, reader->done,
				  (size_t)(end - reader->done) };

	reader->done = end;
	return add_piece(reader, piece);
}

/* What {word} at AT is, and its LENGTH; PG_PIECE_TEXT where there is no such thing. */
static enum pg_piece_kind kind_at(const struct reader *reader, const char *at, size_t *length)
{
	const char *end = at + 1;

	*length = 0;
	while (end < reader->end && ((*end >= 'a' && *end <= 'z') || *end == '_'))
		end++;
	if (*at != '{' || end == at + 1 || end == reader->end || *end != '}')
		return PG_PIECE_TEXT;
	*length = (size_t)(end + 1 - at);
	for (enum pg_piece_kind kind = PG_PIECE_SCHEMA; kind < PG_PIECE_UNKNOWN; kind++)
		if (strlen(placeholders[kind]) == *length &&
		    memcmp(placeholders[kind], at, *length) == 0)
			return kind;
	return PG_PIECE_UNKNOWN;
}

/* The first placeholder, or what looks like one, before END; NULL: there is none. */
static const char *find_placeholder(const struct reader *reader, const char *at, const char *end,
				    bool known)
{
	size_t length;

	for (; at < end; at++) {
		enum pg_piece_kind kind = kind_at(reader, at, &length);

		if (kind != PG_PIECE_TEXT && (kind != PG_PIECE_UNKNOWN || !known))
			return at;
	}
	return NULL;
}

/* The placeholder at AT. The text before it is as ESCAPED_TEXT says. */
static bool read_placeholder(struct reader *reader, const char *at, bool escaped_text, bool escaped)
{
	size_t length;
	enum pg_piece_kind kind = kind_at(reader, at, &length);

	if (kind == PG_PIECE_UNKNOWN)
		return fail(reader, at,
			    "%.*s is unknown (known are {schema}, {table}, {columns} and {time})",
			    (int)length, at);
	if (!add_text(reader, at, escaped_text) ||
	    !add_piece(reader, (struct pg_piece){ .kind = kind, .escaped = escaped }))
		return false;
	reader->done = at + length;
	return true;
}

/* The byte behind what AT, behind its opening QUOTE, begins; NULL: it has no end. */
static const char *find_quote(const struct reader *reader, const char *at, char quote,
			      bool backslashes)
{
	for (; at < reader->end; at++) {
		if (backslashes && *at == '\\') {
			at++;
		} else if (*at == quote) {
			if (at + 1 == reader->end || at[1] != quote)
				return at + 1;
			at++;
		}
	}
	return NULL;
}

/*
 * A string. One with placeholders becomes E'...', for whose values it does not matter what
 * standard_conforming_strings is; what the template itself says is as if that were on.
 */
static bool read_string(struct reader *reader, bool is_escaped, bool is_special)
{
	const char *start = reader->at;
	const char *end = find_quote(reader, start + 1, '\'', is_escaped), *at;

	if (!end)
		return fail(reader, start, "a string without its closing quote");
	reader->at = end;
	at = find_placeholder(reader, start + 1, end, false);
	if (!at)
		return true;
	if (is_special)
		return fail(reader, at, "no placeholder can stand in this kind of string");
	if (!is_escaped &&
	    (!add_text(reader, start, false) ||
	     !add_piece(reader,
			(struct pg_piece){ .kind = PG_PIECE_TEXT, .at = " E", .length = 2 })))
		return false;
	for (; at; at = find_placeholder(reader, reader->done, end, false))
		if (!read_placeholder(reader, at, !is_escaped, true))
			return false;
	return add_text(reader, end, !is_escaped);
}

static bool read_quoted_name(struct reader *reader)
{
	const char *start = reader->at, *end = find_quote(reader, start + 1, '"', false), *at;

	if (!end)
		return fail(reader, start, "a name without its closing quote");
	at = find_placeholder(reader, start + 1, end, true);
	if (at) {
		fail(reader, at, "a placeholder stands between double quotes");
		message_hint("names are quoted already");
		return false;
	}
	reader->at = end;
	return true;
}

static bool is_word_start(char byte)
{
	return isalpha((unsigned char)byte) || byte == '_' || (byte & 0x80);
}

static bool is_word(char byte)
{
	return is_word_start(byte) || isdigit((unsigned char)byte);
}

/* $tag$ ... $tag$, or just a dollar. */
static bool read_dollar(struct reader *reader)
{
	const char *start = reader->at, *tag_end = start + 1, *end, *at;
	size_t length;

	if (tag_end < reader->end && is_word_start(*tag_end))
		while (tag_end < reader->end && is_word(*tag_end))
			tag_end++;
	reader->at = tag_end;
	if (tag_end == reader->end || *tag_end != '$')
		return true;
	length = (size_t)(tag_end + 1 - start);
	end = memmem(start + length, (size_t)(reader->end - start) - length, start, length);
	if (!end)
		return fail(reader, start, "%.*s without its counterpart", (int)length, start);
	at = find_placeholder(reader, start, end, true);
	if (at) {
		fail(reader, at, "a placeholder stands between dollar quotes");
		message_hint("hand names over: SELECT set_config('fairport.table', "
			     "'{schema}.{table}', true); and read them there by "
			     "current_setting('fairport.table')");
		return false;
	}
	reader->at = end + length;
	return true;
}

static bool read_comment(struct reader *reader)
{
	const char *start = reader->at, *at = start;
	unsigned int depth = 0;

	do {
		if (at + 1 >= reader->end)
			return fail(reader, start, "a comment without its end");
		if (at[0] == '/' && at[1] == '*') {
			depth++;
			at += 2;
		} else if (at[0] == '*' && at[1] == '/') {
			depth--;
			at += 2;
		} else {
			at++;
		}
	} while (depth);
	reader->at = at;
	return true;
}

/* A word, and the string that it is the beginning of. */
static bool read_word(struct reader *reader)
{
	const char *start = reader->at, *at = start;
	size_t length;

	while (at < reader->end && (is_word(*at) || *at == '$'))
		at++;
	length = (size_t)(at - start);
	if (length == 1 && (*start | 0x20) == 'u' && reader->end - at > 1 && at[0] == '&')
		at++;
	reader->at = at;
	if (at == reader->end || *at != '\'')
		return true;
	if (length == 1 && (*start | 0x20) == 'e')
		return read_string(reader, true, false);
	return read_string(reader, false, true);
}

static bool read_token(struct reader *reader)
{
	const char *at = reader->at;
	size_t length, left = (size_t)(reader->end - at);

	if (is_word_start(*at))
		return read_word(reader);
	if (*at == '\'')
		return read_string(reader, false, false);
	if (*at == '"')
		return read_quoted_name(reader);
	if (*at == '$')
		return read_dollar(reader);
	if (left > 1 && memcmp(at, "/*", 2) == 0)
		return read_comment(reader);
	if (left > 1 && memcmp(at, "--", 2) == 0) {
		const char *line_end = memchr(at, '\n', left);

		reader->at = line_end ? line_end : reader->end;
		return true;
	}
	if (kind_at(reader, at, &length) != PG_PIECE_TEXT) {
		reader->at = at + length;
		return read_placeholder(reader, at, false, false);
	}
	reader->at++;
	return true;
}

static bool read_all(struct reader *reader)
{
	const struct pg_template *template = reader->template;

	while (reader->at < reader->end)
		if (!read_token(reader))
			return false;
	if (!add_text(reader, reader->end, false))
		return false;
	for (size_t i = 0; i < template->count; i++)
		if (template->pieces[i].kind == PG_PIECE_TABLE)
			return true;
	return fail(reader, reader->end, "{table} does not occur");
}

bool pg_template_read(struct pg_template *template, size_t length, const char *name)
{
	struct reader reader = { .name = name, .template = template };

	reader.at = reader.done = template->text;
	reader.end = template->text + length;
	return read_all(&reader);
}
