#include "receiver/sinks/postgres/types.h"

#include <stdbool.h>
#include <stddef.h>

/* The numbers are fixed since ever: src/include/catalog/pg_type.dat. */
static const struct {
	const char *sql;
	uint32_t oid;
} types[] = {
	[PG_FLOAT8] = { "double precision", 701 },
	[PG_INT8] = { "bigint", 20 },
	[PG_NUMERIC] = { "numeric", 1700 },
	[PG_TEXT] = { "text", 25 },
	[PG_BOOLEAN] = { "boolean", 16 },
	[PG_TIME] = { "timestamptz", 1184 },
	[PG_JSONB] = { "jsonb", 3802 },
	[PG_OTHER] = { NULL, 0 },
};

#define OID_VARCHAR 1043

const char *pg_type_sql(enum pg_type type)
{
	return types[type].sql;
}

uint32_t pg_type_oid(enum pg_type type)
{
	return types[type].oid;
}

enum pg_type pg_type_of_oid(unsigned long oid)
{
	if (oid == OID_VARCHAR)
		return PG_TEXT;
	for (enum pg_type type = PG_FLOAT8; type < PG_OTHER; type++)
		if (types[type].oid == oid)
			return type;
	return PG_OTHER;
}

static bool is_number(enum pg_type type)
{
	return type == PG_FLOAT8 || type == PG_INT8 || type == PG_NUMERIC;
}

static bool has_wider(enum pg_type type)
{
	return is_number(type) || type == PG_TEXT || type == PG_BOOLEAN;
}

enum pg_type pg_type_wider(enum pg_type one, enum pg_type other)
{
	if (one == other || other == PG_MISSING)
		return one;
	if (one == PG_MISSING)
		return other;
	if (is_number(one) && is_number(other))
		return PG_NUMERIC;
	return has_wider(one) && has_wider(other) ? PG_TEXT : PG_OTHER;
}
