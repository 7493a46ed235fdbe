/* Waiting for a sink, which never blocks by itself. */
#ifndef FAIRPORT_RECEIVER_SINK_WAIT_H
#define FAIRPORT_RECEIVER_SINK_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct sink_ops;

/* At the end: how long a sink may need for what it holds. */
#define SINK_FLUSH_LIMIT (30 * NS_PER_SECOND)

/*
 * poll(2) for FDS[0], which is set to what the sink waits for, and the caller's others behind it,
 * until LIMIT (clock_now() time) or until the sink is due. All revents are set.
 */
void sink_poll(const struct sink_ops *ops, const void *sink, struct pollfd *fds, nfds_t count,
	       uint64_t limit);

/*
 * Makes the sink hand on all that it holds, until LIMIT at most. False: FD (-1: none) is readable
 * before that.
 */
bool sink_drain(const struct sink_ops *ops, void *sink, int fd, uint64_t limit);

#endif
