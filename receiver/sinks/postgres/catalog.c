#include "receiver/sinks/postgres/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "receiver/sinks/postgres/mark.h"
#include "receiver/sinks/postgres/table.h"

bool pg_tables_open(struct pg_tables *tables, struct pg_shape *shape, size_t most)
{
	size_t slots = 64;

	while (slots < 8 * most)
		slots *= 2;
	*tables = (struct pg_tables){ .shape = shape,
				      .most = most,
				      .all = calloc(2 * most, sizeof(struct pg_table *)),
				      .slots = calloc(slots, sizeof(uint32_t)),
				      .slot_count = slots };
	return tables->all && tables->slots;
}

void pg_tables_close(struct pg_tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		pg_table_free(tables->all[i]);
	free(tables->all);
	free(tables->slots);
	*tables = (struct pg_tables){ .count = 0 };
}

static uint32_t hash_name(const char *name, size_t length)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return hash;
}

static bool is_named(const struct pg_table *table, const char *name, size_t length)
{
	return table->name_length == length && memcmp(table->name, name, length) == 0;
}

static struct pg_table *add(struct pg_tables *tables, size_t most, uint32_t *slot, const char *name,
			    size_t length, const char **reason)
{
	struct pg_table *table;

	if (length == strlen(PG_MARK_TABLE) && memcmp(name, PG_MARK_TABLE, length) == 0) {
		*reason = "the name is that of the receiver's own table";
		return NULL;
	}
	if (tables->count >= most) {
		*reason = "there are as many measurements as there may be (--max-tables)";
		return NULL;
	}
	table = pg_table_new(tables->shape, name, length);
	if (!table) {
		*reason = "out of memory";
		return NULL;
	}
	tables->all[tables->count++] = table;
	*slot = (uint32_t)tables->count;
	return tables->last = table;
}

static struct pg_table *find(struct pg_tables *tables, size_t most, const char *name, size_t length,
			     const char **reason)
{
	size_t mask = tables->slot_count - 1, at;

	if (tables->last && is_named(tables->last, name, length))
		return tables->last;
	at = hash_name(name, length) & mask;
	for (; tables->slots[at]; at = (at + 1) & mask) {
		struct pg_table *table = tables->all[tables->slots[at] - 1];

		if (is_named(table, name, length))
			return tables->last = table;
	}
	return add(tables, most, &tables->slots[at], name, length, reason);
}

struct pg_table *pg_tables_find(struct pg_tables *tables, const char *name, size_t length,
				const char **reason)
{
	return find(tables, tables->most, name, length, reason);
}

struct pg_table *pg_tables_add(struct pg_tables *tables, const char *name, size_t length,
			       const char **reason)
{
	return find(tables, 2 * tables->most, name, length, reason);
}

void pg_tables_doubt(struct pg_tables *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		tables->all[i]->known = false;
}
