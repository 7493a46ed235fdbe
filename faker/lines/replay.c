/*
 * Input is read in pieces, files and pipes alike: a mapped file that somebody truncates would end
 * the program. What a line is, and when enough of it has come, is lp_stream.c's.
 */
#include "faker/lines/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/lp_stream.h"
#include "common/message.h"

#define LONGEST_LINE ((size_t)1 << 20)
/* Of one reading: what has been read is still in the cache when it is decoded. */
#define PIECE ((size_t)256 << 10)

/* Of look(): beside what replay_next() returns. */
#define LOOK_AGAIN 2

struct replay {
	int fd;
	bool regular, loop;
	uint32_t thread, threads;
	off_t start, offset; /* of a regular file: where it begins, and what to read next */
	uint64_t lines;      /* taken so far, by all threads */
	uint64_t pass_lines; /* of these, since the start of the file */
	struct lp_stream stream;
	struct lp_point point;
};

static int open_input(const char *path)
{
	/* A FIFO nobody writes to yet: open(2) does not wait then, poll(2) does. */
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Standard input may stand somewhere inside of a file, and its position is everybody's. */
static int inspect_input(struct replay *replay)
{
	struct stat status;

	if (fstat(replay->fd, &status) != 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	replay->regular = S_ISREG(status.st_mode);
	if (!replay->regular)
		return replay->loop || replay->threads > 1 ? -ESPIPE : 0;
	replay->start = lseek(replay->fd, 0, SEEK_CUR);
	return replay->start < 0 ? -errno : 0;
}

static void begin_anew(struct replay *replay)
{
	replay->offset = replay->start;
	replay->pass_lines = 0;
	lp_stream_clear(&replay->stream);
}

/* Waits until there is something to read: 0; until UNTIL at most: then -EAGAIN. */
static int await_input(const struct replay *replay, uint64_t until)
{
	struct pollfd input = { .fd = replay->fd, .events = POLLIN };
	int ready;

	if (replay->regular)
		return 0;
	do {
		struct timespec left = clock_left(until);

		ready = ppoll(&input, 1, &left, NULL);
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	return ready > 0 ? 0 : -EAGAIN;
}

/* Reads once: LOOK_AGAIN (there may be more in the buffer), or -errno. */
static int fill(struct replay *replay)
{
	size_t room;
	ssize_t got;
	char *to;
	int error = lp_stream_room(&replay->stream, &to, &room);

	if (error)
		return error;
	if (room > PIECE)
		room = PIECE;
	got = replay->regular ? pread(replay->fd, to, room, replay->offset)
			      : read(replay->fd, to, room);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? LOOK_AGAIN : -errno;
	if (got == 0)
		lp_stream_end(&replay->stream);
	lp_stream_add(&replay->stream, (size_t)got);
	replay->offset += got;
	return LOOK_AGAIN;
}

/* A line that is too long is not there as a whole. */
static int take_line(struct replay *replay, const struct lp_cursor *cursor, enum lp_result result,
		     struct replay_line *line)
{
	*line = (struct replay_line){
		.text = cursor->line,
		.length = cursor->line_length,
		.invalid = result == LP_REJECTED,
		.number = replay->stream.number,
	};
	if (replay->stream.skipping)
		return -EMSGSIZE;
	replay->pass_lines++;
	return 1;
}

/* At the end of the input: 0, or LOOK_AGAIN where it starts anew. */
static int end_pass(struct replay *replay)
{
	if (!replay->loop)
		return 0;
	if (replay->pass_lines == 0)
		return -EINVAL;
	begin_anew(replay);
	return LOOK_AGAIN;
}

/* One look at the buffer, and one reading if that is not enough and this is not the LAST look. */
static int look(struct replay *replay, uint64_t until, bool last, struct replay_line *line)
{
	struct lp_cursor cursor;
	struct lp_error why;
	enum lp_result result;
	int error;

	result = lp_stream_next(&replay->stream, &cursor, &replay->point, &why);
	if (result != LP_END)
		return take_line(replay, &cursor, result, line);
	line->number = replay->stream.next_number;
	if (replay->stream.ended)
		return end_pass(replay);
	error = await_input(replay, until);
	if (error)
		return error;
	return last ? -EAGAIN : fill(replay);
}

/* The next line, whoever is to have it. */
static int next_line(struct replay *replay, uint64_t until, struct replay_line *line)
{
	int found = look(replay, until, false, line);

	/* What is written faster than it is read, and holds no line, must not keep anybody. */
	while (found == LOOK_AGAIN)
		found = look(replay, until, !replay->regular && clock_now() >= until, line);
	return found;
}

/* Tells a file without lines before anything is sent. Of a pipe that is not known yet. */
static int check_lines(struct replay *replay)
{
	struct replay_line line;
	int found;

	begin_anew(replay);
	if (!replay->regular)
		return 0;
	found = next_line(replay, 0, &line);
	begin_anew(replay);
	if (found == 0)
		return -EINVAL;
	return found < 0 ? found : 0;
}

struct replay *replay_open(const char *path, bool loop, uint32_t thread, uint32_t threads,
			   int *error)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	*error = -ENOMEM;
	if (!replay)
		return NULL;
	replay->loop = loop;
	replay->thread = thread;
	replay->threads = threads;
	replay->fd = -1;
	if (!lp_stream_open(&replay->stream, LONGEST_LINE, 0))
		goto cleanup;
	replay->fd = open_input(path);
	*error = replay->fd < 0 ? replay->fd : inspect_input(replay);
	if (!*error)
		*error = check_lines(replay);
	if (!*error)
		return replay;
cleanup:
	replay_close(replay);
	return NULL;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	if (replay->fd >= 0)
		close(replay->fd);
	lp_stream_close(&replay->stream);
	free(replay);
}

int replay_next(struct replay *replay, uint64_t until, struct replay_line *line)
{
	int found;

	do
		found = next_line(replay, until, line);
	while (found == 1 && replay->lines++ % replay->threads != replay->thread);
	return found;
}

void replay_explain(const char *path, int error)
{
	const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

	switch (error) {
	case -EINVAL:
		message_error("%s holds no line to send", name);
		break;
	case -ESPIPE:
		message_error("%s cannot be read again from its start", name);
		message_hint("--loop and --threads need a file");
		break;
	default:
		message_error("could not read %s: %s", name, strerror(-error));
	}
}

/* A FIFO is not opened: to close it again could end whoever writes to it. */
bool replay_check(const char *path, bool loop, uint32_t threads)
{
	struct replay *replay = NULL;
	struct stat status;
	int error = 0;

	if (strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISFIFO(status.st_mode))
		error = loop || threads > 1 ? -ESPIPE : 0;
	else
		replay = replay_open(path, loop, 0, threads, &error);
	replay_close(replay);
	if (error)
		replay_explain(path, error);
	return error == 0;
}
