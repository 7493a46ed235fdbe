/*
 * The encoder makes whole lines only, so each piece is made as part of a line, whose rest is
 * dropped.
 */
#include "faker/lines/text.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp.h"

char *text_reserve(struct text *text, size_t length)
{
	size_t room = 2 * text->room + length;
	char *grown;

	if (text->failed)
		return NULL;
	if (text->at && text->room - text->length >= length)
		return text->at + text->length;
	grown = realloc(text->at, room);
	if (!grown) {
		text->failed = true;
		return NULL;
	}
	text->at = grown;
	text->room = room;
	return grown + text->length;
}

static void append(struct text *text, const char *from, size_t length)
{
	char *to = text_reserve(text, length + 1);

	if (!to)
		return;
	memcpy(to, from, length);
	text->length += length;
}

void text_append(struct text *text, const char *from)
{
	append(text, from, strlen(from));
}

/* Begins a line of MEASUREMENT with room for names of LENGTH bytes in all behind it. */
static bool begin(struct text *text, struct lp_encoder *line, const char *measurement,
		  size_t length)
{
	size_t room = 2 * (strlen(measurement) + length) + strlen(", =true\"\"");
	char *to = text_reserve(text, room);

	if (to)
		lp_encode_begin(line, to, room, measurement, strlen(measurement));
	return to != NULL;
}

/* Appends the line less its first SKIP and last DROP bytes. */
static void end(struct text *text, const struct lp_encoder *line, size_t skip, size_t drop)
{
	size_t length = (size_t)(line->at - line->start) - skip - drop;

	if (line->error) {
		text->failed = true;
		return;
	}
	memmove(line->start, line->start + skip, length);
	text->length += length;
}

void text_measurement(struct text *text, const char *name)
{
	struct lp_encoder line;

	if (!begin(text, &line, name, 0))
		return;
	end(text, &line, 0, 0);
}

static void append_tag(struct text *text, const char *key, const char *value, size_t skip,
		       size_t drop)
{
	struct lp_encoder line;

	if (!begin(text, &line, "m", strlen(key) + strlen(value)))
		return;
	lp_encode_tag(&line, key, strlen(key), value, strlen(value));
	end(text, &line, skip, drop);
}

void text_tag(struct text *text, const char *key, const char *value)
{
	append_tag(text, key, value, strlen("m"), 0);
}

void text_tag_prefix(struct text *text, const char *key, const char *prefix)
{
	size_t length = strlen(prefix);
	char *value = malloc(length + sizeof("1"));

	if (!value) {
		text->failed = true;
		return;
	}
	memcpy(value, prefix, length);
	value[length] = '1';
	value[length + 1] = '\0';
	append_tag(text, key, value, strlen("m"), strlen("1"));
	free(value);
}

void text_tag_value(struct text *text, const char *value)
{
	append_tag(text, "k", value, strlen("m,k="), 0);
}

void text_field(struct text *text, const char *key)
{
	struct lp_encoder line;

	if (!begin(text, &line, "m", strlen(key)))
		return;
	lp_encode_boolean(&line, key, strlen(key), true);
	end(text, &line, strlen("m "), strlen("true"));
}

void text_string(struct text *text, const char *value)
{
	struct lp_encoder line;

	if (!begin(text, &line, "m", strlen("k") + strlen(value)))
		return;
	lp_encode_string(&line, "k", strlen("k"), value, strlen(value));
	end(text, &line, strlen("m k="), 0);
}

void text_move(struct text *text, struct text *from)
{
	if (from->length > 0)
		append(text, from->at, from->length);
	from->length = 0;
}
