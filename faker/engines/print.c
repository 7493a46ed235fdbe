/* Packets as text on standard output, for --dry-run. */
#include <errno.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faker/engines/engine.h"
#include "faker/packet.h"

static int open_output(struct engine *engine)
{
	(void)engine;
	return 0;
}

/* All of it: half a line is worth nothing. */
static int print(struct engine *engine, const struct packet *packets, unsigned int count)
{
	const char *at = packets[0].data;
	size_t left = packets[0].length;
	unsigned int run = 1;

	while (run < count && packets[run].data == at + left)
		left += packets[run++].length;
	while (left > 0) {
		ssize_t written = write(STDOUT_FILENO, at, left);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			at += written;
			left -= (size_t)written;
		}
	}
	engine_count(engine, packets, run);
	return (int)run;
}

static void close_output(struct engine *engine)
{
	(void)engine;
}

const struct engine_row engine_print = {
	.name = "print",
	.meaning = "lines on standard output; nothing is sent",
	.batch = BATCH_PACKETS,
	.open = open_output,
	.send = print,
	.close = close_output,
};
