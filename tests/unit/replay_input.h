/* What the tests of faker/lines/replay.c read from: a file, and a pipe that is written in pieces.
 */
#ifndef FAIRPORT_TESTS_UNIT_REPLAY_INPUT_H
#define FAIRPORT_TESTS_UNIT_REPLAY_INPUT_H

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>

#include "faker/lines/replay.h"

#define FILE_NAME "lines.lp"

static inline void write_file(const char *text, size_t length)
{
	int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

/* Writes TEXT into a pipe, in pieces. */
struct writer {
	const char *text;
	size_t length;
	size_t first, piece; /* bytes of the first and of all further ones; 0: all */
	bool wait;           /* each piece only when what was before it has been read */
	bool keep;           /* does not close the pipe */
	int in, out;
	char path[32]; /* of the end to read from */
	pthread_t thread;
};

static inline void await_empty(int pipe)
{
	int left = 1;

	while (ioctl(pipe, FIONREAD, &left) == 0 && left > 0)
		poll(NULL, 0, 1);
}

static inline void *write_pieces(void *data)
{
	struct writer *writer = data;
	size_t piece = writer->first ? writer->first : writer->length;

	for (size_t at = 0; at < writer->length;) {
		ssize_t wrote;

		piece = piece < writer->length - at ? piece : writer->length - at;
		wrote = write(writer->out, writer->text + at, piece);
		if (wrote < 0)
			break;
		at += (size_t)wrote;
		piece = writer->piece ? writer->piece : writer->length;
		if (writer->wait)
			await_empty(writer->out);
	}
	if (!writer->keep) {
		close(writer->out);
		writer->out = -1;
	}
	return NULL;
}

static inline void writer_start(struct writer *writer)
{
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	writer->in = ends[0];
	writer->out = ends[1];
	snprintf(writer->path, sizeof(writer->path), "/proc/self/fd/%d", writer->in);
	assert_int_equal(pthread_create(&writer->thread, NULL, write_pieces, writer), 0);
}

/* To be called when nobody reads any more: the writer is told by EPIPE. */
static inline void writer_end(struct writer *writer)
{
	close(writer->in);
	assert_int_equal(pthread_join(writer->thread, NULL), 0);
	if (writer->out >= 0)
		close(writer->out);
}

static inline struct replay *open_good(const char *path, bool loop, uint32_t thread,
				       uint32_t threads)
{
	int error = 0;
	struct replay *replay = replay_open(path, loop, thread, threads, &error);

	if (!replay)
		fail_msg("%s: %s", path, strerror(-error));
	return replay;
}

/* "1:a v=1|2!wrong|": number, "!" where it is invalid, text. */
static inline char *show(char *to, const struct replay_line *line)
{
	to += sprintf(to, "%ju%c", (uintmax_t)line->number, line->invalid ? '!' : ':');
	memcpy(to, line->text, line->length);
	to += line->length;
	strcpy(to, "|");
	return to + 1;
}

/* The next COUNT lines, or all. They are waited for. */
static inline void read_lines(struct replay *replay, size_t count, char *to)
{
	struct replay_line line;

	*to = '\0';
	for (size_t i = 0; i < count && replay_next(replay, UINT64_MAX, &line) == 1; i++)
		to = show(to, &line);
}

static inline void expect_end(struct replay *replay, int want)
{
	struct replay_line line;

	assert_int_equal(replay_next(replay, UINT64_MAX, &line), want);
	replay_close(replay);
}

/* Files are in a directory of their own. What waits for ever is ended. */
static inline int enter(void **state)
{
	static char directory[] = "/tmp/fairport-unit-XXXXXX";

	alarm(120);
	signal(SIGPIPE, SIG_IGN);
	*state = mkdtemp(directory);
	return *state ? chdir(*state) : -1;
}

static inline int leave(void **state)
{
	unlink(FILE_NAME);
	return chdir("/") != 0 || rmdir(*state) != 0;
}

#endif
