/*
 * Trains of datagrams: what came in a row from one flow stays joined up to the socket (generic
 * receive offload, Linux 5.0), so that most of the cost of a datagram is paid once a train.
 *
 * The kernel queues a train as one packet, and drops it as one: all its counts of drops (sk_drops,
 * SO_RXQ_OVFL, UdpRcvbufErrors) are then of trains, whose length nobody knows any more.
 */
#include <errno.h>
#include <sys/socket.h>

#include "receiver/engines/buffers.h"
#include "receiver/engines/engine.h"

static int prepare(int socket)
{
	int on = 1, off = 0;

	if (setsockopt(socket, SOL_UDP, UDP_GRO, &on, sizeof(on)) != 0)
		return -errno;
	if (setsockopt(socket, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0) {
		int error = -errno;

		setsockopt(socket, SOL_UDP, UDP_GRO, &off, sizeof(off));
		return error;
	}
	return 0;
}

const struct engine_ops engine_gro = {
	.name = "gro",
	.batch = 16, /* of up to 128 datagrams: larger batches save nothing any more */
	.prepare = prepare,
	.take = buffers_take,
};
