#include "receiver/lines.h"

#include <string.h>

#include "receiver/account.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

bool lines_open(struct lines *lines, const struct receive_options *options, struct account *account)
{
	lines->ops = sink_by_index(options->sink);
	lines->account = account;
	lines->sink = lines->ops->open(options, account);
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

	account_reject(lines->account, counter, error->reason, error->column, cursor->line,
		       cursor->line_length);
}

static void decode(struct lines *lines, const char *text, size_t length, uint64_t received)
{
	struct account *account = lines->account;
	struct lp_point *point = &lines->point;
	struct lp_cursor cursor;
	struct lp_error error;
	enum lp_result result;
	bool first = true;

	lp_cursor_init(&cursor, text, length);
	while ((result = lp_next(&cursor, point, &error)) != LP_END) {
		counter_add(&account->counts.lines, 1);
		if (result == LP_REJECTED) {
			reject(lines, &cursor, &error);
			continue;
		}
		if (first && point->has_time && point->time > 0 &&
		    (uint64_t)point->time <= received)
			histogram_add(&account->latency, received - (uint64_t)point->time);
		first = false;
		lines->ops->put(lines->sink, point, cursor.line, cursor.line_length,
				(int64_t)received);
	}
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
