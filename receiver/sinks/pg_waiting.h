/* Lines that wait as text until their table's types are known. */
#ifndef FAIRPORT_RECEIVER_PG_WAITING_H
#define FAIRPORT_RECEIVER_PG_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_waiting {
	char *data; /* owned */
	size_t length, room;
	uint64_t lines;
};

struct pg_waiting_line {
	const char *text;
	size_t length;
	int64_t received; /* ns since 1970 */
};

/* Keeps a copy of LINE. False when out of memory, and then nothing has changed. */
bool pg_waiting_add(struct pg_waiting *waiting, const struct pg_waiting_line *line);

/* The line that begins at offset *AT (0 for the first), which is moved on. False at the end. */
bool pg_waiting_next(const struct pg_waiting *waiting, size_t *at, struct pg_waiting_line *line);

/* Frees all lines. */
void pg_waiting_clear(struct pg_waiting *waiting);

#endif
