/*
 * Marks: how far each writer has got, in a table of the database, changed in the same transaction
 * that stores the rows. A writer whose transaction ended without an answer reads its mark, and
 * knows whether it was committed. A mark is only moved on from where it is believed to be: so a
 * batch cannot be stored twice, even if a transaction that was thought dead still lives.
 *
 * A writer is one worker, or one that left a spool behind.
 */
#ifndef FAIRPORT_RECEIVER_POSTGRES_MARK_H
#define FAIRPORT_RECEIVER_POSTGRES_MARK_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/received.h"

#define PG_MARK_TABLE RECEIVED_OWN_TABLE

struct pg_mark {
	char writer[64]; /* begins with a time: ids sort by age */
	bool known;      /* read from the database, by the connection of now */
	int64_t batch;   /* the last that was written, wholly or in part; 0: none yet */
	int64_t row;     /* how many of its rows are; -1: all */
};

/* A writer that never was before; its id ends with SUFFIX. */
void pg_mark_new(struct pg_mark *mark, const char *suffix);

/* Reads MARK's answer to pg_mark_sql_read(). */
void pg_mark_take(struct pg_mark *mark, const PGresult *result);

/* Texts from malloc, NULL when out of memory. SCHEMA is as SQL writes it. */
char *pg_mark_sql_create(const char *schema);
char *pg_mark_sql_read(const char *schema, const struct pg_mark *mark); /* made if not there */
char *pg_mark_sql_remove(const char *schema, const struct pg_mark *mark);

/* Moves it on to (BATCH, ROW); fails by a division by zero when it is not where MARK says. */
char *pg_mark_sql_move(const char *schema, const struct pg_mark *mark, int64_t batch, int64_t row);

#endif
