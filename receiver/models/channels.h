/* The channels of a dispatcher: packets handed on to each worker in turn. */
#ifndef FAIRPORT_RECEIVER_CHANNELS_H
#define FAIRPORT_RECEIVER_CHANNELS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

#include "receiver/engines/taking.h"

struct account;

/* Packets of one channels_send() at most. */
#define CHANNELS_PACKETS GIVING_MESSAGES

struct channel {
	int fd;
	bool gone;   /* its worker and everyone else closed the other end */
	bool full;   /* took nothing more */
	size_t sent; /* of the packets at hand */
};

struct channels {
	struct account *account;
	struct channel *all;
	size_t count;
	size_t turn;           /* whose turn it is, index into ALL */
	struct channel **open; /* those that are neither gone nor full, from TURN on */
};

/* The descriptors stay the caller's. False after saying what is wrong. */
bool channels_open(struct channels *channels, const int *fds, size_t count,
		   struct account *account);
void channels_close(struct channels *channels);

/*
 * Hands on PACKETS, COUNT of them, without blocking: packet k goes to the channel that is k behind
 * the one whose turn it is. What a full channel does not take goes to the next ones. What was sent
 * is counted as handed_on and, of the batch that is being taken, as done. Returns how many are
 * left; they stand first in PACKETS then, in their order. *IMPOSSIBLE grows by those that were
 * dropped because they are longer than a channel can take.
 */
size_t channels_send(struct channels *channels, struct iovec *packets, size_t count,
		     size_t *impossible);

/* Fills WAITS, one for each channel, for poll(2) until one has room; returns how many ever may. */
size_t channels_wait_for(const struct channels *channels, struct pollfd *waits);

#endif
