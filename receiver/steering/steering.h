/*
 * The program that chooses among the sockets of a group, in place of the kernel's hash. It chooses
 * by slot: slot i is worker i, whichever socket it has at the moment. A policy is changed, and
 * sockets take over from others, from one packet to the next, without a packet in between that
 * nobody chose for.
 */
#ifndef FAIRPORT_RECEIVER_STEERING_H
#define FAIRPORT_RECEIVER_STEERING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "receiver/steering/policy.h"

#define STEERING_SLOTS 512

struct steering;

/* Slot i of a list of these is worker i. */
struct steering_member {
	int fd; /* bound with SO_REUSEPORT; a TCP socket is listening */
	uint64_t cookie;
};

/* An object that steers nothing yet: the hash does. TCP: for listeners. NULL: out of memory. */
struct steering *steering_open(bool tcp);

/*
 * From now on POLICY chooses among MEMBERS, and no other socket of the group; only a packet that
 * was under way meanwhile may come to one of before. For hash, random and cpu, which the kernel
 * knows only its own array for, that holds if MEMBERS are all sockets of the group in the order of
 * their bind(2). A member that is closed leaves its packets, and the connections that wait at it
 * (Linux 5.14), to the others.
 *
 * The first call ends what another process steers the group by, so that sockets which outlived
 * that process can be steered. Says by itself what is wrong, and then all of ours is as before:
 * -EPERM without privilege, -EOPNOTSUPP where the kernel cannot, -EBUSY if a process that lives
 * has the sockets in an array of its own, -EINVAL if policy_unfit().
 */
int steering_set(struct steering *steering, const struct policy *policy,
		 const struct steering_member *members, size_t count);

/*
 * The socket with COOKIE will be closed: its place is free again. As a member it gets nothing
 * from now on.
 */
void steering_forget(struct steering *steering, uint64_t cookie);

/*
 * Adds to BY_SLOT, STEERING_SLOTS long, what the program has decided for each slot since the last
 * call, and to *FALLBACKS the choices it had to leave to the hash. The kernel asks once for a
 * packet, a burst of UDP_SEGMENT or a connection, and once more for a connection whose listener
 * was closed. False: no program that counts is or was at work (hash, classic BPF).
 */
bool steering_decisions(struct steering *steering, uint64_t *by_slot, uint64_t *fallbacks);

/* Whether exactly the sockets that steering_set() got are chosen: an eBPF program is at work. */
bool steering_is_exact(const struct steering *steering);

/* Detaches what it attached: the hash chooses among all sockets of the group. */
void steering_close(struct steering *steering);

#endif
