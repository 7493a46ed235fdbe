/* The words of a line of a schema: blanks, quotes, comments. */
#include "faker/lines/schema_internal.h"

#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

/* Every other byte at most begins a word; each word is ended by a byte that the line had too. */
bool schema_words_open(struct schema_words *words, size_t length)
{
	words->at = calloc(length / 2 + 1, sizeof(*words->at));
	words->text = malloc(length + 1);
	return words->at && words->text;
}

void schema_words_close(struct schema_words *words)
{
	free(words->at);
	free(words->text);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == 0x7f;
}

/* The word in quotes whose first byte is AT, to *TO; returns the byte behind it. */
static const char *split_quoted(struct schema_parser *parser, const char *at, const char *end,
				char **to)
{
	for (; at < end && *at != '"'; at++) {
		if (*at == '\\') {
			at++;
			if (at == end || (*at != '"' && *at != '\\')) {
				schema_fail(parser, "a backslash in quotes (expected \\\" or "
						    "\\\\)");
				return NULL;
			}
		}
		*(*to)++ = *at;
	}
	if (at == end) {
		schema_fail(parser, "a quote that is not closed (expected \")");
		return NULL;
	}
	at++;
	if (at < end && !is_blank(*at) && *at != '#') {
		schema_fail(parser, "text behind a closing quote (expected a blank)");
		return NULL;
	}
	return at;
}

static const char *split_bare(struct schema_parser *parser, const char *at, const char *end,
			      char **to)
{
	for (; at < end && !is_blank(*at) && *at != '#'; at++) {
		if (*at == '"') {
			schema_fail(parser, "a quote inside of a word (expected the whole word in "
					    "quotes, and \\\")");
			return NULL;
		}
		*(*to)++ = *at;
	}
	return at;
}

static bool check_bytes(struct schema_parser *parser, const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (is_control(line[i]) && line[i] != '\t')
			return schema_fail(parser, "control character 0x%02x (expected text)",
					   (unsigned int)(unsigned char)line[i]);
	if (!utf8_valid(line, length))
		return schema_fail(parser, "invalid UTF-8 (expected text)");
	return true;
}

bool schema_words_split(struct schema_parser *parser, const char *line, size_t length)
{
	struct schema_words *words = &parser->words;
	const char *at = line, *end = line + length;
	char *to = words->text;

	words->count = 0;
	if (!check_bytes(parser, line, length))
		return false;
	while (at < end && *at != '#') {
		if (is_blank(*at)) {
			at++;
			continue;
		}
		words->at[words->count++] = to;
		at = *at == '"' ? split_quoted(parser, at + 1, end, &to)
				: split_bare(parser, at, end, &to);
		if (!at)
			return false;
		*to++ = '\0';
	}
	/* A tab within quotes is none of the blanks between words, and no name may have it. */
	for (char *byte = words->text; byte < to; byte++)
		if (*byte == '\t')
			return schema_fail(parser, "a tab in quotes (expected text)");
	return true;
}
