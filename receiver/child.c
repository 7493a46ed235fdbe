#include "receiver/child.h"

#include <signal.h>
#include <unistd.h>

#include "common/signals.h"

int child_signals(void)
{
	signal(SIGINT, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return signals_open(0);
}

void child_ready(int fd)
{
	ssize_t written;

	if (fd < 0)
		return;
	written = write(fd, "\n", 1);
	(void)written;
	close(fd);
}
