#include "faker/engines/fifo.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 64
/* More than this is given back as soon as it is empty: there may be thousands. */
#define ROOM_KEPT 4096

/* New memory: twice what is held, at least, and with room for LENGTH bytes more. */
static char *enlarge(struct fifo *fifo, uint32_t length)
{
	uint32_t held = fifo_length(fifo), room = ROOM_FIRST;
	char *memory;

	while (room < 2 * held || room - held < length)
		room *= 2;
	memory = malloc(room);
	if (!memory)
		return NULL;
	if (fifo->memory)
		memcpy(memory, fifo->memory + fifo->first, held);
	free(fifo->memory);
	*fifo = (struct fifo){ .memory = memory, .end = held, .room = room };
	return memory + held;
}

char *fifo_room(struct fifo *fifo, uint32_t length)
{
	uint32_t held = fifo_length(fifo);

	if (!fifo->memory)
		return enlarge(fifo, length);
	if (fifo->room - fifo->end >= length)
		return fifo->memory + fifo->end;
	/* Moved down only where half is free then, so that a byte is moved about once. */
	if (fifo->room - held < length || fifo->room < 2 * held)
		return enlarge(fifo, length);
	memmove(fifo->memory, fifo->memory + fifo->first, held);
	fifo->first = 0;
	fifo->end = held;
	return fifo->memory + held;
}

void fifo_add(struct fifo *fifo, uint32_t length)
{
	fifo->end += length;
}

char *fifo_front(const struct fifo *fifo)
{
	return fifo->memory ? fifo->memory + fifo->first : NULL;
}

uint32_t fifo_length(const struct fifo *fifo)
{
	return fifo->end - fifo->first;
}

void fifo_drop(struct fifo *fifo, uint32_t length)
{
	fifo->first += length;
	if (fifo->first != fifo->end)
		return;
	if (fifo->room > ROOM_KEPT)
		fifo_clear(fifo);
	fifo->first = fifo->end = 0;
}

void fifo_clear(struct fifo *fifo)
{
	free(fifo->memory);
	*fifo = (struct fifo){ .memory = NULL };
}
