/*
 * Lines of line protocol out of a text that comes in pieces, as read(2) gives them. Which lines
 * there are does not depend on the pieces: they are what lp_next() makes of the whole text, but
 * that it sees no more than LINE_MAX bytes of each line, and its line feed.
 *
 * So a line of more than LINE_MAX bytes is rejected (a comment may be longer), and a string that is
 * not closed within as many counts as one that never is.
 */
#ifndef FAIRPORT_LP_STREAM_H
#define FAIRPORT_LP_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

struct lp_stream {
	char *buffer;         /* owned */
	size_t room, at, end; /* of the buffer: AT to END has not been taken */
	size_t line_max, keep;
	bool ended;           /* nothing more comes */
	bool skipping;        /* what is left of a line, up to its line feed */
	char wanted;          /* there is no line before this byte comes; 0: there may be one */
	size_t seen;          /* up to there it did not */
	uint64_t number;      /* 1-based: of the line that lp_stream_next() returned last */
	uint64_t next_number; /* of the line at AT */
};

/*
 * With KEEP, not 0, the text stays in the buffer, up to so many bytes, and lp_stream_rewind() gives
 * its lines once more. False: out of memory.
 */
bool lp_stream_open(struct lp_stream *stream, size_t line_max, size_t keep);
void lp_stream_close(struct lp_stream *stream);

/*
 * Where the next piece is to be put, and in *ROOM how many bytes of it. Lines that were returned
 * before are no longer there. To be called when lp_stream_next() returned LP_END, or, as long as
 * the text is kept, at any time. 0, -EMSGSIZE (there is more text than may be kept) or -ENOMEM.
 */
int lp_stream_room(struct lp_stream *stream, char **to, size_t *room);

/* LENGTH bytes were put there. */
void lp_stream_add(struct lp_stream *stream, size_t length);

/* There will be no more. */
void lp_stream_end(struct lp_stream *stream);

/* As if nothing had been taken yet; as if nothing had come yet. */
void lp_stream_rewind(struct lp_stream *stream);
void lp_stream_clear(struct lp_stream *stream);

/*
 * As lp_next(); LP_END: there is no further line in what has come so far. CURSOR has the line and
 * its length, stream->number the number of the line in the text.
 */
enum lp_result lp_stream_next(struct lp_stream *stream, struct lp_cursor *cursor,
			      struct lp_point *point, struct lp_error *error);

#endif
