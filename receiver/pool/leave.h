/* How sockets and processes go, so that nothing is lost: out of the choice, drained, closed. */
#ifndef FAIRPORT_RECEIVER_LEAVE_H
#define FAIRPORT_RECEIVER_LEAVE_H

#include <stdbool.h>
#include <stddef.h>

struct pool;
struct seat;

/* Takes SEAT out of service; its socket is to be closed. EXACT: a program leaves it out already. */
void leave_seat(struct pool *pool, struct seat *seat, bool exact);

/*
 * The seats from COUNT to END go, the last first, as their sockets were opened. One socket for all
 * stays with those who remain.
 */
void leave_seats(struct pool *pool, size_t count, size_t end, bool exact);

/*
 * Everything leaves, in two steps: what stands in front of the workers, which then have all they
 * will get; the workers. Nothing is chosen any more, what is queued is taken.
 */
void leave_front(struct pool *pool);
void leave_workers(struct pool *pool);

#endif
