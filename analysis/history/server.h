/* The server that keeps the history. Everything here says by itself what is wrong. */
#ifndef FAIRPORT_ANALYSIS_HISTORY_SERVER_H
#define FAIRPORT_ANALYSIS_HISTORY_SERVER_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>

enum server_schema {
	SERVER_SCHEMA_OURS,
	SERVER_SCHEMA_NONE,  /* nothing was said */
	SERVER_SCHEMA_OTHER, /* another version, or it could not be asked: that was said */
};

/* OPTION ("--store") took CONNINFO. NULL after an error that names the server but no password. */
PGconn *server_connect(const char *option, const char *conninfo);

/*
 * Runs SQL with COUNT text parameters, NULL being null. NULL after the error "could not TASK:
 * why". The result is the caller's to PQclear(3).
 */
PGresult *server_ask(PGconn *connection, const char *task, const char *sql, int count,
		     const char *const values[]);

/* The same, with no interest in rows. */
bool server_do(PGconn *connection, const char *task, const char *sql, int count,
	       const char *const values[]);

/* Runs the statements of SQL one after the other. */
bool server_script(PGconn *connection, const char *task, const char *sql);

/* What there is of schema fairport. */
enum server_schema server_schema(PGconn *connection, const char *task);

/* TEXT as an element of an array is written: {"a","b"}. */
void server_put_element(FILE *out, const char *text);

#endif
