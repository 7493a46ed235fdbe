/*
 * Input is read in pieces into one buffer, files and pipes alike: a mapped file that somebody
 * truncates would end the program. Each look at the buffer starts at the next line to be taken, and
 * the decoder says where it ends.
 *
 * What the decoder rejects because a quoted string does not end may be a string whose rest is still
 * to come. So a rejected line that has a quote waits for more input, up to STRING_MAX bytes behind
 * its start, or the end. Where nothing more is there to be read (somebody types), it is taken at
 * once if its quotes pair up; if they do not, the string is waited for.
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
#include "common/lp.h"
#include "common/message.h"

/* More than a datagram holds. */
#define STRING_MAX (64u << 10)

#define FIRST_ROOM   (256u << 10)
#define LONGEST_LINE (1u << 20)

/* Of look(): beside what replay_next() returns. */
#define LOOK_AGAIN 2

struct replay {
	int fd;
	bool regular, loop;
	bool ended; /* everything has been read */
	uint32_t thread, threads;
	off_t start, offset; /* of a regular file: where it begins, and what to read next */
	char *buffer;
	size_t room, at, end; /* of the buffer: AT to END is to be taken */
	uint64_t number;      /* of the line at AT */
	uint64_t lines;       /* taken so far, by all threads */
	uint64_t pass_lines;  /* of these, since the start of the file */
	struct lp_point point;
};

/* What one look at the buffer found. */
enum found {
	FOUND_LINE,     /* more input does not change it */
	FOUND_REJECTED, /* a line, unless more input is there already and says otherwise */
	FOUND_PART,     /* more input is needed */
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
	replay->ended = false;
	replay->at = replay->end = 0;
	replay->number = 1;
	replay->pass_lines = 0;
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

static int make_room(struct replay *replay)
{
	char *larger;

	memmove(replay->buffer, replay->buffer + replay->at, replay->end - replay->at);
	replay->end -= replay->at;
	replay->at = 0;
	if (replay->end < replay->room)
		return 0;
	if (replay->room >= LONGEST_LINE)
		return -EMSGSIZE;
	larger = realloc(replay->buffer, 2 * replay->room);
	if (!larger)
		return -ENOMEM;
	replay->buffer = larger;
	replay->room *= 2;
	return 0;
}

/* Reads once: LOOK_AGAIN (there may be more in the buffer), or -errno. */
static int fill(struct replay *replay)
{
	int error = make_room(replay);
	char *to;
	size_t room;
	ssize_t got;

	if (error)
		return error;
	to = replay->buffer + replay->end;
	room = replay->room - replay->end;
	got = replay->regular ? pread(replay->fd, to, room, replay->offset)
			      : read(replay->fd, to, room);
	if (got < 0)
		return errno == EINTR || errno == EAGAIN ? LOOK_AGAIN : -errno;
	replay->ended = got == 0;
	replay->offset += got;
	replay->end += (size_t)got;
	return LOOK_AGAIN;
}

/* Whether the quotes of a line pair up, the last one with the first behind the line if need be. */
static bool quotes_pair_up(const char *line, const char *line_end, const char *end)
{
	bool open = false;

	for (const char *at = line; at < end && (open || at < line_end); at++) {
		if (*at == '\\' && end - at > 1 && (at[1] == '"' || at[1] == '\\'))
			at++;
		else if (*at == '"')
			open = !open;
	}
	return !open;
}

static enum found judge(const struct replay *replay, const struct lp_cursor *cursor,
			enum lp_result result)
{
	if (result == LP_END)
		return FOUND_PART;
	if (replay->ended)
		return FOUND_LINE;
	if (cursor->at[-1] != '\n')
		return FOUND_PART;
	if (result == LP_POINT || cursor->end - cursor->line >= STRING_MAX ||
	    !memchr(cursor->line, '"', (size_t)(cursor->at - cursor->line)))
		return FOUND_LINE;
	return quotes_pair_up(cursor->line, cursor->at, cursor->end) ? FOUND_REJECTED : FOUND_PART;
}

/*
 * Blank lines and comments before what the decoder found are not looked at again. A last one that
 * is cut off is kept.
 */
static void drop_empty_lines(struct replay *replay, const struct lp_cursor *cursor,
			     enum lp_result result)
{
	const char *from = replay->buffer + replay->at, *line = cursor->line;

	if (result == LP_END) {
		line = memrchr(from, '\n', (size_t)(cursor->end - from));
		line = line ? line + 1 : from;
		replay->number += cursor->next_number - 1;
	} else {
		replay->number += cursor->line_number - 1;
	}
	replay->at = (size_t)(line - replay->buffer);
}

static int take_line(struct replay *replay, const struct lp_cursor *cursor, enum lp_result result,
		     struct replay_line *line)
{
	*line = (struct replay_line){
		.text = cursor->line,
		.length = cursor->line_length,
		.invalid = result == LP_REJECTED,
		.number = replay->number,
	};
	replay->number += cursor->next_number - cursor->line_number;
	replay->at = (size_t)(cursor->at - replay->buffer);
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
	enum found found;
	int error;

	lp_cursor_init(&cursor, replay->buffer + replay->at, replay->end - replay->at);
	result = lp_next(&cursor, &replay->point, &why);
	drop_empty_lines(replay, &cursor, result);
	line->number = replay->number;
	found = judge(replay, &cursor, result);
	if (found == FOUND_LINE)
		return take_line(replay, &cursor, result, line);
	if (replay->ended)
		return end_pass(replay);
	error = await_input(replay, found == FOUND_PART ? until : 0);
	if (error == -EAGAIN && found == FOUND_REJECTED)
		return take_line(replay, &cursor, result, line);
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
	replay->room = FIRST_ROOM;
	replay->buffer = malloc(replay->room);
	if (!replay->buffer)
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
	free(replay->buffer);
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
