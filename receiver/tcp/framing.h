/*
 * The lines of a stream. A line ends at a line feed, whatever it stands in: unlike in a datagram,
 * a string over several lines is torn apart, as otherwise a forgotten quote would hold up all that
 * comes behind it. Where reads divide the stream makes no difference.
 */
#ifndef FAIRPORT_RECEIVER_FRAMING_H
#define FAIRPORT_RECEIVER_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines;
struct reply;

/* Bytes of a line without its line feed; one that is longer is rejected. */
#define FRAMING_LINE_MAX 65536

/* All 0 at the start of a stream. */
struct framing {
	char *held; /* the line whose end has not come; NULL, and no memory, while there is none */
	uint32_t length, room;
	bool skipping; /* in a line that was rejected as too long */
};

/* The stream goes on with TEXT, which may be changed; whole lines go to lines_take(). */
void framing_feed(struct framing *framing, struct lines *lines, char *text, size_t length,
		  uint64_t received, const struct reply *reply);

/* The stream has ended: what is left is a line without a line feed. Frees. */
void framing_end(struct framing *framing, struct lines *lines, uint64_t received,
		 const struct reply *reply);

/* The stream broke off: what is left is counted as rejected. Frees. */
void framing_break_off(struct framing *framing, struct lines *lines);

#endif
