/*
 * The sockets that steering programs choose from: one array in the kernel, which all programs of a
 * struct steering share, since the kernel has a socket in one array only, and there once.
 */
#ifndef FAIRPORT_RECEIVER_STEERING_SOCKETS_H
#define FAIRPORT_RECEIVER_STEERING_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/steering/steer_shared.h"

struct steering_member;

struct sockets {
	int map;
	uint64_t cookies[STEER_SOCKETS]; /* by key; 0: free. As of the last sockets_place() */
};

/* The keys of a list of members, in its order. */
struct sockets_keys {
	uint16_t by_slot[STEER_SLOTS];
	bool added[STEER_SLOTS]; /* by this sockets_place() */
};

/* -errno. */
int sockets_open(struct sockets *sockets);

/*
 * Finds the place of each member, or gives it one. -errno, *FAILED being the index of the member,
 * and then nothing was added: -ENOSPC if there is no place left, -EBUSY if the socket is in another
 * array.
 */
int sockets_place(struct sockets *sockets, const struct steering_member *members, size_t count,
		  struct sockets_keys *keys, size_t *failed);

/* Takes out the first COUNT that sockets_place() added. */
void sockets_undo(struct sockets *sockets, const struct sockets_keys *keys, size_t count);

void sockets_forget(struct sockets *sockets, uint64_t cookie);

/* Takes out all, so that they may be placed elsewhere at once. */
void sockets_close(struct sockets *sockets);

#endif
