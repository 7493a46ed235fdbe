/* Recorded lines in pieces of any size: which lines there are does not depend on them. */
/* link: faker/lines/replay.c */
#include "tests/unit/helpers.h"

#include <errno.h>

#include "common/clock.h"
#include "common/lp.h"
#include "common/rng.h"
#include "faker/lines/replay.h"
#include "tests/unit/replay_input.h"

static const struct {
	const char *text, *want;
} inputs[] = {
	{ "a v=1\n", "1:a v=1|" },
	{ "a v=1", "1:a v=1|" },
	{ "a v=1\nb v=2", "1:a v=1|2:b v=2|" },
	{ "a v=1\r\nb v=2\r\n", "1:a v=1|2:b v=2|" },
	{ "a v=1\r", "1:a v=1|" },
	{ "\n\na v=1\n\n \nb v=2\n\n", "3:a v=1|6:b v=2|" },
	{ "# one\na v=1\n  # two\r\nb v=2\n# three", "2:a v=1|4:b v=2|" },
	{ "#\r\n\r\na v=1\n", "3:a v=1|" },
	{ "  a v=1 5  \n", "1:  a v=1 5  |" },
	{ "wrong\na v=1\nb\n", "1!wrong|2:a v=1|3!b|" },
	{ "a v=1\nwrong", "1:a v=1|2!wrong|" },
	{ "a s=\"one\ntwo\" 1\nb v=2\n", "1:a s=\"one\ntwo\" 1|3:b v=2|" },
	{ "a s=\"\n\n#\n\"\nb v=2", "1:a s=\"\n\n#\n\"|5:b v=2|" },
	{ "a s=\"x\\\"\ny\\\\\"\nb v=2", "1:a s=\"x\\\"\ny\\\\\"|3:b v=2|" },
	{ "a s=\"x\",t=\"\r\ny\"\r\nb v=2", "1:a s=\"x\",t=\"\r\ny\"|3:b v=2|" },
	/* Quotes in names are none. */
	{ "a,t=\" v=1\nb,t=\" v=2\n", "1:a,t=\" v=1|2:b,t=\" v=2|" },
	/* Wrong lines whose strings go on, or do not. */
	{ "a v=x,s=\"\ny\"\nb v=2\n", "1!a v=x,s=\"\ny\"|3:b v=2|" },
	{ "a s=\"x\nb v=2\nc v=3\n", "1!a s=\"x|2:b v=2|3:c v=3|" },
	{ "a s=\"x\nb s=\"y\"\nc v=3\n", "1!a s=\"x|2:b s=\"y\"|3:c v=3|" },
	{ "a s=\"x\"y\nb v=2\n", "1!a s=\"x\"y|2:b v=2|" },
	{ "a s=\"x\"y t=\"\n\" 1\nb v=2\n", "1!a s=\"x\"y t=\"\n\" 1|3:b v=2|" },
	{ "a s=\"\xff\n\" 1\nb s=\"\xc3\xa4\n\" 1\n",
	  "1!a s=\"\xff\n\" 1|3:b s=\"\xc3\xa4\n\" 1|" },
};

static void test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(inputs); i++) {
		struct replay *replay;
		char got[512];

		write_file(inputs[i].text, strlen(inputs[i].text));
		replay = open_good(FILE_NAME, false, 0, 1);
		read_lines(replay, SIZE_MAX, got);
		assert_string_equal(got, inputs[i].want);
		expect_end(replay, 0);
	}
}

static void expect_from_pipe(struct writer writer, const char *want)
{
	struct replay *replay;
	char got[512];

	writer_start(&writer);
	replay = open_good(writer.path, false, 0, 1);
	read_lines(replay, SIZE_MAX, got);
	if (strcmp(got, want) != 0)
		fail_msg("in pieces of %zu and %zu:\n%s instead of\n%s", writer.first, writer.piece,
			 got, want);
	expect_end(replay, 0);
	writer_end(&writer);
}

/* At once; byte by byte; cut in two at every place, the second when the first has been read. */
static void test_pipes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(inputs); i++) {
		struct writer writer = { .text = inputs[i].text, .length = strlen(inputs[i].text) };

		expect_from_pipe(writer, inputs[i].want);
		writer.wait = true;
		for (writer.first = 1; writer.first < writer.length; writer.first++)
			expect_from_pipe(writer, inputs[i].want);
		writer.first = writer.piece = 1;
		expect_from_pipe(writer, inputs[i].want);
	}
}

static void test_empty_pipe(void **state)
{
	(void)state;
	expect_from_pipe((struct writer){ .text = "" }, "");
	expect_from_pipe((struct writer){ .text = "# x\n\n", .length = 5 }, "");
}

/* The writer goes on holding the pipe: what is complete must not wait for more. */
static void test_at_once(void **state)
{
	static const struct {
		const char *text, *want;
		size_t count;
	} cases[] = {
		{ "a v=1\n", "1:a v=1|", 1 },
		{ "# x\na v=1\n\nb v=2\n", "2:a v=1|4:b v=2|", 2 },
		{ "wrong\n", "1!wrong|", 1 },
		{ "a v=x,s=\"y\"\n", "1!a v=x,s=\"y\"|", 1 },
		{ "a s=\"x\"y\n", "1!a s=\"x\"y|", 1 },
		{ "a s=\"x\\\\\"y\n", "1!a s=\"x\\\\\"y|", 1 },
		{ "a s=\"x\\\"\"y\n", "1!a s=\"x\\\"\"y|", 1 },
		{ "a s=\"\n\"y\nb v=2\nc s=\"z\"\n", "1!a s=\"|2!\"y|3:b v=2|4:c s=\"z\"|", 4 },
		/* The quote of the next line is not what the first waits for. */
		{ "a s=\"x\nb s=\"y\"\n", "1!a s=\"x|2:b s=\"y\"|", 2 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct writer writer = { .text = cases[i].text,
					 .length = strlen(cases[i].text),
					 .keep = true };
		struct replay_line line;
		struct replay *replay;
		char got[512];

		writer_start(&writer);
		replay = open_good(writer.path, false, 0, 1);
		read_lines(replay, cases[i].count, got);
		assert_string_equal(got, cases[i].want);
		assert_int_equal(replay_next(replay, 0, &line), -EAGAIN);
		replay_close(replay);
		writer_end(&writer);
	}
}

/* A string that is not closed keeps others waiting for so long and no longer. */
static void test_open_string(void **state)
{
	static const char first[] = "a s=\"x\n", next[] = "b v=2 1234567\n";
	size_t count = ((1u << 20) - sizeof(first) + 1) / (sizeof(next) - 1) + 1;
	char *text = malloc(sizeof(first) + count * sizeof(next)), *to = stpcpy(text, first);
	struct writer writer = { .text = text, .keep = true };
	struct replay *replay;
	char got[128];

	(void)state;
	for (size_t i = 0; i < count; i++)
		to = stpcpy(to, next);
	writer.length = (size_t)(to - text);
	writer_start(&writer);
	replay = open_good(writer.path, false, 0, 1);
	read_lines(replay, 2, got);
	assert_string_equal(got, "1!a s=\"x|2:b v=2 1234567|");
	replay_close(replay);
	writer_end(&writer);
	free(text);
}

/* Lines of all kinds, of several buffers. Strings are closed within a few lines, or never. */
static char *random_lines(struct rng *rng, size_t size, size_t *length)
{
	static const char *const kinds[] = {
		"a,host=h1 v=1.5,w=2i 1700000000000000000\n",
		"b v=1\r\n",
		"c s=\"one\ntwo\n# three\n\",t=\"\\\"\n\" 5\n",
		"d s=\"\"\n",
		"# a comment with \"quotes\"\n",
		"\n",
		"   \r\n",
		"wrong\n",
		"e v=x,s=\"y\nz\" 1\n",
		"f s=\"never closed\n",
		"g s=\"x\"y,t=\"\n\" 1\n",
	};
	char *text = malloc(size + 128), *to = text;

	assert_non_null(text);
	while ((size_t)(to - text) < size) {
		to = stpcpy(to, kinds[rng_below(rng, COUNT(kinds))]);
		/* So that pieces are cut at different places. */
		if (rng_below(rng, 4) == 0)
			to += sprintf(to, "h v=%ju\n", (uintmax_t)rng_next(rng));
	}
	*length = (size_t)(to - text);
	return text;
}

/*
 * Every line is what the decoder says that has all of the text at once. Each is asked for with
 * PATIENCE ns of waiting, as often as needed.
 */
static void compare_with_decoder(const char *path, uint32_t thread, uint32_t threads,
				 uint64_t patience, const char *text, size_t length)
{
	struct lp_point *point = malloc(sizeof(*point));
	struct replay *replay = open_good(path, false, thread, threads);
	struct lp_cursor cursor;
	enum lp_result result;
	struct lp_error why;

	lp_cursor_init(&cursor, text, length);
	for (uint32_t i = 0; (result = lp_next(&cursor, point, &why)) != LP_END; i++) {
		struct replay_line line;
		int found;

		if (i % threads != thread)
			continue;
		do
			found = replay_next(replay, patience ? clock_now() + patience : 0, &line);
		while (found == -EAGAIN);
		assert_int_equal(found, 1);
		assert_int_equal(line.number, cursor.line_number);
		assert_int_equal(line.invalid, result == LP_REJECTED);
		assert_int_equal(line.length, cursor.line_length);
		assert_memory_equal(line.text, cursor.line, line.length);
	}
	expect_end(replay, 0);
	free(point);
}

static void test_random(void **state)
{
	static const uint64_t patience[] = { NS_PER_SECOND, 0, 1, 1000, NS_PER_MS };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1, 0);
	for (size_t round = 0; round < COUNT(patience); round++) {
		struct writer writer = { .first = 1 + (size_t)rng_below(&rng, 5000) };
		char *text = random_lines(&rng, 1u << 20, &writer.length);

		write_file(text, writer.length);
		compare_with_decoder(FILE_NAME, 0, 1, 0, text, writer.length);
		compare_with_decoder(FILE_NAME, 2, 3, 0, text, writer.length);
		writer.text = text;
		writer.piece = 1 + (size_t)rng_below(&rng, 5000);
		writer_start(&writer);
		compare_with_decoder(writer.path, 0, 1, patience[round], text, writer.length);
		writer_end(&writer);
		free(text);
	}
}

/* Lines of files do not depend on where the first buffer ends, quotes in names or not. */
static void test_boundary(void **state)
{
	static const char line[] = "a,t=\" v=x,s=\"p\nq\" 1\nb s=\"\\\"\n\"\nc v=1\n";
	const size_t buffer = 1u << 20, length = buffer + sizeof(line);
	char *text = malloc(length);

	(void)state;
	assert_non_null(text);
	for (size_t before = 0; before < sizeof(line); before++) {
		size_t comment = buffer - before;

		memset(text, '#', length);
		text[comment - 1] = '\n';
		memcpy(text + comment, line, sizeof(line) - 1);
		write_file(text, comment + sizeof(line) - 1);
		compare_with_decoder(FILE_NAME, 0, 1, 0, text, comment + sizeof(line) - 1);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),       cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_empty_pipe),  cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_open_string), cmocka_unit_test(test_random),
		cmocka_unit_test(test_boundary),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
