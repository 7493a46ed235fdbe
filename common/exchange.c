#include "common/exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"

#define STEP 65536

/* Whether FD is ready for EVENTS in time. */
static bool wait_for(int fd, short events, uint64_t deadline)
{
	struct pollfd wait = { .fd = fd, .events = events };
	int ready;

	do {
		struct timespec left = clock_left(deadline);

		ready = ppoll(&wait, 1, &left, NULL);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* 0 or -errno. */
static int send_line(int fd, const char *line, uint64_t deadline)
{
	size_t length = strlen(line);

	while (length > 0) {
		ssize_t sent = send(fd, line, length, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (sent < 0 && !wait_for(fd, POLLOUT, deadline))
			return -ETIMEDOUT;
		if (sent > 0) {
			line += sent;
			length -= (size_t)sent;
		}
	}
	return 0;
}

static int receive_line(int fd, char **line, size_t limit, uint64_t deadline)
{
	size_t room = 0, filled = 0;

	for (;;) {
		char *feed;
		ssize_t got;

		if (filled + 1 >= room) {
			char *grown = room < limit ? realloc(*line, room += STEP) : NULL;

			if (!grown)
				return room < limit ? -ENOMEM : -EMSGSIZE;
			*line = grown;
		}
		got = recv(fd, *line + filled, room - filled - 1, MSG_DONTWAIT);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (got < 0 && !wait_for(fd, POLLIN, deadline))
			return -ETIMEDOUT;
		if (got < 0)
			continue;
		if (got == 0)
			return -ENODATA;
		feed = memchr(*line + filled, '\n', (size_t)got);
		filled += (size_t)got;
		if (feed) {
			*feed = '\0';
			return 0;
		}
	}
}

int exchange_line(int fd, const char *line, char **answer, size_t limit, uint64_t deadline)
{
	int error;

	*answer = NULL;
	error = send_line(fd, line, deadline);
	/* One who refuses to listen may have said why. */
	if (!error || error == -EPIPE)
		error = receive_line(fd, answer, limit, deadline);
	return error;
}
