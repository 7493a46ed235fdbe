/* What changes a pool that runs: generations, its size, its policy. */
#ifndef FAIRPORT_RECEIVER_CHANGE_H
#define FAIRPORT_RECEIVER_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

struct policy;
struct pool;
struct seat;

/*
 * Each says by itself what went wrong, and then the pool goes on as before. They come back when the
 * new state serves; what is replaced may still be draining.
 */

/* The first generation. */
bool change_start(struct pool *pool);

/* A new process in every place; see enum handover. */
bool change_restart(struct pool *pool);

/* More or fewer workers. */
bool change_resize(struct pool *pool, size_t count);

/* Another way to choose. */
bool change_steer(struct pool *pool, const struct policy *policy);

/* A new process in one place whose process died. */
void change_respawn(struct pool *pool, struct seat *seat);

#endif
