/* When a queue counts as drained. */
#ifndef FAIRPORT_RECEIVER_DRAIN_H
#define FAIRPORT_RECEIVER_DRAIN_H

#include "common/clock.h"

/*
 * A packet for which the kernel had chosen a socket before it stopped choosing it may still be on
 * its way into the queue; so much time without one, and none is.
 */
#define DRAIN_QUIET (20 * NS_PER_MS)

/*
 * The same for connections: a handshake that had begun ends a round trip later. Until then new ones
 * are held off, so this is a compromise.
 */
#define DRAIN_HANDSHAKE (200 * NS_PER_MS)

#endif
