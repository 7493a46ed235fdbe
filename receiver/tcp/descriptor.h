/* Connections as descriptors: accepted, passed on to another process, got from one. */
#ifndef FAIRPORT_RECEIVER_DESCRIPTOR_H
#define FAIRPORT_RECEIVER_DESCRIPTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"

struct received;

/* Who is short of descriptors or memory tries again so much later, to not turn in circles. */
#define SHORTAGE_PAUSE (100 * NS_PER_MS)

/*
 * The next connection of a listener: a non-blocking descriptor, or -errno. Counted: connections,
 * receive_calls, eagain, receive_errors.
 */
int descriptor_accept(int listener, struct received *counts);

/*
 * The same from a channel, a SOCK_SEQPACKET Unix socket; -EPIPE when there is nobody at its other
 * end. A process that has no descriptor free leaves the connection in the channel: -EMFILE.
 */
int descriptor_receive(int channel, struct received *counts);

/*
 * Passes a descriptor, which stays open here too, into a channel. 0 or -errno: -EAGAIN when the
 * channel is full, -ETOOMANYREFS when this user has too many descriptors under way (unix(7)).
 */
int descriptor_pass(int channel, int fd);

/* Whether it is worth asking again at once, as ERROR concerned but one connection. */
bool descriptor_error_passes(int error);

/* Warns that no connection can be taken because of ERROR; what to do about it, too. */
void descriptor_say_short(int error);

/* Lets this process have COUNT connections open, as far as it may. */
void descriptor_raise_limit(uint64_t count);

#endif
