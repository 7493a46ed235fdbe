/* The UDP sockets that engines send from: one per slot, or one per packet. */
#ifndef FAIRPORT_FAKER_ENGINES_UDP_SOCKETS_H
#define FAIRPORT_FAKER_ENGINES_UDP_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "faker/engines/engine.h"
#include "faker/packet.h"

/* Of the sockets for one packet, so many are kept between two looks, some 10 ms. */
#define UDP_SAMPLES 16

/* The state of engines that send from sockets. */
struct udp {
	int *fds;         /* by slot; -1: not open */
	uint64_t *counts; /* packets of each since it was opened */
	/*
	 * A socket that lives for one packet is gone when an ICMP answer comes. So some are
	 * connected and kept for a while, to be asked.
	 */
	bool brief; /* sockets live for one packet: use udp_send_briefly() only */
	int samples[UDP_SAMPLES];
	unsigned int sample_count;
	unsigned int segments; /* what one UDP_SEGMENT call takes (UDP_MAX_SEGMENTS) */

	struct mmsghdr messages[BATCH_PACKETS];
	struct iovec pieces[BATCH_PACKETS];
};

/* As the rows of engines want them. */
int udp_open(struct engine *engine);
void udp_look(struct engine *engine);
void udp_close(struct engine *engine);

/* The connected socket of SLOT, with RENEW a new one; or -errno. */
int udp_socket(struct engine *engine, uint32_t slot, bool renew);

/*
 * What send() of an engine is to return: COUNT packets of WANTED left by the socket of their slot,
 * and are counted; or, with COUNT -1, the call failed with errno.
 */
int udp_result(struct engine *engine, const struct packet *packets, int count, int wanted);

/* Sends one packet from a socket of its own. Returns what send() of an engine does. */
int udp_send_briefly(struct engine *engine, const struct packet *packet);

/*
 * Opens the UDP sockets that the threads of PLAN share, one per slot; for engines of sockets only.
 * NULL with *ERROR set to -errno. udp_close_shared() closes them.
 */
int *udp_open_shared(const struct plan *plan, int *error);
void udp_close_shared(const struct plan *plan, int *shared);

#endif
