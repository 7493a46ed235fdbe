/*
 * Sets of counters. A program declares a struct whose members are all uint64_t and one table that
 * names them; adding, subtracting, JSON and text all follow the table, so that a counter is
 * listed in one place.
 */
#ifndef FAIRPORT_COUNTERS_H
#define FAIRPORT_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/ndjson.h"

struct counter {
	const char *key; /* in records: snake_case with the unit */
	size_t offset;   /* of a uint64_t */
};

/* A row of a table; the table ends with a row whose key is NULL. */
#define COUNTER(type, field)                                                                       \
	{                                                                                          \
#field, offsetof(type, field)                                                      \
	}

/*
 * Adds to a counter that another thread or process may read meanwhile, by counters_read(). It has
 * one writer, so this need not be one step.
 */
static inline void counter_add(uint64_t *counter, uint64_t value)
{
	__atomic_store_n(counter, *counter + value, __ATOMIC_RELAXED);
}

/* into += what, into -= what, counter by counter. */
void counters_add(const struct counter *table, void *into, const void *what);
void counters_subtract(const struct counter *table, void *into, const void *what);

/*
 * Copies counters that another process is still writing: each value is whole, the set is not one
 * instant.
 */
void counters_read(const struct counter *table, void *into, const void *shared);

/* Writes every counter as a member of the current record. */
void counters_record(const struct counter *table, struct ndjson *out, const void *what);

#endif
