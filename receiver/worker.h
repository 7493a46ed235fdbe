/* One worker: one process, one input, one sink. */
#ifndef FAIRPORT_RECEIVER_WORKER_H
#define FAIRPORT_RECEIVER_WORKER_H

#include <stddef.h>
#include <stdint.h>

struct account;
struct intake_ops;
struct receive_options;

struct worker_start {
	const struct receive_options *options;
	const struct intake_ops *intake;
	struct account *account;
	void *shared;    /* what the sink's prepare() made */
	size_t index;    /* of the worker */
	uint64_t cookie; /* of its socket */
	int input;       /* the socket, listener or channel */
	int ready_fd;
};

/*
 * Receives until SIGTERM, then does what account->order says, flushes the sink and returns the
 * process's exit status. One byte is written to ready_fd, which is closed, when the worker is able
 * to receive.
 */
int worker_run(const struct worker_start *start);

#endif
