/* One line and its answer over a Unix stream socket. */
#ifndef FAIRPORT_EXCHANGE_H
#define FAIRPORT_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sends LINE, which ends in a line feed, over FD, and sets *ANSWER to the line that comes back,
 * without its end, to be freed (whatever is returned). At most LIMIT bytes, and until DEADLINE
 * (clock_now()). 0 or -errno: -ETIMEDOUT, -EMSGSIZE, -ENODATA: closed before the end of a line.
 */
int exchange_line(int fd, const char *line, char **answer, size_t limit, uint64_t deadline);

#endif
