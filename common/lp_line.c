/*
 * One line of line protocol, from text: one pass over the bytes, a function for each part of the
 * line. They take the place to read at and return the place behind what they read, or NULL after
 * fail().
 */
#include "common/lp_internal.h"
#include "common/lp_words.h"
#include "common/utf8.h"

#include <string.h>

static const char *fail(struct lp_decoder *d, const char *at, const char *reason)
{
	d->class = LP_REJECT_SYNTAX;
	d->reason = reason;
	d->failed = d->resume = at;
	return NULL;
}

const char *lp_fail_limit(struct lp_decoder *d, const char *at, const char *reason)
{
	fail(d, at, reason);
	d->class = LP_REJECT_LIMIT;
	return NULL;
}

static const char *check_utf8(struct lp_decoder *d, const char *at, struct lp_text text,
			      uint8_t seen)
{
	if (!(seen & LP_HIGH) || utf8_valid(text.at, text.length))
		return at;
	fail(d, text.at, "invalid UTF-8");
	d->resume = at;
	return NULL;
}

/* Any name, of which all before AT is plain. */
static const char *read_special_name(struct lp_decoder *d, const char *at, uint8_t special,
				     struct lp_text *name)
{
	const char *end = d->end;
	uint8_t seen = 0;

	for (; at < end; at++) {
		uint8_t class = lp_class(*at);

		seen |= class;
		if (!(class & (special | LP_CONTROL | LP_BACKSLASH)))
			continue;
		if (class != LP_BACKSLASH)
			break;
		if (at + 1 < end && (lp_class(at[1]) & special)) {
			name->escaped = true;
			at++;
		}
	}
	name->length = (uint32_t)(at - name->at);
	return check_utf8(d, at, *name, seen);
}

/* Up to the first byte that is SPECIAL and has no backslash before it, or is a control. */
static inline const char *read_name(struct lp_decoder *d, const char *at, uint8_t special,
				    struct lp_text *name)
{
	name->at = at;
	name->escaped = false;
	at = lp_skip_plain(at, d->end, ',' + 1, '=');
	if (at == d->end || !(lp_class(*at) & special))
		return read_special_name(d, at, special, name);
	name->length = (uint32_t)(at - name->at);
	return at;
}

static const char *read_measurement(struct lp_decoder *d, const char *at)
{
	struct lp_text *name = &d->point->measurement;

	at = read_name(d, at, LP_MEASUREMENT_SPECIAL, name);
	if (at && name->length == 0)
		return fail(d, at, "expected a measurement");
	return at;
}

/* Spellings are unique (see lp.h), so bytes tell. */
static bool is_repeated(const struct lp_point *point, struct lp_text key)
{
	for (uint32_t i = 0; i < point->tag_count; i++) {
		struct lp_text other = point->tags[i].key;

		if (other.length == key.length && other.at[0] == key.at[0] &&
		    memcmp(other.at, key.at, key.length) == 0)
			return true;
	}
	return false;
}

/* One tag, AT being behind its comma. */
static const char *read_tag(struct lp_decoder *d, const char *at)
{
	struct lp_point *point = d->point;
	struct lp_tag *tag = &point->tags[point->tag_count];

	if (point->tag_count == LP_MAX_TAGS)
		return lp_fail_limit(d, at, "too many tags");
	at = read_name(d, at, LP_KEY_SPECIAL, &tag->key);
	if (!at)
		return NULL;
	if (tag->key.length == 0)
		return fail(d, at, "expected a tag key");
	if (at == d->end || *at != '=')
		return fail(d, at, "expected '=' after a tag key");
	if (is_repeated(point, tag->key))
		return fail(d, tag->key.at, "repeated tag key");
	at = read_name(d, at + 1, LP_KEY_SPECIAL, &tag->value);
	if (at && tag->value.length == 0)
		return fail(d, at, "expected a tag value");
	point->tag_count++;
	return at;
}

const char *lp_find_quote(struct lp_decoder *d, const char *at, struct lp_text *text, uint8_t *seen)
{
	const char *end = d->end;

	text->at = at;
	text->escaped = false;
	at = lp_skip_plain(at, end, ' ', '"');
	for (; at < end; at++) {
		uint8_t class = lp_class(*at);

		*seen |= class;
		if (!(class & (LP_QUOTE | LP_BACKSLASH | LP_CONTROL)))
			continue;
		if (class == LP_QUOTE)
			break;
		if (class == LP_BACKSLASH) {
			text->escaped = true;
			if (at + 1 < end && (at[1] == '"' || at[1] == '\\'))
				at++;
		}
		d->feeds += *at == '\n';
	}
	text->length = (uint32_t)(at - text->at);
	if (at < end)
		return at;
	d->open = true;
	return NULL;
}

/*
 * A string over several lines that then goes on in the wrong way is taken for one that was never
 * closed, so that the quotes of other lines are left to these.
 */
static const char *read_string(struct lp_decoder *d, const char *at, struct lp_field *field)
{
	uint32_t feeds = d->feeds;
	const char *quote = at;
	uint8_t seen = 0;

	field->type = LP_STRING;
	at = lp_find_quote(d, at + 1, &field->value.string, &seen);
	if (at && lp_may_follow_value(at + 1, d->end))
		return check_utf8(d, at + 1, field->value.string, seen);
	if (at && d->feeds == feeds)
		fail(d, at + 1, "unexpected text behind a string");
	else
		fail(d, quote, "string without its closing quote");
	return NULL;
}

/* What starts with one of the letters that a boolean can start with. */
static bool is_boolean(const char *word, size_t length)
{
	switch (length) {
	case 1:
		return true;
	case 4:
		return memcmp(word, "true", 4) == 0 || memcmp(word, "True", 4) == 0 ||
		       memcmp(word, "TRUE", 4) == 0;
	case 5:
		return memcmp(word, "false", 5) == 0 || memcmp(word, "False", 5) == 0 ||
		       memcmp(word, "FALSE", 5) == 0;
	default:
		return false;
	}
}

static const char *read_boolean(struct lp_decoder *d, const char *at, struct lp_field *field)
{
	const char *word_end = at;

	while (word_end < d->end && (*word_end | 0x20) >= 'a' && (*word_end | 0x20) <= 'z')
		word_end++;
	if (!is_boolean(at, (size_t)(word_end - at)))
		return fail(d, at, "expected a boolean");
	field->type = LP_BOOLEAN;
	field->value.boolean = (*at | 0x20) == 't';
	return word_end;
}

static const char *read_value(struct lp_decoder *d, const char *at, struct lp_field *field)
{
	const char *reason, *next;

	if (at == d->end)
		return fail(d, at, "expected a field value");
	switch (*at) {
	case '"':
		return read_string(d, at, field);
	case 't':
	case 'T':
	case 'f':
	case 'F':
		return read_boolean(d, at, field);
	case '0' ... '9':
	case '-':
	case '.':
		next = lp_read_number(at, d->end, field, &reason);
		return next ? next : fail(d, at, reason);
	default:
		return fail(d, at, "expected a field value");
	}
}

/* One field, up to the byte that separates it from what follows. */
static const char *read_field(struct lp_decoder *d, const char *at)
{
	struct lp_point *point = d->point;
	struct lp_field *field = &point->fields[point->field_count];

	if (point->field_count == LP_MAX_FIELDS)
		return lp_fail_limit(d, at, "too many fields");
	at = read_name(d, at, LP_KEY_SPECIAL, &field->key);
	if (!at)
		return NULL;
	if (field->key.length == 0)
		return fail(d, at, "expected a field key");
	if (at == d->end || *at != '=')
		return fail(d, at, "expected '=' after a field key");
	at = read_value(d, at + 1, field);
	if (at && !lp_may_follow_value(at, d->end))
		return fail(d, at, "unexpected text behind a field value");
	point->field_count++;
	return at;
}

static const char *read_time(struct lp_decoder *d, const char *at)
{
	const char *reason, *next;

	at = lp_skip_spaces(at, d->end);
	if (lp_is_line_end(at, d->end))
		return at;
	next = lp_read_time(at, d->end, &d->point->time, &reason);
	if (!next)
		return fail(d, at, reason);
	d->point->has_time = true;
	at = lp_skip_spaces(next, d->end);
	return lp_is_line_end(at, d->end) ? at : fail(d, at, "unexpected text behind a timestamp");
}

const char *lp_read_point(struct lp_decoder *d, const char *at)
{
	at = read_measurement(d, at);
	while (at && at < d->end && *at == ',')
		at = read_tag(d, at + 1);
	if (!at)
		return NULL;
	if (at == d->end || *at != ' ')
		return fail(d, at, "expected a tag or a field");
	d->in_fields = true;
	at = read_field(d, lp_skip_spaces(at, d->end));
	while (at && at < d->end && *at == ',')
		at = read_field(d, at + 1);
	return at ? read_time(d, at) : NULL;
}
