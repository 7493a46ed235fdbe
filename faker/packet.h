/*
 * Packets ready to be sent: what an engine gets, a batch at a time. "Packet" is a datagram with
 * UDP and a message with TCP.
 */
#ifndef FAIRPORT_FAKER_PACKET_H
#define FAIRPORT_FAKER_PACKET_H

#include <stdbool.h>
#include <stdint.h>

/* The most that one batch holds: as many as one UDP_SEGMENT call takes (UDP_MAX_SEGMENTS). */
#define BATCH_PACKETS 128

/* The largest payload of a datagram: 65,535 less the headers of IPv4 and UDP; 20 more for IPv6. */
#define DATAGRAM_MAX 65507

struct packet {
	const char *data;
	uint64_t due;     /* clock_now(); 0: no matter when */
	uint32_t length;  /* bytes */
	uint32_t lines;   /* all of them, with those that are wrong on purpose */
	uint32_t invalid; /* lines that are wrong on purpose */
	uint32_t slot;    /* which source sends it */
	bool cut;         /* it has fewer lines than asked for, as no more would fit */
	bool renew;       /* that source gets a new socket, port or connection before */
};

#endif
