/* The counts of the lowest tier: what sock_diag(7) tells without any privilege. */
#ifndef FAIRPORT_PROBE_POLL_H
#define FAIRPORT_PROBE_POLL_H

#include <stddef.h>
#include <stdint.h>

struct sample;
struct socket_list;

/* What is remembered of the sockets that were seen, each at its place in the samples. */
struct poll_known {
	struct poll_socket *items;
	size_t count;
};

/* What the sockets in LIST have dropped is not counted. 0 or -ENOMEM. */
int poll_begin(struct poll_known *known, const struct socket_list *list);

/*
 * Replaces SAMPLE by what LIST says: queues, and what was dropped since the beginning. 0 or
 * -ENOMEM.
 */
int poll_sample(struct poll_known *known, const struct socket_list *list, struct sample *sample);

void poll_forget(struct poll_known *known);

#endif
