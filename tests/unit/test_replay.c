/* Recorded lines: what can be opened, loops, threads, the end of waiting, long lines. */
/* link: faker/lines/replay.c */
#include "tests/unit/helpers.h"

#include <errno.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "faker/lines/replay.h"
#include "tests/unit/replay_input.h"

static void refuse(const char *path, bool loop, uint32_t threads, int want)
{
	int error = 0;

	assert_null(replay_open(path, loop, 0, threads, &error));
	assert_int_equal(error, want);
}

static void expect_nothing(struct replay *replay, uint64_t until, uint64_t number)
{
	struct replay_line line;

	assert_int_equal(replay_next(replay, until, &line), -EAGAIN);
	assert_int_equal(line.number, number);
	assert_true(clock_now() >= until);
}

static void test_nothing_there(void **state)
{
	struct writer writer = { .text = "", .keep = true };
	struct replay *replay;

	(void)state;
	writer_start(&writer);
	replay = open_good(writer.path, false, 0, 1);
	for (int i = 0; i < 3; i++) {
		expect_nothing(replay, 0, 1);
		expect_nothing(replay, clock_now() + NS_PER_MS, 1);
	}
	replay_close(replay);
	writer_end(&writer);
}

/* What comes in the middle of a wait is not kept until its end. */
static void test_meanwhile(void **state)
{
	/* The line is written when the comment has been read: while somebody waits. */
	struct writer writer = {
		.text = "# no line\na v=1\n", .length = 16, .first = 10, .wait = true, .keep = true
	};
	struct replay_line line;
	struct replay *replay;

	(void)state;
	writer_start(&writer);
	replay = open_good(writer.path, false, 0, 1);
	assert_int_equal(replay_next(replay, UINT64_MAX, &line), 1);
	assert_int_equal(line.number, 2);
	replay_close(replay);
	writer_end(&writer);
}

/* Each part is there before somebody asks; where nothing is WANTed it does not make a line. */
static void test_parts(void **state)
{
	static const struct {
		const char *text, *want;
		uint64_t next; /* number of the line to come */
	} parts[] = {
		{ "# no", "", 1 },
		{ " line\n\na", "", 3 },
		{ " v=", "", 3 },
		{ "1", "", 3 },
		{ "\nb s=\"x", "3:a v=1|", 4 },
		{ "\n", "", 4 },
		{ "y\"", "", 4 },
		{ "\nwrong", "4:b s=\"x\ny\"|", 6 },
		{ "\nc v=3\nd", "6!wrong|7:c v=3|", 8 },
		/* Whether it ends there is open, as its string is. */
		{ " v=x,s=\"\n", "", 8 },
		{ "e s=\"y\"\n", "8!d v=x,s=\"|9:e s=\"y\"|", 10 },
	};
	struct replay *replay;
	int ends[2];
	char path[32];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	replay = open_good(path, false, 0, 1);
	for (size_t i = 0; i < COUNT(parts); i++) {
		size_t length = strlen(parts[i].text);
		struct replay_line line;
		char got[64] = "", *to = got;

		assert_int_equal(write(ends[1], parts[i].text, length), length);
		while (replay_next(replay, 0, &line) == 1)
			to = show(to, &line);
		assert_string_equal(got, parts[i].want);
		expect_nothing(replay, 0, parts[i].next);
		expect_nothing(replay, clock_now() + NS_PER_MS, parts[i].next);
	}
	close(ends[1]);
	expect_end(replay, 0);
	close(ends[0]);
}

/* A pipe of packets: what was written by one call is read by one, and nothing else with it. */
static void open_packets(struct writer *writer)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_DIRECT), 0);
	writer->in = ends[0];
	writer->out = ends[1];
	snprintf(writer->path, sizeof(writer->path), "/proc/self/fd/%d", writer->in);
}

/* After UNTIL there is one reading, with or without a line. */
static void test_read_once(void **state)
{
	struct writer writer;
	struct replay_line line;
	struct replay *replay;

	(void)state;
	open_packets(&writer);
	for (int i = 0; i < 10; i++)
		assert_int_equal(write(writer.out, "# no line\n", 10), 10);
	assert_int_equal(write(writer.out, "a v=1\n", 6), 6);
	replay = open_good(writer.path, false, 0, 1);
	expect_nothing(replay, 0, 2);
	expect_nothing(replay, clock_now(), 3);
	expect_nothing(replay, 0, 4);
	assert_int_equal(replay_next(replay, UINT64_MAX, &line), 1);
	assert_int_equal(line.number, 11);
	replay_close(replay);
	close(writer.in);
	close(writer.out);
}

/* Comments without end, and never a wait for them. */
static void *write_comments(void *data)
{
	struct writer *writer = data;

	while (write(writer->out, "# no line\n", 10) == 10)
		;
	return NULL;
}

static void test_endless(void **state)
{
	struct writer writer = { .keep = true };
	struct replay_line line;
	struct replay *replay;

	(void)state;
	open_packets(&writer);
	assert_int_equal(pthread_create(&writer.thread, NULL, write_comments, &writer), 0);
	replay = open_good(writer.path, false, 0, 1);
	do {
		uint64_t until = clock_now() + 10 * NS_PER_MS;

		assert_int_equal(replay_next(replay, 0, &line), -EAGAIN);
		assert_int_equal(replay_next(replay, until, &line), -EAGAIN);
		assert_true(clock_now() >= until);
	} while (line.number < 10000);
	replay_close(replay);
	writer_end(&writer);
}

static void test_loop(void **state)
{
	static const struct {
		const char *text;
		uint32_t thread, threads;
		const char *want;
	} cases[] = {
		{ "a v=1\nb v=2\n", 0, 1, "1:a v=1|2:b v=2|1:a v=1|2:b v=2|1:a v=1|" },
		{ "#\na v=1\n\nb v=2", 0, 1, "2:a v=1|4:b v=2|2:a v=1|4:b v=2|2:a v=1|" },
		{ "wrong", 0, 1, "1!wrong|1!wrong|1!wrong|1!wrong|1!wrong|" },
		{ "a v=1\nb v=2\n", 0, 2, "1:a v=1|1:a v=1|1:a v=1|1:a v=1|1:a v=1|" },
		{ "a v=1\nb v=2\n", 1, 2, "2:b v=2|2:b v=2|2:b v=2|2:b v=2|2:b v=2|" },
		/* More threads than lines: all get some. */
		{ "a v=1\nb v=2\n", 2, 3, "1:a v=1|2:b v=2|1:a v=1|2:b v=2|1:a v=1|" },
		{ "a v=1\n", 6, 7, "1:a v=1|1:a v=1|1:a v=1|1:a v=1|1:a v=1|" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct replay *replay;
		char got[512];

		write_file(cases[i].text, strlen(cases[i].text));
		replay = open_good(FILE_NAME, true, cases[i].thread, cases[i].threads);
		read_lines(replay, 5, got);
		assert_string_equal(got, cases[i].want);
		replay_close(replay);
	}
}

static void test_threads(void **state)
{
	static const char text[] = "a v=1\nwrong\n# x\nb s=\"\n\"\nc v=3\nd v=4\n";
	static const char *const wants[] = { "1:a v=1|6:c v=3|", "2!wrong|7:d v=4|",
					     "4:b s=\"\n\"|" };

	(void)state;
	write_file(text, sizeof(text) - 1);
	for (uint32_t i = 0; i < COUNT(wants); i++) {
		struct replay *replay = open_good(FILE_NAME, false, i, COUNT(wants));
		char got[512];

		read_lines(replay, SIZE_MAX, got);
		assert_string_equal(got, wants[i]);
		expect_end(replay, 0);
	}
	/* Nothing is left for the last. */
	expect_end(open_good(FILE_NAME, false, 5, 6), 0);
}

static void test_refused(void **state)
{
	static const char *const no_lines[] = { "", "\n", "# x", "\r\n  \n#\n" };
	struct writer writer = { .text = "a v=1\n", .length = 6 };

	(void)state;
	refuse("missing.lp", false, 1, -ENOENT);
	refuse(".", false, 1, -EISDIR);
	for (size_t i = 0; i < COUNT(no_lines); i++) {
		write_file(no_lines[i], strlen(no_lines[i]));
		refuse(FILE_NAME, false, 1, -EINVAL);
		refuse(FILE_NAME, true, 1, -EINVAL);
		refuse(FILE_NAME, false, 2, -EINVAL);
	}
	writer_start(&writer);
	refuse(writer.path, true, 1, -ESPIPE);
	refuse(writer.path, false, 2, -ESPIPE);
	writer_end(&writer);
	expect_end(open_good("/dev/null", false, 0, 1), 0);
}

/* Lines that are lost while the file is in use are an error, not an endless loop. */
static void test_truncated(void **state)
{
	struct replay *replay;
	char got[64];

	(void)state;
	write_file("a v=1\n", 6);
	replay = open_good(FILE_NAME, true, 0, 1);
	read_lines(replay, 3, got);
	assert_string_equal(got, "1:a v=1|1:a v=1|1:a v=1|");
	write_file("", 0);
	expect_end(replay, -EINVAL);
}

/* A comment, a line (8 bytes so far), and one of SIZE bytes that has no line feed. */
static char *long_line(size_t size, size_t *length)
{
	static const char head[] = "#\na v=1\nb s=\"";
	char *text = malloc(sizeof(head) + size);
	size_t before = strlen(head) - strlen("b s=\"");

	assert_non_null(text);
	memcpy(text, head, sizeof(head));
	memset(text + strlen(head), 'x', size);
	text[before + size - 1] = '"';
	*length = before + size;
	return text;
}

static void test_long(void **state)
{
	static const struct {
		size_t size;
		bool good;
	} cases[] = {
		{ 65507, true },   { 65536, true },   { 262144, true },         { 300000, true },
		{ 1000000, true }, { 1 << 20, true }, { (1 << 20) + 1, false }, { 3000000, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct writer writer = { .keep = false };
		char *text = long_line(cases[i].size, &writer.length);

		writer.text = text;
		write_file(text, writer.length);
		writer_start(&writer);
		for (int from_pipe = 0; from_pipe < 2; from_pipe++) {
			struct replay *replay =
				open_good(from_pipe ? writer.path : FILE_NAME, false, 0, 1);
			struct replay_line line;
			char got[64];

			read_lines(replay, 1, got);
			assert_string_equal(got, "2:a v=1|");
			assert_int_equal(replay_next(replay, UINT64_MAX, &line),
					 cases[i].good ? 1 : -EMSGSIZE);
			assert_int_equal(line.number, 3);
			if (cases[i].good) {
				assert_int_equal(line.length, cases[i].size);
				assert_false(line.invalid);
				assert_memory_equal(line.text, text + 8, line.length);
			}
			replay_close(replay);
		}
		writer_end(&writer);
		free(text);
	}
}

/* At the very start it is told when opening. */
static void test_long_at_start(void **state)
{
	size_t length;
	char *text = long_line(2000000, &length);

	(void)state;
	write_file(text + 8, length - 8);
	refuse(FILE_NAME, false, 1, -EMSGSIZE);
	free(text);
}

static void test_standard_input(void **state)
{
	struct writer writer = { .text = "a v=1\nb v=2\n", .length = 12 };
	int saved = dup(STDIN_FILENO), file;
	struct replay *replay;
	char got[128];

	(void)state;
	writer_start(&writer);
	dup2(writer.in, STDIN_FILENO);
	replay = open_good("-", false, 0, 1);
	read_lines(replay, SIZE_MAX, got);
	assert_string_equal(got, "1:a v=1|2:b v=2|");
	expect_end(replay, 0);
	refuse("-", true, 1, -ESPIPE);
	writer_end(&writer);

	/* A file, from where it stands, and again from there. */
	write_file("a v=1\nb v=2\nc v=3\n", 18);
	file = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	lseek(file, 6, SEEK_SET);
	dup2(file, STDIN_FILENO);
	replay = open_good("-", true, 0, 1);
	read_lines(replay, 3, got);
	assert_string_equal(got, "1:b v=2|2:c v=3|1:b v=2|");
	replay_close(replay);
	close(file);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

/* Opened before anybody writes to it. */
static void test_fifo(void **state)
{
	struct replay *replay;
	char got[64];
	int fd;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	replay = open_good("fifo", false, 0, 1);
	expect_nothing(replay, 0, 1);
	expect_nothing(replay, clock_now() + NS_PER_MS, 1);
	fd = open("fifo", O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a v=1\nb", 7), 7);
	read_lines(replay, 1, got);
	assert_string_equal(got, "1:a v=1|");
	close(fd);
	read_lines(replay, 2, got);
	assert_string_equal(got, "2!b|");
	expect_end(replay, 0);
	unlink("fifo");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_there), cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_parts),         cmocka_unit_test(test_read_once),
		cmocka_unit_test(test_endless),       cmocka_unit_test(test_loop),
		cmocka_unit_test(test_threads),       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_truncated),     cmocka_unit_test(test_long),
		cmocka_unit_test(test_long_at_start), cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_fifo),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
