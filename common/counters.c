#include "common/counters.h"

static uint64_t *member(void *set, const struct counter *counter)
{
	return (uint64_t *)((char *)set + counter->offset);
}

static const uint64_t *const_member(const void *set, const struct counter *counter)
{
	return (const uint64_t *)((const char *)set + counter->offset);
}

void counters_add(const struct counter *table, void *into, const void *what)
{
	for (; table->key; table++)
		*member(into, table) += *const_member(what, table);
}

void counters_subtract(const struct counter *table, void *into, const void *what)
{
	for (; table->key; table++)
		*member(into, table) -= *const_member(what, table);
}

void counters_read(const struct counter *table, void *into, const void *shared)
{
	for (; table->key; table++)
		*member(into, table) =
			__atomic_load_n(const_member(shared, table), __ATOMIC_RELAXED);
}

void counters_record(const struct counter *table, struct ndjson *out, const void *what)
{
	for (; table->key; table++)
		ndjson_uint(out, table->key, *const_member(what, table));
}
