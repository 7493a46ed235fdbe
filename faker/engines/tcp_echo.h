/*
 * Replies of one connection: the messages in ASCII upper case, byte for byte and in their order.
 * Where one is wrong, comparing goes on by position, so that the next can be right again.
 */
#ifndef FAIRPORT_FAKER_ENGINES_TCP_ECHO_H
#define FAIRPORT_FAKER_ENGINES_TCP_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include "faker/engines/fifo.h"

struct tcp_results;

/* All zero is one that waits for nothing. */
struct echo {
	struct fifo bytes;    /* expected */
	struct fifo messages; /* struct echo_message: sent completely, not replied completely */
	uint32_t replied;     /* bytes of the first message */
	bool wrong;           /* among them, or before them */
};

/* Makes sure that echo_sent() has memory for LENGTH bytes and COUNT messages. 0 or -ENOMEM. */
int echo_reserve(struct echo *echo, uint32_t length, uint32_t count);

/* LENGTH bytes at DATA were sent. */
void echo_sent(struct echo *echo, const char *data, uint32_t length);

/* With them, at NOW, a message of LENGTH bytes was complete. */
void echo_message(struct echo *echo, uint32_t length, uint64_t now);

/*
 * Compares LENGTH bytes that came at NOW, and counts the replies that are complete with them.
 * Bytes that nothing is left to compare with make the next reply wrong.
 */
void echo_take(struct echo *echo, const char *data, uint32_t length, uint64_t now,
	       struct tcp_results *results);

/* Messages whose reply is not complete; and bytes. */
uint32_t echo_missing(const struct echo *echo);
uint32_t echo_outstanding(const struct echo *echo);

void echo_clear(struct echo *echo);

#endif
