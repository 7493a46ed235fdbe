/* What every stream starts with, and how a program tells that it is ready. */
#ifndef FAIRPORT_RECORD_H
#define FAIRPORT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/message.h"

struct ndjson;
struct program;

/* ndjson_open() and ndjson_close() that say what failed. */
bool record_open(struct ndjson *out, const char *path, const char *program, const char *run);
bool record_close(struct ndjson *out);

/* Whether the records leave standard output to the text. */
bool record_leaves_stdout(const struct ndjson *out);

#define RECORD_RUN_ID 40

/* A run's name from the current UTC time and the process: "20260131T235959Z-4711". */
const char *record_run_id(char buffer[static RECORD_RUN_ID]);

/*
 * Begins the header record: version, argv, effective options, host, kernel, CPUs, pid. The caller
 * may add members and must ndjson_end() it.
 */
void record_begin_header(struct ndjson *out, const struct program *program, const void *values,
			 int argc, char **argv);

/* Begins an interval record: when it ended and how long it was, in ns. */
void record_begin_interval(struct ndjson *out, uint64_t elapsed, uint64_t interval);

/*
 * Says "ready: ..." on standard error and writes one byte to FD (none if negative), which is
 * then closed.
 */
void record_ready(int fd, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
