#include "analysis/report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analysis/printable.h"
#include "common/message.h"

/* Reads FD to its end and keeps the last bytes as a string. */
static void read_tail(int fd, char errors[static GNUPLOT_ERRORS])
{
	char part[512];
	size_t used = 0;
	ssize_t got;

	while ((got = read(fd, part, sizeof(part))) > 0 || (got < 0 && errno == EINTR)) {
		size_t length = got > 0 ? (size_t)got : 0;

		if (used + length >= GNUPLOT_ERRORS) {
			size_t surplus = used + length - (GNUPLOT_ERRORS - 1);

			memmove(errors, errors + surplus, used - surplus);
			used -= surplus;
		}
		memcpy(errors + used, part, length);
		used += length;
	}
	errors[used] = '\0';
}

static int spawn(pid_t *pid, char *const argv[], int error_fd)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error)
		return error;
	error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
							 O_WRONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
	if (!error)
		error = posix_spawnp(pid, "gnuplot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

int gnuplot_run(const char *script, char errors[static GNUPLOT_ERRORS])
{
	/* -d: the user's own settings stay out of the pictures. */
	const char *argv[] = { "gnuplot", "-d", "-e", script, NULL };
	int ends[2], error, status;
	pid_t pid;

	errors[0] = '\0';
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -errno;
	error = spawn(&pid, (char *const *)argv, ends[1]);
	close(ends[1]);
	if (error) {
		close(ends[0]);
		return -error;
	}
	read_tail(ends[0], errors);
	close(ends[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECANCELED;
}

static bool is_whole(FILE *file)
{
	static const char *const ends[] = { "</svg>", "IEND" };
	char tail[16];
	size_t length = 0;

	if (fseek(file, -(long)sizeof(tail), SEEK_END) == 0)
		length = fread(tail, 1, sizeof(tail), file);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (memmem(tail, length, ends[i], strlen(ends[i])))
			return true;
	return false;
}

bool gnuplot_drew_all(const char *prefix)
{
	static const char *const ends[] = { ".svg", ".png", "-wide.svg", "-narrow.svg" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		int length = snprintf(path, sizeof(path), "%s%s", prefix, ends[i]);
		FILE *file = length < (int)sizeof(path) ? fopen(path, "re") : NULL;
		bool whole = !file || is_whole(file);

		if (file)
			fclose(file);
		if (whole)
			continue;
		message_warning("could not draw %s: it is cut off", path);
		message_hint("is there room on that file system?");
		return false;
	}
	return true;
}

void gnuplot_quote(FILE *script, const char *text)
{
	fputc('\'', script);
	while (*text) {
		size_t length = printable_character(text);

		if (!length)
			fputc('?', script);
		else if (*text == '\'')
			fputs("''", script);
		else
			fwrite(text, 1, length, script);
		text = printable_next(text);
	}
	fputc('\'', script);
}

void gnuplot_text(FILE *data, const char *text, size_t length)
{
	for (const char *end = text + length; text < end; text = printable_next(text)) {
		size_t size = printable_character(text);

		if (size && !strchr("\"\\", *text))
			fwrite(text, 1, size, data);
		else
			fputc('?', data);
	}
}
