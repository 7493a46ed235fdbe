/* Where the server is, and how it is connected to. */
#ifndef FAIRPORT_RECEIVER_POSTGRES_CONNINFO_H
#define FAIRPORT_RECEIVER_POSTGRES_CONNINFO_H

#include <libpq-fe.h>

/*
 * Begins to connect, without blocking (but for looking up names). CONNINFO may be NULL. Of several
 * hosts, the one that is tried first is the FIRST, counted from 0 and round and round: one that
 * does not answer takes all the time there is.
 */
PGconn *pg_connect_start(const char *conninfo, unsigned int first);

/*
 * Connects, waiting for it. NULL after an error that names the server but no password. On success
 * the connection is the caller's to PQfinish().
 */
PGconn *pg_connect_wait(const char *conninfo);

#endif
