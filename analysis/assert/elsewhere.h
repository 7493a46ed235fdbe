/*
 * Claims about live ports are about one group of sockets, the one that got most. What other sockets
 * on these ports got, with another port, protocol or address, is not looked at.
 */
#ifndef FAIRPORT_ANALYSIS_ASSERT_ELSEWHERE_H
#define FAIRPORT_ANALYSIS_ASSERT_ELSEWHERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

struct elsewhere {
	size_t sockets;                         /* that got something */
	uint64_t packets, connections, dropped; /* at them */
	/*
	 * More than 1 % of what came, or a loss: too much for "it holds" to be said of the ports.
	 * Less than that is a stray packet.
	 */
	bool matters;
};

/* All 0 where a receiver told of its workers itself. */
struct elsewhere elsewhere_find(const struct run *run);

#define ELSEWHERE_TEXT 160

/* "2 other sockets on these ports got 10,000 packets and 3 connections, of which 5 were dropped" */
const char *elsewhere_text(char buffer[static ELSEWHERE_TEXT], const struct elsewhere *elsewhere);

#endif
