/* Turns that visit everything once before anything again, in an order that does not count up. */
#ifndef FAIRPORT_FAKER_STRIDE_H
#define FAIRPORT_FAKER_STRIDE_H

#include <stdint.h>

/*
 * How many places apart two turns are: coprime to COUNT, so that every one of COUNT has its turn,
 * and near its golden section, so that neighbours are far from one another. Less than COUNT.
 */
uint64_t stride_of(uint64_t count);

#endif
