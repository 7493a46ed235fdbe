/* Packets as text on standard output, for --dry-run. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faker/engines/engine.h"
#include "faker/packet.h"

struct output {
	size_t most; /* bytes a write: so many do not block when poll(2) says that there is room */
};

static int open_output(struct engine *engine)
{
	struct output *output = malloc(sizeof(*output));
	struct stat status;

	if (!output)
		return -ENOMEM;
	output->most = PIPE_BUF;
	if (fstat(STDOUT_FILENO, &status) == 0 &&
	    (S_ISREG(status.st_mode) || (S_ISCHR(status.st_mode) && !isatty(STDOUT_FILENO))))
		output->most = SIZE_MAX;
	engine->state = output;
	return 0;
}

/*
 * All of it: half a line is worth nothing, but to whom does not read on after a stop. False then,
 * or with errno set.
 */
static bool write_all(const struct engine *engine, const char *at, size_t left)
{
	const struct output *to = engine->state;

	while (left > 0) {
		struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
		ssize_t written = -1;

		errno = 0;
		if (poll(&output, 1, 20) > 0)
			written = write(STDOUT_FILENO, at, left < to->most ? left : to->most);
		if (written > 0) {
			at += written;
			left -= (size_t)written;
		} else if (errno != 0 && errno != EINTR && errno != EAGAIN) {
			return false;
		} else if (atomic_load(engine->stop)) {
			errno = 0;
			return false;
		}
	}
	return true;
}

static int print(struct engine *engine, const struct packet *packets, unsigned int count)
{
	/* Threads write one after the other, as nobody could tell their lines apart. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	size_t length = packets[0].length;
	unsigned int run = 1;
	int error = 0;

	while (run < count && packets[run].data == packets[0].data + length)
		length += packets[run++].length;
	pthread_mutex_lock(&lock);
	if (!write_all(engine, packets[0].data, length))
		error = errno ? -errno : -EINTR;
	pthread_mutex_unlock(&lock);
	if (error)
		return error;
	engine_count(engine, packets, run);
	return (int)run;
}

static void close_output(struct engine *engine)
{
	free(engine->state);
}

const struct engine_row engine_print = {
	.name = "print",
	.meaning = "lines on standard output; nothing is sent",
	.batch = BATCH_PACKETS,
	.open = open_output,
	.send = print,
	.close = close_output,
};
