/* The SQL texts about tables. Nothing of a line enters unquoted. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_SQL_H
#define FAIRPORT_RECEIVER_POSTGRES_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct pg_part;
struct pg_table;
struct pg_template;

/* A text under construction: written to OUT. */
struct pg_sql_text {
	FILE *out;
	char *data;
	size_t size;
};

/* False: out of memory. */
bool pg_sql_begin(struct pg_sql_text *text);
/* The text, which is the caller's, of text->size bytes; NULL: out of memory. */
char *pg_sql_end(struct pg_sql_text *text);

/*
 * NAME as an identifier, TEXT as a literal, whatever standard_conforming_strings is. Neither holds
 * a NUL byte; the database's encoding must be UTF-8, as theirs is.
 */
void pg_sql_put_identifier(FILE *out, const char *name, size_t length);
void pg_sql_put_literal(FILE *out, const char *text, size_t length);

/* Writes schema."table". SCHEMA is as SQL writes it, here and below. */
void pg_sql_put_table(FILE *out, const char *schema, const struct pg_table *table);

/* The same as a literal, for functions that take a name. False: out of memory. */
bool pg_sql_put_table_literal(FILE *out, const char *schema, const struct pg_table *table);

/* Writes (column, column, ...) of a part. */
void pg_sql_put_columns(FILE *out, const struct pg_part *part);

/*
 * An expression, where c is a row of pg_class: a number that changes with the names or the types of
 * the table's columns. xmin does not do for that: where a partitioned table is altered, only its
 * rows in pg_attribute change.
 */
extern const char pg_sql_version[];

/*
 * Texts from malloc, NULL when out of memory.
 *
 * What the COUNT tables, 1 or more, are: rows of number in TABLES, oid, pg_sql_version, column, oid
 * of its type, in the order of the numbers; a table without columns has one row, whose
 * column is NULL, and one that is not there has none.
 */
char *pg_sql_inspect(const char *schema, struct pg_table *const *tables, size_t count);

/*
 * Makes the table by TEMPLATE where it is not there, adds the columns that it lacks, widens those
 * that are wanted wider. One text of several statements is one transaction, in which a lock keeps
 * others from doing the same: what they have done in the meantime is left as it is.
 */
char *pg_sql_create(const char *schema, const struct pg_table *table,
		    const struct pg_template *template);

#endif
