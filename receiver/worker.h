/* One worker: one process, one member of the group, one sink. */
#ifndef FAIRPORT_RECEIVER_WORKER_H
#define FAIRPORT_RECEIVER_WORKER_H

struct receive_options;
struct slot;

/*
 * Receives on SOCKET until SIGTERM, then drains the socket, flushes the sink and returns the
 * process's exit status. Counts go to SLOT. One byte is written to READY_FD, which is closed, when
 * the worker is able to receive.
 */
int worker_run(const struct receive_options *options, int socket, struct slot *slot, int ready_fd);

#endif
