/* Internal to the engines: where a receive call writes to. */
#ifndef FAIRPORT_RECEIVER_ENGINES_BUFFERS_H
#define FAIRPORT_RECEIVER_ENGINES_BUFFERS_H

#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "common/address.h"
#include "receiver/engines/taking.h"

#ifndef UDP_GRO /* older headers */
#define UDP_GRO 104
#endif

struct engine;
struct message;

/*
 * The largest UDP payload is 65,507 bytes (IPv4) or 65,527, and a train of datagrams is no longer
 * than one packet may be: the kernel does not join more than 64 KiB (GRO_LEGACY_MAX_SIZE).
 */
#define BUFFER_SIZE 65536
/*
 * Not a multiple of the page size: the first bytes of all buffers, which are what small packets
 * need, would share a few lines of the processor's cache.
 */
#define BUFFER_STRIDE (BUFFER_SIZE + 192)

/* Room for any kind of address, although only those of IP are of use. */
union sender {
	struct address address;
	char room[sizeof(struct address) + sizeof(struct sockaddr_storage)];
};

struct engine_buffers {
	size_t count;  /* messages of one call */
	size_t filled; /* by the last call */
	bool channel;  /* the socket is no UDP socket */
	char *memory;
	struct iovec parts[TAKING_MESSAGES];
	union sender from[TAKING_MESSAGES];
};

/* recvmmsg(2), for all engines that use it. */
int buffers_take(struct engine *engine, struct message *messages);

/* Whether the other end of a channel is closed. */
bool buffers_at_end(const struct engine *engine);

#endif
