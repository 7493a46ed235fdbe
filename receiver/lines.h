/* Lines of line protocol: decoded, counted, handed to the sink; or answered, by sink echo. */
#ifndef FAIRPORT_RECEIVER_LINES_H
#define FAIRPORT_RECEIVER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp.h"

struct account;
struct sink_ops;
struct sink_start;

struct lines {
	const struct sink_ops *ops;
	void *sink;
	struct account *account;
	bool strict;     /* packets of which one line is bad are rejected as a whole */
	bool as_written; /* nothing to do for lines_finish_point() */
	int64_t scale;   /* ns that 1 stands for in a time stamp */
	bool has_time;   /* TIME, in ns, is for lines that have none */
	int64_t time;
	struct lp_point point; /* the line at hand */
	/* Is told of each line that is rejected here; NULL: a few are kept in the account. */
	void (*rejected)(void *context, const struct lp_cursor *cursor,
			 const struct lp_error *error);
	void *context;
};

/* How an answer goes back to where a line came from. */
struct reply {
	void (*send)(void *context, const char *text, size_t length);
	void *context;
};

/* Opens the sink. False after saying what is wrong. */
bool lines_open(struct lines *lines, const struct sink_start *start);

/* Room for the lines of another packet? */
bool lines_have_room(const struct lines *lines);

/*
 * Takes whole lines: a datagram, or what a stream has up to a line feed. RECEIVED is when they
 * came, ns since 1970. With a sink that answers, TEXT is turned to upper case in place and sent
 * back by REPLY, which otherwise is not used.
 */
void lines_take(struct lines *lines, char *text, size_t length, uint64_t received,
		const struct reply *reply);

/*
 * Takes the whole lines of a datagram of which only LENGTH bytes came; the last line, which was
 * cut, counts as rejected.
 */
void lines_take_cut(struct lines *lines, char *text, size_t length, uint64_t received,
		    const struct reply *reply);

/* Counts a line of a stream of which only the first LENGTH bytes came as rejected. */
void lines_break_off(struct lines *lines, const char *text, size_t length);

/* Counts a line of a stream that is longer than LENGTH, the most there is room for, as rejected. */
void lines_too_long(struct lines *lines, const char *text, size_t length);

/*
 * For who decodes into lines->point by himself. A point's time becomes ns since 1970, by
 * --precision and --default-time. Returns RESULT, or LP_REJECTED with *ERROR where that does not
 * fit.
 */
enum lp_result lines_finish_point(struct lines *lines, const struct lp_cursor *cursor,
				  enum lp_result result, struct lp_error *error);

/* Takes, or with --strict in bad company refuses, the line of CURSOR with that result. */
void lines_take_one(struct lines *lines, const struct lp_cursor *cursor, enum lp_result result,
		    const struct lp_error *error, uint64_t received);
void lines_refuse_one(struct lines *lines, const struct lp_cursor *cursor, enum lp_result result,
		      const struct lp_error *error);

#endif
