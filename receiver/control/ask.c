#include "receiver/control/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/exchange.h"
#include "common/message.h"
#include "common/units.h"
#include "receiver/control/options.h"

#define LINE_LIMIT   4096       /* of the receiver, see receiver/pool/control.c */
#define ANSWER_LIMIT (16 << 20) /* more is no answer of a receiver */
#define RETRY        (10 * NS_PER_MS)

static int try_connect(const struct sockaddr_un *address)
{
	int error, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* The socket or -1 after an error message. */
static int open_connection(const struct control_options *options, uint64_t deadline)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t length = strlen(options->socket);
	int fd;

	if (length == 0 || length >= sizeof(address.sun_path)) {
		message_error("could not connect to the control socket: its path has %zu bytes "
			      "(expected 1 to %zu): %s",
			      length, sizeof(address.sun_path) - 1, options->socket);
		return -1;
	}
	memcpy(address.sun_path, options->socket, length);
	fd = try_connect(&address);
	/* So many are waiting already that there is no place in the backlog: unix(7). */
	while (fd == -EAGAIN && clock_now() < deadline) {
		struct timespec pause = { .tv_nsec = (long)RETRY };

		nanosleep(&pause, NULL);
		fd = try_connect(&address);
	}
	if (fd >= 0)
		return fd;
	message_error("could not connect to control socket %s: %s", options->socket, strerror(-fd));
	if (fd == -EACCES)
		message_hint("only the user who started the receiver may, and root");
	else
		message_hint("start fairport-receive with --control %s", options->socket);
	return -1;
}

static void explain(const struct control_options *options, int error)
{
	char text[UNITS_TEXT];

	if (error == -ETIMEDOUT) {
		message_error("no answer to \"%s\" from control socket %s in %s", options->command,
			      options->socket, units_duration_text(text, options->timeout));
		message_hint("it may still be carried out; wait longer with --timeout");
	} else {
		message_error("no answer to \"%s\" from control socket %s: %s", options->command,
			      options->socket,
			      error == -ENODATA ? "it was closed" : strerror(-error));
	}
}

char *ask(const struct control_options *options)
{
	uint64_t deadline = clock_now() + options->timeout;
	char line[LINE_LIMIT + 1], *answer = NULL;
	int fd, error;
	int length =
		snprintf(line, sizeof(line), "%s%s%s\n", options->command,
			 options->argument ? " " : "", options->argument ? options->argument : "");

	if (length > LINE_LIMIT) {
		message_error("could not send the command: it has %d bytes, and %d are possible",
			      length, LINE_LIMIT);
		return NULL;
	}
	fd = open_connection(options, deadline);
	if (fd < 0)
		return NULL;
	error = exchange_line(fd, line, &answer, ANSWER_LIMIT, deadline);
	close(fd);
	if (!error)
		return answer;
	explain(options, error);
	free(answer);
	return NULL;
}
