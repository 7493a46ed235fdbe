/* A stream gives the same lines wherever reads divide it. */
/* link: receiver/tcp/framing.c receiver/lines.c receiver/sinks/null.c receiver/sinks/echo.c */
/* link: receiver/account.c receiver/engines/taking.c */
#include "helpers.h"

#include "receiver/account.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"
#include "receiver/tcp/framing.h"

/* Everything that was taken, line by line. */
static char taken[4 * FRAMING_LINE_MAX];
static size_t taken_length;

static void keep(const char *text, size_t length)
{
	assert_true(taken_length + length < sizeof(taken));
	memcpy(taken + taken_length, text, length);
	taken_length += length;
	taken[taken_length] = '\0';
}

static void keep_line(void *sink, const struct lp_point *point, const char *line, size_t length,
		      int64_t received)
{
	struct account *account = sink;

	(void)point, (void)received;
	keep(line, length);
	keep("|", 1);
	counter_add(&account->counts.discarded, 1);
}

static void keep_answer(void *context, const char *text, size_t length)
{
	(void)context;
	keep(text, length);
}

static const struct sink_ops sink_keep = { SINK_IDLE, .put = keep_line };

enum { SINK_KEEP, SINK_ECHO };

const struct sink_ops *sink_by_index(size_t index)
{
	static const struct sink_ops *const sinks[] = { &sink_keep, &sink_echo };

	return sinks[index];
}

struct stream {
	struct lines lines;
	struct received *counts;
	struct framing framing;
	struct reply reply;
};

static void begin(struct stream *stream, size_t sink)
{
	const struct receive_options options = { .sink = sink };
	struct account *account = account_open();
	const struct sink_start start = { .options = &options, .account = account };

	assert_non_null(account);
	memset(stream, 0, sizeof(*stream));
	assert_true(lines_open(&stream->lines, &start));
	stream->counts = &account->counts;
	stream->reply.send = keep_answer;
	taken_length = 0;
	taken[0] = '\0';
}

static void feed(struct stream *stream, const char *text, size_t length)
{
	char *copy = exact_copy(text, length);

	framing_feed(&stream->framing, &stream->lines, copy, length, 10, &stream->reply);
	free(copy);
}

static void finish(struct stream *stream)
{
	framing_end(&stream->framing, &stream->lines, 10, &stream->reply);
	assert_null(stream->framing.held);
}

static void drop(struct stream *stream)
{
	assert_int_equal(received_pending(stream->counts), 0);
	account_close(stream->lines.account);
}

/* A blank line, a comment, CR LF, a bad line, a string over two lines, and no feed at the end. */
static const char text[] = "a f=1\n\nbb f=2\r\n# c\nbad\nd f=\"x\ny\" 1\n\r\ne f=3 5";
#define LENGTH (sizeof(text) - 1)

static void check_lines(struct stream *stream)
{
	finish(stream);
	assert_string_equal(taken, "a f=1|bb f=2|e f=3 5|");
	assert_int_equal(stream->counts->lines, 6);
	assert_int_equal(stream->counts->discarded, 3);
	assert_int_equal(stream->counts->rejected_syntax, 3);
	drop(stream);
}

static void test_each_split(void **state)
{
	(void)state;
	for (size_t i = 0; i <= LENGTH; i++) {
		for (size_t k = i; k <= LENGTH; k++) {
			struct stream stream;

			begin(&stream, SINK_KEEP);
			feed(&stream, text, i);
			feed(&stream, text + i, k - i);
			feed(&stream, text + k, LENGTH - k);
			check_lines(&stream);
		}
	}
}

static void test_byte_by_byte(void **state)
{
	struct stream stream;

	(void)state;
	begin(&stream, SINK_KEEP);
	for (size_t i = 0; i < LENGTH; i++)
		feed(&stream, text + i, 1);
	check_lines(&stream);
}

static void test_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i <= LENGTH; i++) {
		struct stream stream;

		begin(&stream, SINK_ECHO);
		feed(&stream, text, i);
		feed(&stream, text + i, LENGTH - i);
		finish(&stream);
		assert_int_equal(taken_length, LENGTH);
		for (size_t at = 0; at < LENGTH; at++)
			assert_int_equal(taken[at], text[at] >= 'a' && text[at] <= 'z'
							    ? text[at] - 'a' + 'A'
							    : text[at]);
		/* Nothing is decoded: each line feed counts. */
		assert_int_equal(stream.counts->lines, 6);
		assert_int_equal(stream.counts->answered, 6);
		drop(&stream);
	}
}

static void test_break_off(void **state)
{
	struct stream stream;

	(void)state;
	begin(&stream, SINK_KEEP);
	feed(&stream, "a f=1\nb f=", 10);
	framing_break_off(&stream.framing, &stream.lines);
	assert_null(stream.framing.held);
	assert_int_equal(stream.counts->lines, 2);
	assert_int_equal(stream.counts->rejected_truncated, 1);
	drop(&stream);

	begin(&stream, SINK_KEEP);
	feed(&stream, "a f=1\n", 6);
	framing_break_off(&stream.framing, &stream.lines);
	assert_int_equal(stream.counts->lines, 1);
	assert_int_equal(stream.counts->rejected_truncated, 0);
	drop(&stream);
}

/* A line with a field value that makes it LENGTH bytes long, and a line feed and a short line. */
static char *long_line(size_t length)
{
	char *line = malloc(length + 8);

	assert_non_null(line);
	memset(line, 'x', length);
	memcpy(line, "m f=\"", 5);
	line[length - 1] = '"';
	memcpy(line + length, "\nb f=2\n", 8);
	return line;
}

static void check_long(size_t length, size_t step, bool fits)
{
	char *line = long_line(length);
	size_t whole = length + strlen("\nb f=2\n");
	struct stream stream;

	begin(&stream, SINK_KEEP);
	for (size_t at = 0; at < whole; at += step)
		feed(&stream, line + at, whole - at < step ? whole - at : step);
	finish(&stream);
	assert_int_equal(stream.counts->lines, 2);
	assert_int_equal(stream.counts->rejected_limit, !fits);
	assert_int_equal(stream.counts->discarded, 1 + fits);
	assert_int_equal(taken_length, (fits ? length + 1 : 0) + strlen("b f=2|"));
	if (!fits)
		assert_memory_equal(stream.lines.account->samples[0].line, "m f=\"xx", 7);
	drop(&stream);
	free(line);
}

static void test_too_long(void **state)
{
	static const size_t steps[] = { 7, 1000, 65535, 65536, 65537, 65538, 1 << 20 };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		check_long(FRAMING_LINE_MAX - 1, steps[i], true);
		check_long(FRAMING_LINE_MAX, steps[i], true);
		check_long(FRAMING_LINE_MAX + 1, steps[i], false);
		check_long(3 * FRAMING_LINE_MAX, steps[i], false);
	}
}

/* What is skipped is held nowhere, and counted once, however the stream ends. */
static void test_too_long_ends(void **state)
{
	char *line = long_line(2 * FRAMING_LINE_MAX);
	struct stream stream;

	(void)state;
	begin(&stream, SINK_KEEP);
	feed(&stream, line, 2 * FRAMING_LINE_MAX);
	assert_null(stream.framing.held);
	framing_break_off(&stream.framing, &stream.lines);
	assert_int_equal(stream.counts->lines, 1);
	drop(&stream);

	begin(&stream, SINK_KEEP);
	feed(&stream, line, 2 * FRAMING_LINE_MAX);
	finish(&stream);
	assert_int_equal(stream.counts->lines, 1);
	assert_int_equal(stream.counts->rejected_limit, 1);
	drop(&stream);
	free(line);
}

/* An idle connection costs nothing here, and a short line not more than it needs. */
static void test_memory(void **state)
{
	struct stream stream;

	(void)state;
	begin(&stream, SINK_KEEP);
	feed(&stream, "a f=1\nb", 7);
	assert_in_range(stream.framing.room, 1, 256);
	feed(&stream, " f=1\n", 5);
	assert_null(stream.framing.held);
	assert_int_equal(stream.framing.room, 0);
	finish(&stream);
	drop(&stream);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_split), cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_answers),    cmocka_unit_test(test_break_off),
		cmocka_unit_test(test_too_long),   cmocka_unit_test(test_too_long_ends),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
