#include "receiver/tcp/framing.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/lines.h"

#define LEAST_ROOM 256

static void let_go(struct framing *framing)
{
	free(framing->held);
	framing->held = NULL;
	framing->length = framing->room = 0;
}

/* False: out of memory. */
static bool make_room(struct framing *framing, size_t length)
{
	size_t room = framing->room ? framing->room : LEAST_ROOM;
	char *held;

	if (length <= framing->room)
		return true;
	while (room < length)
		room *= 2;
	held = realloc(framing->held, room);
	if (!held)
		return false;
	framing->held = held;
	framing->room = (uint32_t)room;
	return true;
}

/* As much of the line as is kept shows whoever looks at the sample what it was. */
static void reject_long(struct framing *framing, struct lines *lines, const char *text,
			size_t length)
{
	if (framing->length)
		lines_too_long(lines, framing->held, framing->length);
	else
		lines_too_long(lines, text, length);
	let_go(framing);
}

/*
 * Adds a piece of a line to what is held of it. False when the line is too long, which it is as
 * well when there is no memory for it: either way it cannot be held, and was counted.
 */
static bool hold(struct framing *framing, struct lines *lines, const char *text, size_t length)
{
	size_t bytes = length - (text[length - 1] == '\n');

	if (framing->length + bytes > FRAMING_LINE_MAX ||
	    !make_room(framing, framing->length + length)) {
		reject_long(framing, lines, text, bytes);
		return false;
	}
	memcpy(framing->held + framing->length, text, length);
	framing->length += (uint32_t)length;
	return true;
}

/* LENGTH is with the line feed. */
static void take_line(struct framing *framing, struct lines *lines, char *text, size_t length,
		      uint64_t received, const struct reply *reply)
{
	if (!framing->length && length <= FRAMING_LINE_MAX + 1) {
		lines_take(lines, text, length, received, reply);
	} else if (hold(framing, lines, text, length)) {
		lines_take(lines, framing->held, framing->length, received, reply);
		let_go(framing);
	}
}

void framing_feed(struct framing *framing, struct lines *lines, char *text, size_t length,
		  uint64_t received, const struct reply *reply)
{
	char *end = text + length;

	while (text < end) {
		char *feed = memchr(text, '\n', (size_t)(end - text));
		char *next = feed ? feed + 1 : end;
		size_t piece = (size_t)(next - text);

		if (framing->skipping)
			framing->skipping = !feed;
		else if (feed)
			take_line(framing, lines, text, piece, received, reply);
		else
			framing->skipping = !hold(framing, lines, text, piece);
		text = next;
	}
}

void framing_end(struct framing *framing, struct lines *lines, uint64_t received,
		 const struct reply *reply)
{
	if (framing->length)
		lines_take(lines, framing->held, framing->length, received, reply);
	let_go(framing);
}

void framing_break_off(struct framing *framing, struct lines *lines)
{
	if (framing->length)
		lines_break_off(lines, framing->held, framing->length);
	let_go(framing);
}
