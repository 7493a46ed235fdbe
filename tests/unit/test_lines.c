/* What becomes of lines: counted, decoded for a sink, or sent back. */
/* link: receiver/lines.c receiver/sinks/null.c receiver/sinks/echo.c receiver/account.c */
/* link: receiver/engines/taking.c */
#include "helpers.h"

#include "receiver/account.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

enum { SINK_NULL, SINK_ECHO, SINK_TIMES };

/* The times of the points that came to the sink: "7,-," */
static char times[256];

static void keep_time(void *sink, const struct lp_point *point, const char *line, size_t length,
		      int64_t received)
{
	struct account *account = sink;

	(void)line, (void)length, (void)received;
	if (point->has_time)
		sprintf(times + strlen(times), "%jd,", (intmax_t)point->time);
	else
		strcat(times, "-,");
	counter_add(&account->counts.discarded, 1);
}

static const struct sink_ops sink_times = { SINK_IDLE, .put = keep_time };

const struct sink_ops *sink_by_index(size_t index)
{
	static const struct sink_ops *const sinks[] = { &sink_null, &sink_echo, &sink_times };

	return sinks[index];
}

/* What came back. */
struct answers {
	char text[8192];
	size_t length, calls;
};

static void keep_answer(void *context, const char *text, size_t length)
{
	struct answers *answers = context;

	assert_true(answers->length + length <= sizeof(answers->text));
	memcpy(answers->text + answers->length, text, length);
	answers->length += length;
	answers->calls++;
}

struct setup {
	struct lines lines;
	struct received *counts;
	struct answers answers;
	struct reply reply;
};

static void open_with(struct setup *setup, const struct receive_options *options)
{
	struct account *account = account_open();
	const struct sink_start start = { .options = options, .account = account };

	assert_non_null(account);
	memset(setup, 0, sizeof(*setup));
	assert_true(lines_open(&setup->lines, &start));
	assert_true(lines_have_room(&setup->lines));
	setup->counts = &account->counts;
	setup->reply = (struct reply){ .send = keep_answer, .context = &setup->answers };
}

static void open_setup(struct setup *setup, size_t sink)
{
	open_with(setup, &(const struct receive_options){ .sink = sink });
}

static void close_setup(struct setup *setup)
{
	setup->lines.ops->close(setup->lines.sink);
	account_close(setup->lines.account);
}

static void take(struct setup *setup, const char *text, uint64_t received)
{
	char *copy = exact_copy(text, strlen(text));

	lines_take(&setup->lines, copy, strlen(text), received, &setup->reply);
	free(copy);
}

static void test_decoded(void **state)
{
	struct setup setup;

	(void)state;
	open_setup(&setup, SINK_NULL);
	take(&setup, "a f=1\r\n\n# no line\nb f=\nc f=\"x\ny\" 7\nd f=1i", 10);
	assert_int_equal(setup.counts->lines, 4);
	assert_int_equal(setup.counts->discarded, 3);
	assert_int_equal(setup.counts->rejected_syntax, 1);
	assert_int_equal(setup.counts->answered, 0);
	assert_int_equal(setup.answers.calls, 0);
	assert_string_equal(setup.lines.account->samples[0].reason, "expected a field value");
	assert_memory_equal(setup.lines.account->samples[0].line, "b f=", 4);
	close_setup(&setup);
}

static void test_limit(void **state)
{
	char text[16384] = "m";
	struct setup setup;

	(void)state;
	open_setup(&setup, SINK_NULL);
	for (int i = 0; i <= LP_MAX_TAGS; i++)
		sprintf(text + strlen(text), ",t%d=v", i);
	strcat(text, " f=1\n");
	take(&setup, text, 10);
	assert_int_equal(setup.counts->lines, 1);
	assert_int_equal(setup.counts->rejected_limit, 1);
	close_setup(&setup);
}

static void test_latency(void **state)
{
	static const struct {
		const char *text;
		uint64_t received, count, max;
	} rows[] = {
		/* Every point that has a time. */
		{ "a f=1 100\na f=1 10\na f=1\na f=1 120", 150, 3, 140 },
		{ "a f=\na f=1 100\na f= 1\n", 150, 1, 50 },
		{ "a f=1 200\na f=1 100\n", 150, 1, 50 },
		/* Of the future, before 1970, none. */
		{ "a f=1 200\n", 150, 0, 0 },
		{ "a f=1 -5\n", 150, 0, 0 },
		{ "a f=1 0\n", 150, 0, 0 },
		{ "a f=1\n", 150, 0, 0 },
		{ "a f=1 150\n", 150, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setup setup;

		open_setup(&setup, SINK_NULL);
		take(&setup, rows[i].text, rows[i].received);
		assert_int_equal(setup.lines.account->latency.count, rows[i].count);
		assert_int_equal(setup.lines.account->latency.max, rows[i].max);
		close_setup(&setup);
	}
}

/* Time stamps become ns, or their line is rejected where that does not fit. */
static void test_precision(void **state)
{
	static const struct {
		enum precision precision;
		const char *text, *want;
		uint32_t column; /* of what is rejected; 0: nothing is */
	} rows[] = {
		{ PRECISION_NS, "m f=1 9223372036854775807\nm f=1", "9223372036854775807,-,", 0 },
		{ PRECISION_US, "m f=1 946730096789012\nm f=1", "946730096789012000,-,", 0 },
		{ PRECISION_MS, "m f=1 946730096789", "946730096789000000,", 0 },
		{ PRECISION_S, "m f=1 946730096\nm f=1 -1\nm f=1 0",
		  "946730096000000000,-1000000000,0,", 0 },
		{ PRECISION_S, "m f=1 9223372036", "9223372036000000000,", 0 },
		{ PRECISION_S, "m f=1 9223372037\nm f=1 1", "1000000000,", 7 },
		{ PRECISION_S, "m f=1 -9223372036\nm f=\"a b\"   -9223372037  \r\n",
		  "-9223372036000000000,", 13 },
		{ PRECISION_US, "m f=1 9223372036854776", "", 7 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setup setup;
		const struct sample *sample;

		times[0] = '\0';
		open_with(&setup, &(const struct receive_options){
					  .sink = SINK_TIMES, .precision = rows[i].precision });
		take(&setup, rows[i].text, 10);
		sample = &setup.lines.account->samples[0];
		assert_string_equal(times, rows[i].want);
		assert_int_equal(setup.counts->rejected_syntax, rows[i].column != 0);
		assert_int_equal(received_pending(setup.counts), 0);
		assert_int_equal(sample->column, rows[i].column);
		if (rows[i].column)
			assert_string_equal(sample->reason, "timestamp out of range");
		close_setup(&setup);
	}
}

/* The latency is that of the time meant. */
static void test_precision_of_latency(void **state)
{
	struct setup setup;

	(void)state;
	open_with(&setup, &(const struct receive_options){ .precision = PRECISION_S });
	take(&setup, "a f=1 3\n", 5000000000);
	assert_int_equal(setup.lines.account->latency.max, 2000000000);
	close_setup(&setup);
}

/* --default-time, without what is too fine for the precision. */
static void test_default_time(void **state)
{
	static const struct {
		enum precision precision;
		int64_t ns;
		const char *want;
	} rows[] = {
		{ PRECISION_NS, 0, "0," },
		{ PRECISION_NS, -7, "-7," },
		{ PRECISION_NS, INT64_MIN, "-9223372036854775808," },
		{ PRECISION_US, 1999, "1000," },
		{ PRECISION_MS, 946730096789012345, "946730096789000000," },
		{ PRECISION_S, -1, "-1000000000," },
		{ PRECISION_S, -1000000000, "-1000000000," },
		{ PRECISION_S, INT64_MIN, "-9223372036000000000," },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setup setup;

		times[0] = '\0';
		open_with(&setup, &(const struct receive_options){
					  .sink = SINK_TIMES,
					  .precision = rows[i].precision,
					  .default_time = { "given", rows[i].ns } });
		take(&setup, "m f=1", 10);
		assert_string_equal(times, rows[i].want);
		close_setup(&setup);
	}
}

/* One bad line, and none of its packet is taken. */
static void test_strict(void **state)
{
	static const struct {
		const char *text;
		uint64_t discarded, syntax, strict;
		enum precision precision;
	} rows[] = {
		{ "a f=1\nb f=2 7\n# no line\n", 2, 0, 0, PRECISION_NS },
		{ "a f=1\nb f=\nc f=3\n", 0, 1, 2, PRECISION_NS },
		{ "a f=\nb f=1\nc g=\n", 0, 2, 1, PRECISION_NS },
		{ "a f=\n", 0, 1, 0, PRECISION_NS },
		{ "a f=1\nb f=2 9223372037\n", 0, 1, 1, PRECISION_S },
		{ "", 0, 0, 0, PRECISION_NS },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setup setup;

		open_with(&setup, &(const struct receive_options){
					  .strict = true, .precision = rows[i].precision });
		take(&setup, rows[i].text, 10);
		assert_int_equal(setup.counts->discarded, rows[i].discarded);
		assert_int_equal(setup.counts->rejected_syntax, rows[i].syntax);
		assert_int_equal(setup.counts->rejected_strict, rows[i].strict);
		assert_int_equal(setup.counts->lines,
				 rows[i].discarded + rows[i].syntax + rows[i].strict);
		/* Those that shared its packet are no examples of what was wrong. */
		assert_int_equal(setup.lines.account->samples_kept, rows[i].syntax);
		/* The next packet has nothing to do with it. */
		take(&setup, "a f=1\n", 10);
		assert_int_equal(setup.counts->discarded, rows[i].discarded + 1);
		close_setup(&setup);
	}
}

struct told {
	size_t lines;
	uint32_t column;
};

static void be_told(void *context, const struct lp_cursor *cursor, const struct lp_error *error)
{
	struct told *told = context;

	assert_int_equal(cursor->line[0], "bc"[told->lines]);
	told->lines++;
	told->column = error->column;
}

/* Who wants to be told of every line needs no examples. */
static void test_told(void **state)
{
	struct told told = { 0 };
	struct setup setup;

	(void)state;
	open_setup(&setup, SINK_NULL);
	setup.lines.rejected = be_told;
	setup.lines.context = &told;
	take(&setup, "a f=1\nb\nc f=\n", 10);
	assert_int_equal(told.lines, 2);
	assert_int_equal(told.column, 5);
	assert_int_equal(setup.counts->rejected_syntax, 2);
	assert_int_equal(setup.lines.account->samples_kept, 0);
	close_setup(&setup);
}

/* What is a line is the same whether it is decoded or sent back. */
static void test_answered(void **state)
{
	static const struct {
		const char *text, *answer;
		uint64_t lines;
	} rows[] = {
		{ "a f=1\n", "A F=1\n", 1 },
		{ "a f=1", "A F=1", 1 },
		{ "a f=1\nb f=2", "A F=1\nB F=2", 2 },
		{ "a f=1\n\n\r\n  \n \r\nb f=2\r\n", "A F=1\n\n\r\n  \n \r\nB F=2\r\n", 2 },
		{ "# remark\n  #x\na f=1\n#", "# REMARK\n  #X\nA F=1\n#", 1 },
		{ "\n", "\n", 0 },
		{ "\r", "\r", 0 },
		{ "  ", "  ", 0 },
		{ "\rx\n\t\n", "\rX\n\t\n", 2 },
		{ "@[`{az \xc3\xa4\xff", "@[`{AZ \xc3\xa4\xff", 1 },
		{ "", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct setup echo, null;

		open_setup(&echo, SINK_ECHO);
		take(&echo, rows[i].text, 10);
		assert_int_equal(echo.counts->lines, rows[i].lines);
		assert_int_equal(echo.counts->answered, rows[i].lines);
		assert_int_equal(echo.answers.length, strlen(rows[i].answer));
		assert_memory_equal(echo.answers.text, rows[i].answer, echo.answers.length);
		assert_int_equal(received_pending(echo.counts), 0);
		close_setup(&echo);

		open_setup(&null, SINK_NULL);
		take(&null, rows[i].text, 10);
		assert_int_equal(null.counts->lines, rows[i].lines);
		close_setup(&null);
	}
}

static void take_cut(struct setup *setup, const char *text)
{
	char *copy = exact_copy(text, strlen(text));

	lines_take_cut(&setup->lines, copy, strlen(text), 10, &setup->reply);
	free(copy);
}

static void test_cut(void **state)
{
	struct setup setup;

	(void)state;
	open_setup(&setup, SINK_NULL);
	take_cut(&setup, "a f=1\nb f=2\nc f=");
	take_cut(&setup, "a f=1");
	assert_int_equal(setup.counts->lines, 4);
	assert_int_equal(setup.counts->discarded, 2);
	assert_int_equal(setup.counts->rejected_truncated, 2);
	/* Whoever received the packet counts it. */
	assert_int_equal(setup.counts->truncated_packets, 0);
	close_setup(&setup);

	open_setup(&setup, SINK_ECHO);
	take_cut(&setup, "a f=1\nb f=2\nc f=");
	assert_int_equal(setup.counts->lines, 3);
	assert_int_equal(setup.counts->answered, 2);
	assert_int_equal(setup.counts->rejected_truncated, 1);
	assert_int_equal(setup.answers.length, 12);
	assert_memory_equal(setup.lines.account->samples[0].line, "c f=", 4);
	take_cut(&setup, "a f=1");
	assert_int_equal(setup.answers.calls, 1);
	close_setup(&setup);
}

/* A line that was cut is a bad one. */
static void test_cut_strict(void **state)
{
	struct setup setup;

	(void)state;
	open_with(&setup, &(const struct receive_options){ .strict = true });
	take_cut(&setup, "a f=1\nb f=\nc f=");
	take_cut(&setup, "a f=1\nb f=2\nc f=3");
	assert_int_equal(setup.counts->lines, 6);
	assert_int_equal(setup.counts->discarded, 0);
	assert_int_equal(setup.counts->rejected_syntax, 1);
	assert_int_equal(setup.counts->rejected_strict, 3);
	assert_int_equal(setup.counts->rejected_truncated, 2);
	close_setup(&setup);
}

static void test_streams_end(void **state)
{
	struct setup setup;

	(void)state;
	open_setup(&setup, SINK_NULL);
	lines_break_off(&setup.lines, "a f=", 4);
	lines_too_long(&setup.lines, "b", 1);
	assert_int_equal(setup.counts->lines, 2);
	assert_int_equal(setup.counts->rejected_truncated, 1);
	assert_int_equal(setup.counts->rejected_limit, 1);
	assert_int_equal(received_pending(setup.counts), 0);
	close_setup(&setup);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decoded),      cmocka_unit_test(test_limit),
		cmocka_unit_test(test_latency),      cmocka_unit_test(test_answered),
		cmocka_unit_test(test_cut),          cmocka_unit_test(test_streams_end),
		cmocka_unit_test(test_precision),    cmocka_unit_test(test_precision_of_latency),
		cmocka_unit_test(test_default_time), cmocka_unit_test(test_strict),
		cmocka_unit_test(test_cut_strict),   cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
