#include "analysis/read/line_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/message.h"

#define ROOM_FIRST ((size_t)1024 * 1024)

int line_file_open(struct line_file *file, const char *path)
{
	struct stat status;
	int error = 0;

	/* A pipe without a writer would not let us open it. */
	*file = (struct line_file){ .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) };
	if (file->fd < 0)
		return -errno;
	if (fstat(file->fd, &status) != 0)
		error = -errno;
	else if (S_ISDIR(status.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	if (!error)
		file->buffer = malloc(ROOM_FIRST);
	if (!error && !file->buffer)
		error = -ENOMEM;
	if (error) {
		close(file->fd);
		return error;
	}
	file->room = ROOM_FIRST;
	posix_fadvise(file->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

void line_file_say(const char *path, int error)
{
	message_warning("could not open %s: %s", path,
			error == -EINVAL ? "Not a regular file" : strerror(-error));
}

void line_file_close(struct line_file *file)
{
	close(file->fd);
	free(file->buffer);
}

/* Makes room behind what is there; false: it is as large as it may get, or *ERROR is set. */
static bool make_room(struct line_file *file)
{
	size_t rest = file->end - file->start;
	char *larger;

	if (file->start > 0) {
		memmove(file->buffer, file->buffer + file->start, rest);
		file->start = 0;
		file->end = rest;
	}
	if (file->end < file->room)
		return true;
	if (file->room > LINE_FILE_LONGEST)
		return false;
	larger = realloc(file->buffer, file->room * 2);
	if (!larger) {
		file->error = -ENOMEM;
		return false;
	}
	file->buffer = larger;
	file->room *= 2;
	return true;
}

/* Reads on; false at the end of the file or when that fails. */
static bool fill(struct line_file *file)
{
	ssize_t got;

	do {
		got = read(file->fd, file->buffer + file->end, file->room - file->end);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		file->error = -errno;
	if (got <= 0) {
		file->ended = true;
		return false;
	}
	file->end += (size_t)got;
	return true;
}

/* Leaves out the rest of a line that is too long. */
static enum line_result skip_line(struct line_file *file)
{
	const char *feed = NULL;

	do {
		file->start = file->end = 0;
		if (!fill(file))
			break;
		feed = memchr(file->buffer, '\n', file->end);
	} while (!feed);
	if (feed)
		file->start = (size_t)(feed - file->buffer) + 1;
	return file->error ? LINE_FAILED : LINE_LONG;
}

enum line_result line_file_next(struct line_file *file, const char **line, size_t *length)
{
	size_t seen = 0; /* bytes of the line in which there is no line feed */

	for (;;) {
		char *at = file->buffer + file->start;
		const char *feed = memchr(at + seen, '\n', file->end - file->start - seen);

		seen = feed ? (size_t)(feed - at) : file->end - file->start;
		*line = at;
		*length = seen;
		if (seen > LINE_FILE_LONGEST && !feed)
			return skip_line(file);
		if (feed) {
			file->start += seen + 1;
			return seen > LINE_FILE_LONGEST ? LINE_LONG : LINE_WHOLE;
		}
		if (!file->ended && make_room(file) && fill(file))
			continue;
		if (file->error)
			return LINE_FAILED;
		*line = file->buffer + file->start;
		file->start = file->end;
		return seen ? LINE_CUT : LINE_END;
	}
}
