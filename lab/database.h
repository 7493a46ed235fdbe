/* A PostgreSQL server for one run: made, started, counted, stopped and removed. */
#ifndef FAIRPORT_LAB_DATABASE_H
#define FAIRPORT_LAB_DATABASE_H

#include <limits.h>
#include <stdbool.h>

#include "lab/process.h"

struct ndjson;

struct database {
	char directory[PATH_MAX]; /* of the cluster and its socket; "" where there is none */
	char conninfo[PATH_MAX + 64];
	struct process server;
};

/*
 * Makes a cluster in a new directory below TMPDIR and starts its server, reachable by Unix socket
 * alone. PostgreSQL refuses to run as root: then it runs as user "postgres", or else "nobody".
 * Logs go to LOGS. False after an error or a signal; database_stop() cleans up in any case.
 */
bool database_start(struct database *database, const char *logs, struct interrupt *interrupt);

/*
 * Writes a "table" record with the count(*) of each table and a "summary" with their sum. False
 * after an error.
 */
bool database_count(const struct database *database, struct ndjson *out);

void database_stop(struct database *database, struct interrupt *interrupt);

#endif
