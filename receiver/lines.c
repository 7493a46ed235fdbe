#include "receiver/lines.h"

#include <string.h>

#include "receiver/account.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

static const int64_t scales[] = {
	[PRECISION_NS] = 1,
	[PRECISION_US] = 1000,
	[PRECISION_MS] = 1000000,
	[PRECISION_S] = 1000000000,
};

/* What is too fine for the precision is lost, as in the reference implementation. */
static int64_t round_down(int64_t ns, int64_t scale)
{
	int64_t rest = ns % scale, whole = ns - rest;

	return rest < 0 && whole >= INT64_MIN + scale ? whole - scale : whole;
}

bool lines_open(struct lines *lines, const struct sink_start *start)
{
	const struct receive_options *options = start->options;

	lines->ops = sink_by_index(options->sink);
	lines->account = start->account;
	lines->strict = options->strict;
	lines->scale = scales[options->precision];
	lines->has_time = options->default_time.text;
	lines->time = round_down(options->default_time.ns, lines->scale);
	lines->as_written = lines->scale == 1 && !lines->has_time;
	lines->sink = lines->ops->open(start);
	return lines->sink != NULL;
}

bool lines_have_room(const struct lines *lines)
{
	return lines->ops->has_room(lines->sink);
}

static void reject(struct lines *lines, const struct lp_cursor *cursor,
		   const struct lp_error *error)
{
	struct received *counts = &lines->account->counts;
	uint64_t *counter = error->class == LP_REJECT_LIMIT ? &counts->rejected_limit
							    : &counts->rejected_syntax;

	if (lines->rejected) {
		counter_add(counter, 1);
		lines->rejected(lines->context, cursor, error);
		return;
	}
	account_reject(lines->account, counter, error->reason, error->column, cursor->line,
		       cursor->line_length);
}

/* The time stamp is the last word of its line. */
static uint32_t time_column(const struct lp_cursor *cursor)
{
	const char *end = cursor->line + cursor->line_length;

	while (end[-1] == ' ')
		end--;
	while (end[-1] != ' ')
		end--;
	return (uint32_t)(end - cursor->line) + 1;
}

enum lp_result lines_finish_point(struct lines *lines, const struct lp_cursor *cursor,
				  enum lp_result result, struct lp_error *error)
{
	struct lp_point *point = &lines->point;

	if (result != LP_POINT || lines->as_written)
		return result;
	if (!point->has_time && lines->has_time) {
		point->has_time = true;
		point->time = lines->time;
	} else if (point->has_time &&
		   __builtin_mul_overflow(point->time, lines->scale, &point->time)) {
		/* As the decoder says it of what does not fit by itself. */
		*error = (struct lp_error){ .class = LP_REJECT_SYNTAX,
					    .column = time_column(cursor),
					    .reason = "timestamp out of range" };
		return LP_REJECTED;
	}
	return LP_POINT;
}

/* The next line of a packet. */
static inline enum lp_result next_line(struct lines *lines, struct lp_cursor *cursor,
				       struct lp_error *error)
{
	return lines_finish_point(lines, cursor, lp_next(cursor, &lines->point, error), error);
}

/* A line that has a time stamp tells how long it was on its way. */
static inline void measure_latency(struct lines *lines, uint64_t received)
{
	const struct lp_point *point = &lines->point;

	if (point->has_time && point->time > 0 && (uint64_t)point->time <= received)
		histogram_add(&lines->account->latency, received - (uint64_t)point->time);
}

void lines_take_one(struct lines *lines, const struct lp_cursor *cursor, enum lp_result result,
		    const struct lp_error *error, uint64_t received)
{
	counter_add(&lines->account->counts.lines, 1);
	if (result == LP_REJECTED) {
		reject(lines, cursor, error);
		return;
	}
	measure_latency(lines, received);
	lines->ops->put(lines->sink, &lines->point, cursor->line, cursor->line_length,
			(int64_t)received);
}

void lines_refuse_one(struct lines *lines, const struct lp_cursor *cursor, enum lp_result result,
		      const struct lp_error *error)
{
	counter_add(&lines->account->counts.lines, 1);
	if (result == LP_REJECTED)
		reject(lines, cursor, error);
	else
		counter_add(&lines->account->counts.rejected_strict, 1);
}

static void decode(struct lines *lines, const char *text, size_t length, uint64_t received)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	lp_cursor_init(&cursor, text, length);
	while ((result = next_line(lines, &cursor, &error)) != LP_END)
		lines_take_one(lines, &cursor, result, &error, received);
}

static bool all_are_good(struct lines *lines, const char *text, size_t length)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	lp_cursor_init(&cursor, text, length);
	do
		result = next_line(lines, &cursor, &error);
	while (result == LP_POINT);
	return result == LP_END;
}

static void refuse(struct lines *lines, const char *text, size_t length)
{
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;

	lp_cursor_init(&cursor, text, length);
	while ((result = next_line(lines, &cursor, &error)) != LP_END)
		lines_refuse_one(lines, &cursor, result, &error);
}

/* Blank lines and comments are none, as for lp_next(). */
static bool is_line(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	if (at < end && *at == '\r')
		return at + 1 < end;
	return at < end && *at != '#';
}

static uint64_t count_lines(const char *at, const char *end)
{
	uint64_t count = 0;

	while (at < end) {
		const char *feed = memchr(at, '\n', (size_t)(end - at));

		if (!feed)
			feed = end;
		count += is_line(at, feed);
		at = feed + 1;
	}
	return count;
}

/* ASCII only: toupper(3) asks the locale. */
static void to_upper(char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		text[i] = (char)(byte - ((unsigned char)(byte - 'a') < 26) * ('a' - 'A'));
	}
}

/* Nothing is looked at but where lines end: what comes back is as long as what came. */
static void answer(struct lines *lines, char *text, size_t length, const struct reply *reply)
{
	struct received *counts = &lines->account->counts;
	uint64_t count = count_lines(text, text + length);

	counter_add(&counts->lines, count);
	counter_add(&counts->answered, count);
	if (length == 0)
		return;
	to_upper(text, length);
	reply->send(reply->context, text, length);
}

void lines_take(struct lines *lines, char *text, size_t length, uint64_t received,
		const struct reply *reply)
{
	if (lines->ops->answers)
		answer(lines, text, length, reply);
	else if (lines->strict && !all_are_good(lines, text, length))
		refuse(lines, text, length);
	else
		decode(lines, text, length, received);
}

static void reject_cut(struct lines *lines, uint64_t *counter, const char *reason, const char *text,
		       size_t length)
{
	counter_add(&lines->account->counts.lines, 1);
	account_reject(lines->account, counter, reason, 0, text, length);
}

void lines_take_cut(struct lines *lines, char *text, size_t length, uint64_t received,
		    const struct reply *reply)
{
	const char *feed = memrchr(text, '\n', length);
	size_t whole = feed ? (size_t)(feed + 1 - text) : 0;

	/* First, as sent back in upper case the text is not what came. */
	reject_cut(lines, &lines->account->counts.rejected_truncated, "the packet was cut here",
		   text + whole, length - whole);
	if (lines->strict)
		refuse(lines, text, whole);
	else
		lines_take(lines, text, whole, received, reply);
}

void lines_break_off(struct lines *lines, const char *text, size_t length)
{
	reject_cut(lines, &lines->account->counts.rejected_truncated,
		   "the connection broke off here", text, length);
}

void lines_too_long(struct lines *lines, const char *text, size_t length)
{
	reject_cut(lines, &lines->account->counts.rejected_limit, "line too long", text, length);
}
