/*
 * A process in front of the workers: the one that reads the socket, in the models where not
 * every worker does. It hands on what it takes over channels, one for each worker: pairs of
 * Unix sockets (SOCK_SEQPACKET, non-blocking), whose other ends are the workers' inputs.
 */
#ifndef FAIRPORT_RECEIVER_FRONT_H
#define FAIRPORT_RECEIVER_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct account;
struct receive_options;

struct front_start {
	const struct receive_options *options;
	struct account *account;
	int input; /* the UDP socket or TCP listener, non-blocking */
	const int *channels;
	size_t count; /* of channels, at least 1 */
	int ready_fd;
};

/*
 * Both hand on, to each worker in turn, until SIGTERM; one whose channel is full is passed over,
 * and while all are full, nothing is taken, so that the kernel queues, drops and counts. Then they
 * do what account->order says (ORDER_DRAIN: take until nothing has come for DRAIN_QUIET, at most
 * options->drain; ORDER_LEAVE: stop at once) and return the process's exit status. One byte is
 * written to ready_fd, which is closed, when they are able to receive.
 *
 * Counted: messages, packets, bytes, receive_calls, eagain, receive_errors (of the input), and
 * handed_on. What was taken is handed on before they return, waiting for workers if need be.
 */
int dispatcher_run(const struct front_start *start); /* UDP packets */
int accepter_run(const struct front_start *start);   /* TCP connections, by SCM_RIGHTS */

/* When a front is to stop. */
struct front_stop {
	int signal_fd;  /* -1 once SIGTERM came: more signals would only end each wait */
	uint64_t limit; /* after SIGTERM: until when something is taken and handed on */
};

/* False after an error message. */
bool front_stop_open(struct front_stop *stop);
bool front_told(const struct front_stop *stop);

/* Takes the signals that wait; DRAIN: ns from SIGTERM to the limit. */
void front_look(struct front_stop *stop, uint64_t drain);

#endif
