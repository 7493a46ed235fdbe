/*
 * What becomes of TCP connections. Every connection that was begun ends in exactly one of the
 * outcomes.
 */
#ifndef FAIRPORT_FAKER_ENGINES_TCP_H
#define FAIRPORT_FAKER_ENGINES_TCP_H

#include <stdint.h>

#include "common/counters.h"
#include "common/histogram.h"

struct tcp_counts {
	uint64_t connections; /* begun: calls of connect(2) */
	uint64_t established;

	/* Outcomes. */
	uint64_t completed; /* ended by us, and the other side closed in order */
	uint64_t unclosed;  /* ended by us, but the other side did not close within --timeout */
	uint64_t refused;   /* ECONNREFUSED */
	uint64_t reset;     /* ECONNRESET or EPIPE: at connecting, sending, waiting for replies or
			       for the other side to close */
	uint64_t timed_out; /* no answer to connect, no room to send or no reply in --timeout */
	uint64_t closed_early; /* the other side closed while there was more to send or to reply */
	uint64_t abandoned;    /* still open when a second signal ended the waiting */
	uint64_t failed;       /* any other error, as counted by errno */

	/* With --expect-echo; messages. */
	uint64_t replies;         /* complete and right */
	uint64_t wrong_replies;   /* complete, but not what was expected */
	uint64_t missing_replies; /* sent, but the connection ended before the reply was complete */
};

extern const struct counter tcp_counters[];

struct tcp_results {
	struct tcp_counts counts; /* like the rest, for others only when the thread has ended */
	struct histogram connect; /* ns from connect(2) to established */
	struct histogram reply;   /* ns from the last byte sent to the last byte of the reply */
};

#endif
