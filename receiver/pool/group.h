/* The sockets of the pool: where they are bound, and how each is opened, retired and closed. */
#ifndef FAIRPORT_RECEIVER_GROUP_H
#define FAIRPORT_RECEIVER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"

struct life;
struct receive_options;

/* One socket, or the pair that connects a front and a worker. */
struct member {
	struct member *next; /* in the list of those that are to be closed */
	int fd;              /* what a worker or front reads; -1 once closed */
	int far;             /* the front's end of a channel; -1: it is a socket */
	size_t slot;         /* of the worker it was opened for */
	uint64_t cookie;     /* SO_COOKIE */
	uint64_t rcvbuf;     /* bytes granted, as the kernel accounts them */
	uint64_t drops;      /* that were told so far */
	bool passed;         /* the service manager has it too: the next start finds it */
	size_t users;        /* processes that read it */
	struct life *credit; /* whose account its drops stand in */
};

struct group {
	const struct receive_options *options;
	struct address address; /* with the port that was learnt, when 0 was asked for */
	bool tcp;
	bool reuseport;      /* a socket for each worker */
	bool wildcard;       /* no host was given: IPv6 and IPv4 */
	int passed;          /* descriptors of a service manager from here on, */
	size_t passed_count; /* that were not taken yet */
	size_t passed_all;
	size_t opened; /* members so far */
	bool clamp_said;
};

/*
 * Finds out where to listen: what the options name, or the sockets that a service manager passed.
 * Says by itself what is wrong; false then.
 */
bool group_resolve(struct group *group, const struct receive_options *options, bool reuseport);

/*
 * The sockets of others on the port: see holders_allow(). To be asked before the first member is
 * opened.
 */
bool group_is_free(const struct group *group);

/*
 * Opens a socket for the worker at SLOT, or takes the next one that was passed; TCP sockets listen.
 * Its descriptors are non-blocking and close-on-exec. A UDP socket may be bound LATER, when its
 * worker is ready: nothing is sent to it before. NULL after an error message.
 */
struct member *group_open_member(struct group *group, size_t slot, bool later);
bool group_bind_later(struct group *group, const struct member *member);

/* A channel between a front and the worker at SLOT. NULL after an error message. */
struct member *group_open_channel(size_t slot);

/*
 * The kernel chooses MEMBER no more, without a program that leaves it out. UDP: it is connected
 * to its own address. A connected socket gets packets of its peer alone, and nobody sends
 * from there; hash selection passes over it (Linux 5.3). TCP: a filter drops what opens
 * connections, whose senders try again after a second; those that are being opened go on.
 * False: that failed, and it is chosen as before.
 */
bool group_retire(const struct group *group, const struct member *member);

/* Whether closing a listener hands its queue to another one (net.ipv4.tcp_migrate_req). */
bool group_migrates(void);

/* What the kernel dropped at MEMBER since this was asked last. */
uint64_t member_new_drops(struct member *member);

/* Packets or connections in its queue, which are taken out. */
uint64_t member_count_left(struct member *member);

/* Closes its descriptors and frees it. NULL is allowed. */
void member_close(struct member *member);

#endif
