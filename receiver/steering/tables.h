/* The tables of slots that steering programs go by: pure arithmetic. */
#ifndef FAIRPORT_RECEIVER_STEERING_TABLES_H
#define FAIRPORT_RECEIVER_STEERING_TABLES_H

#include <stddef.h>
#include <stdint.h>

/*
 * Fills TURNS, ROOM long, with one period of smooth weighted round robin over COUNT slots: each
 * slot comes as often as its weight over the greatest common divisor of all, spread out as far as
 * whole turns allow. Returns the length of the period, or 0 if the weights are all 0 or ROOM is
 * too small.
 */
size_t tables_turns(uint16_t *turns, size_t room, const uint16_t *weights, size_t count);

/*
 * Deals LENGTH buckets to COUNT slots, from 1 to LENGTH: to each as many as to the others, or one
 * more. The buckets of COUNT + 1 differ from those of COUNT by what the new slot takes, an equal
 * share from each of the others, and by nothing else.
 */
void tables_buckets(uint16_t *buckets, size_t length, size_t count);

#endif
