#include "common/lp_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_KEPT ((size_t)1 << 20)

/* A line and its line feed: as much as the decoder may see of it. */
static size_t window(const struct lp_stream *stream)
{
	return stream->line_max + 1;
}

bool lp_stream_open(struct lp_stream *stream, size_t line_max, size_t keep)
{
	*stream = (struct lp_stream){ .line_max = line_max, .keep = keep, .next_number = 1 };
	stream->room = keep ? FIRST_KEPT : window(stream);
	stream->buffer = malloc(stream->room);
	return stream->buffer != NULL;
}

void lp_stream_close(struct lp_stream *stream)
{
	free(stream->buffer);
	stream->buffer = NULL;
}

static int grow(struct lp_stream *stream)
{
	char *larger = realloc(stream->buffer, 2 * stream->room);

	if (!larger)
		return -ENOMEM;
	stream->buffer = larger;
	stream->room *= 2;
	return 0;
}

static void drop_taken(struct lp_stream *stream)
{
	memmove(stream->buffer, stream->buffer + stream->at, stream->end - stream->at);
	stream->end -= stream->at;
	stream->seen = stream->seen > stream->at ? stream->seen - stream->at : 0;
	stream->at = 0;
}

int lp_stream_room(struct lp_stream *stream, char **to, size_t *room)
{
	int error = 0;

	if (!stream->keep)
		drop_taken(stream);
	else if (stream->end > stream->keep)
		return -EMSGSIZE;
	else if (stream->end == stream->room)
		error = grow(stream);
	*to = stream->buffer + stream->end;
	*room = stream->room - stream->end;
	return error;
}

void lp_stream_add(struct lp_stream *stream, size_t length)
{
	stream->end += length;
}

void lp_stream_end(struct lp_stream *stream)
{
	stream->ended = true;
}

void lp_stream_rewind(struct lp_stream *stream)
{
	stream->at = stream->seen = 0;
	stream->wanted = 0;
	stream->skipping = false;
	stream->next_number = 1;
}

void lp_stream_clear(struct lp_stream *stream)
{
	stream->end = 0;
	stream->ended = false;
	lp_stream_rewind(stream);
}

/* The rest of a line that was too long. False: it goes on. */
static bool skip_line(struct lp_stream *stream)
{
	const char *from = stream->buffer + stream->at;
	const char *feed = memchr(from, '\n', stream->end - stream->at);

	stream->at = feed ? (size_t)(feed + 1 - stream->buffer) : stream->end;
	stream->next_number += feed != NULL;
	stream->skipping = !feed;
	return feed != NULL;
}

/* How much of what is there the decoder may see. */
static size_t visible(const struct lp_stream *stream)
{
	size_t left = stream->end - stream->at;

	return left < window(stream) ? left : window(stream);
}

/*
 * Whether it is worth while to look at the buffer: not where a line is known to need a byte that
 * has not come. Else lines that are read in small pieces would be decoded with each of them.
 */
static bool is_worth_a_look(struct lp_stream *stream)
{
	size_t from = stream->seen > stream->at ? stream->seen : stream->at;

	if (!stream->wanted || stream->ended || visible(stream) == window(stream))
		return true;
	stream->seen = stream->end;
	return memchr(stream->buffer + from, stream->wanted, stream->end - from);
}

/* Whether what the decoder found does not change with what follows. */
static bool is_final(const struct lp_stream *stream, const struct lp_cursor *cursor,
		     enum lp_result result, const struct lp_error *error)
{
	if (stream->ended && cursor->end == stream->buffer + stream->end &&
	    (size_t)(cursor->end - cursor->line) <= stream->line_max)
		return true;
	if (result == LP_END || cursor->at[-1] != '\n')
		return false;
	return result == LP_POINT || !error->open;
}

/*
 * Blank lines and comments before what the decoder found. A last one that is cut off stays. Whether
 * there were any.
 */
static bool drop_empty_lines(struct lp_stream *stream, const struct lp_cursor *cursor,
			     enum lp_result result)
{
	const char *from = stream->buffer + stream->at, *line = cursor->line;

	if (result == LP_END) {
		line = memrchr(from, '\n', (size_t)(cursor->end - from));
		line = line ? line + 1 : from;
		stream->next_number += cursor->next_number - 1;
	} else {
		stream->next_number += cursor->line_number - 1;
	}
	stream->at = (size_t)(line - stream->buffer);
	return line > from;
}

static enum lp_result take(struct lp_stream *stream, const struct lp_cursor *cursor,
			   enum lp_result result)
{
	if (result == LP_END)
		return LP_END;
	stream->number = stream->next_number;
	stream->next_number += cursor->next_number - cursor->line_number;
	stream->at = (size_t)(cursor->at - stream->buffer);
	return result;
}

/* Spaces and more spaces, or a comment; or a carriage return, about which the next byte decides. */
static void drop_blank_window(struct lp_stream *stream)
{
	while (stream->at < stream->end && stream->buffer[stream->at] == ' ')
		stream->at++;
	stream->skipping = stream->at < stream->end && stream->buffer[stream->at] == '#';
}

/* The line has no end within as much as may be seen of it. */
static enum lp_result reject_long(struct lp_stream *stream, struct lp_cursor *cursor,
				  struct lp_error *error)
{
	*error = (struct lp_error){ .class = LP_REJECT_LIMIT,
				    .column = (uint32_t)stream->line_max + 1,
				    .reason = "line too long" };
	cursor->at = cursor->end;
	cursor->line_length = (uint32_t)stream->line_max;
	stream->skipping = true;
	return take(stream, cursor, LP_REJECTED);
}

/* A line that has line feeds in strings may end at one of these, whatever comes. */
static enum lp_result await(struct lp_stream *stream, const struct lp_cursor *cursor,
			    enum lp_result result, const struct lp_error *error)
{
	if (result == LP_REJECTED && error->open)
		stream->wanted = '"';
	else if (cursor->next_number == cursor->line_number)
		stream->wanted = '\n';
	stream->seen = stream->end;
	return LP_END;
}

enum lp_result lp_stream_next(struct lp_stream *stream, struct lp_cursor *cursor,
			      struct lp_point *point, struct lp_error *error)
{
	enum lp_result result;
	bool dropped;

	for (;;) {
		if (stream->skipping && !skip_line(stream))
			return LP_END;
		if (!is_worth_a_look(stream))
			return LP_END;
		lp_cursor_init(cursor, stream->buffer + stream->at, visible(stream));
		result = lp_next(cursor, point, error);
		stream->wanted = 0;
		dropped = drop_empty_lines(stream, cursor, result);
		if (is_final(stream, cursor, result, error))
			return take(stream, cursor, result);
		if (dropped)
			continue; /* the window has moved */
		if (visible(stream) < window(stream))
			return await(stream, cursor, result, error);
		/* Whatever follows does not count. */
		if (result == LP_END)
			drop_blank_window(stream);
		else if (cursor->at[-1] == '\n')
			return take(stream, cursor, result);
		else
			return reject_long(stream, cursor, error);
	}
}
