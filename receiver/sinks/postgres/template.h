/*
 * How a table is made: SQL statements in a file, with {schema}, {table}, {columns} and {time} in
 * place of names and column definitions. In '...' they are quoted as text. Where nothing can be
 * quoted, between dollar quotes and in "...", they are refused; in comments they mean nothing.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_TEMPLATE_H
#define FAIRPORT_RECEIVER_POSTGRES_TEMPLATE_H

#include <stdio.h>

struct pg_template;

/* As SQL writes them: quoted where need be. */
struct pg_template_values {
	const char *schema, *table;
	const char *columns; /* definitions of all columns, separated by commas */
	const char *time;    /* the name of the time stamp's column, which needs no quotes */
};

/*
 * Reads FILE, or where that is a plain word the template of that name that is installed
 * (share/fairport/tables/NAME.sql). NULL FILE: the one that is built in, plain. NULL after saying
 * what is wrong, with its line.
 */
struct pg_template *pg_template_open(const char *file);
void pg_template_free(struct pg_template *template);

/* Writes the statements, ended; what goes wrong is ferror(OUT). */
void pg_template_put(const struct pg_template *template, const struct pg_template_values *values,
		     FILE *out);

#endif
