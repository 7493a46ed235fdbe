#include "receiver/ready.h"

#include <unistd.h>

void ready_tell(int fd)
{
	ssize_t written;

	if (fd < 0)
		return;
	written = write(fd, "\n", 1);
	(void)written;
	close(fd);
}
