/* The types that a column may have, in PostgreSQL and in rows of binary COPY. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_TYPES_H
#define FAIRPORT_RECEIVER_POSTGRES_TYPES_H

#include <stdint.h>

enum pg_type {
	PG_MISSING, /* the column is not there */
	PG_FLOAT8,
	PG_INT8,
	PG_NUMERIC,
	PG_TEXT, /* varchar too: it is sent like text */
	PG_BOOLEAN,
	PG_TIME, /* timestamptz */
	PG_JSONB,
	PG_OTHER, /* none of ours */
};

/* As CREATE TABLE writes it: "double precision". Not for PG_MISSING and PG_OTHER. */
const char *pg_type_sql(enum pg_type type);

/* The number in pg_type.oid, and back; 0 for PG_MISSING and PG_OTHER. */
uint32_t pg_type_oid(enum pg_type type);
enum pg_type pg_type_of_oid(unsigned long oid);

/*
 * What holds every value of both without losing a digit: numeric for numbers of two types, text
 * for all else among float8, int8, numeric, text and boolean. PG_OTHER where nothing does.
 * PG_MISSING has no values, so the other type holds both.
 */
enum pg_type pg_type_wider(enum pg_type one, enum pg_type other);

#endif
