/* The lines of a buffer of line protocol: where they start, and where they end after an error. */
#include "common/lp_internal.h"
#include "common/lp_words.h"

#include <string.h>

/* The line feed, or end of buffer, that ends a rejected line: see lp_next() in lp.h. */
static const char *find_resync(struct lp_decoder *d)
{
	const char *at = d->resume, *end = d->end, *quote;
	struct lp_text string;
	uint8_t seen = 0;

	for (; at < end && *at != '\n'; at++) {
		if (*at == ' ')
			d->in_fields = true;
		if (end - at < 2)
			continue;
		if (*at == '\\' && at[1] != '\n') {
			at++;
		} else if (d->in_fields && *at == '=' && at[1] == '"') {
			quote = lp_find_quote(d, at + 2, &string, &seen);
			if (quote && lp_may_follow_value(quote + 1, end))
				at = quote;
		}
	}
	return at;
}

/* To the first byte of a line with a point, which has to be on the line of cursor->line. */
static const char *skip_empty_lines(struct lp_cursor *cursor)
{
	const char *at = cursor->at, *end = cursor->end;

	for (;;) {
		/* Packets may be padded with line feeds. */
		cursor->line = lp_skip_feeds(at, end);
		cursor->next_number += (uint32_t)(cursor->line - at);
		at = lp_skip_spaces(cursor->line, end);
		if (at == end || (*at != '#' && !lp_is_line_end(at, end)))
			break;
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at) {
			at = end;
			break;
		}
	}
	cursor->line_number = cursor->next_number;
	return at;
}

/* FEED is the line feed that ends the line, or the end of the buffer. */
static void end_line(struct lp_cursor *cursor, const char *feed, uint32_t feeds)
{
	size_t length = (size_t)(feed - cursor->line);

	cursor->at = feed < cursor->end ? feed + 1 : feed;
	cursor->next_number += feeds + (feed < cursor->end);
	if (length > 0 && feed[-1] == '\r')
		length--;
	cursor->line_length = length > UINT32_MAX ? UINT32_MAX : (uint32_t)length;
}

static enum lp_result reject(struct lp_cursor *cursor, struct lp_decoder *d, struct lp_error *error)
{
	const char *feed = find_resync(d);
	uint32_t feeds = 0;

	for (const char *at = cursor->line; at < feed; at++)
		feeds += *at == '\n';
	error->class = d->class;
	error->reason = d->reason;
	error->column = (uint32_t)(d->failed - cursor->line) + 1;
	error->open = d->open;
	end_line(cursor, feed, feeds);
	return LP_REJECTED;
}

void lp_cursor_init(struct lp_cursor *cursor, const char *buffer, size_t length)
{
	*cursor = (struct lp_cursor){
		.at = buffer,
		.end = buffer + length,
		.line = buffer,
		.next_number = 1,
	};
}

enum lp_result lp_next(struct lp_cursor *cursor, struct lp_point *point, struct lp_error *error)
{
	struct lp_decoder d = { .end = cursor->end, .point = point };
	const char *at = skip_empty_lines(cursor);

	if (at == cursor->end) {
		cursor->at = cursor->line = at;
		cursor->line_length = 0;
		return LP_END;
	}
	point->tag_count = point->field_count = 0;
	point->has_time = false;
	at = lp_read_point(&d, at);
	/* The lengths in POINT hold 32 bits. */
	if (at && (size_t)(at - cursor->line) > UINT32_MAX)
		at = lp_fail_limit(&d, cursor->line, "line too long");
	if (!at)
		return reject(cursor, &d, error);
	end_line(cursor, at < cursor->end && *at == '\r' ? at + 1 : at, d.feeds);
	return LP_POINT;
}
