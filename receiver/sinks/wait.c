#include "receiver/sinks/wait.h"

#include "common/clock.h"
#include "receiver/sinks/sink.h"

/* While a sink is flushed, how often it is asked whether that is done. */
#define FLUSH_LOOK (100 * NS_PER_MS)

void sink_poll(const struct sink_ops *ops, const void *sink, struct pollfd *fds, nfds_t count,
	       uint64_t limit)
{
	struct sink_wait wait = ops->wait_for(sink);
	struct timespec left;

	fds[0] = (struct pollfd){ .fd = wait.fd, .events = wait.events };
	/* On a signal or an error nothing has happened: it is not even written. */
	for (nfds_t i = 0; i < count; i++)
		fds[i].revents = 0;
	left = clock_left(clock_earlier(limit, ops->due(sink)));
	ppoll(fds, count, &left, NULL);
}

bool sink_drain(const struct sink_ops *ops, void *sink, int fd, uint64_t limit)
{
	struct pollfd fds[2] = { [1] = { .fd = fd, .events = POLLIN } };
	uint64_t now = clock_now();

	while (ops->busy(sink) && now < limit && !fds[1].revents) {
		ops->flush(sink);
		if (!ops->busy(sink))
			break;
		sink_poll(ops, sink, fds, 2, clock_earlier(now + FLUSH_LOOK, limit));
		now = clock_now();
		ops->service(sink, now, fds[0].revents != 0);
	}
	return !fds[1].revents;
}
