/* The tables that lines have named so far, found by name. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_CATALOG_H
#define FAIRPORT_RECEIVER_POSTGRES_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pg_shape;
struct pg_table;

struct pg_tables {
	struct pg_shape *shape;
	size_t most; /* --max-tables */
	size_t count;
	struct pg_table **all; /* in the order of their coming */
	struct pg_table *last; /* the one that was asked for last */
	uint32_t *slots;       /* number in ALL + 1, by hash; 0: free */
	size_t slot_count;     /* a power of two */
};

/* False: out of memory. */
bool pg_tables_open(struct pg_tables *tables, struct pg_shape *shape, size_t most);
void pg_tables_close(struct pg_tables *tables);

/* The table of a measurement, made if need be. NULL with *REASON: there can be none. */
struct pg_table *pg_tables_find(struct pg_tables *tables, const char *name, size_t length,
				const char **reason);

/* The same, whatever --max-tables says: it counts no further than twice that. */
struct pg_table *pg_tables_add(struct pg_tables *tables, const char *name, size_t length,
			       const char **reason);

/* What was known of all tables may be true no more: another server, or a restored one. */
void pg_tables_doubt(struct pg_tables *tables);

#endif
