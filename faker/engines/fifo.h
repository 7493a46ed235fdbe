/*
 * Bytes in the order they came, always in one piece: what is to be sent, what is to be replied.
 * Takes memory only while it holds something. All zero is an empty one.
 */
#ifndef FAIRPORT_FAKER_ENGINES_FIFO_H
#define FAIRPORT_FAKER_ENGINES_FIFO_H

#include <stdbool.h>
#include <stdint.h>

struct fifo {
	char *memory; /* NULL: none yet */
	uint32_t first, end, room;
};

/*
 * Makes room for LENGTH bytes more and returns where they are to be written, or NULL when there is
 * no memory. They belong to the FIFO once fifo_add() was called, at most as many.
 */
char *fifo_room(struct fifo *fifo, uint32_t length);
void fifo_add(struct fifo *fifo, uint32_t length);

/* The first byte; those of one FIFO follow each other. Aligned if all lengths added are. */
char *fifo_front(const struct fifo *fifo);
uint32_t fifo_length(const struct fifo *fifo);

/* Removes LENGTH bytes, at most as many as there are. */
void fifo_drop(struct fifo *fifo, uint32_t length);

/* Removes all of them. */
void fifo_clear(struct fifo *fifo);

#endif
