/* What becomes of lines: counted, decoded for a sink, or sent back. */
/* link: receiver/lines.c receiver/sinks/null.c receiver/sinks/echo.c receiver/account.c */
/* link: receiver/engines/taking.c */
#include "helpers.h"

#include "receiver/account.h"
#include "receiver/lines.h"
#include "receiver/options.h"
#include "receiver/sinks/sink.h"

enum { SINK_NULL, SINK_ECHO };

const struct sink_ops *sink_by_index(size_t index)
{
	static const struct sink_ops *const sinks[] = { &sink_null, &sink_echo };

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

static void open_setup(struct setup *setup, size_t sink)
{
	const struct receive_options options = { .sink = sink };
	struct account *account = account_open();

	assert_non_null(account);
	memset(setup, 0, sizeof(*setup));
	assert_true(lines_open(&setup->lines, &options, account));
	assert_true(lines_have_room(&setup->lines));
	setup->counts = &account->counts;
	setup->reply = (struct reply){ .send = keep_answer, .context = &setup->answers };
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
		/* The first point that has a time, and one a call. */
		{ "a f=1 100\na f=1 10\n", 150, 1, 50 },
		{ "a f=\na f=1 100\n", 150, 1, 50 },
		/* Of the future, before 1970, none. */
		{ "a f=1 200\n", 150, 0, 0 },
		{ "a f=1 -5\n", 150, 0, 0 },
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
		cmocka_unit_test(test_decoded), cmocka_unit_test(test_limit),
		cmocka_unit_test(test_latency), cmocka_unit_test(test_answered),
		cmocka_unit_test(test_cut),     cmocka_unit_test(test_streams_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
