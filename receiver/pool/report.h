/* What fairport-receive tells: records, progress, and the result as text. */
#ifndef FAIRPORT_RECEIVER_REPORT_H
#define FAIRPORT_RECEIVER_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/received.h"

struct life;
struct ndjson;
struct pool;
struct receive_options;

/* Before the pool starts, with the address and engine that it got. */
void report_header(struct pool *pool, int argc, char **argv);

/* One record of what each process did since the last one. PROGRESS: a line on standard error. */
void report_interval(struct pool *pool, uint64_t elapsed, uint64_t delta_ns, bool progress);

/* The record of a process that ended; lines it rejected are shown on standard error. */
void report_life(struct pool *pool, const struct life *life);

/* Who it is: "index" or "name", "generation", "pid", "cookie". */
void report_identity(struct ndjson *out, const struct life *life);

/* What all processes did together, once they have ended. */
struct received report_total(const struct pool *pool);

/*
 * How often slot SLOT was chosen: as the steering program counted, else what came to its sockets.
 */
uint64_t report_decisions(const struct pool *pool, size_t slot);

/* The summary record. */
void report_summary(const struct pool *pool);

/* The engine that packets are taken by; NULL for TCP. */
const char *report_engine(const struct pool *pool);

/* The policy in force; NULL where there is one socket, and nothing to choose. */
const char *report_policy(const struct pool *pool);

/* "4 workers on 127.0.0.1:8089 (UDP)", until the next call. */
const char *report_status(const struct pool *pool);

void report_parameters(const struct pool *pool);
void report_text(const struct pool *pool);

/* Warns of lines that memory had no room for. */
void report_full(const struct receive_options *options, const struct received *total);

/* Warnings and hints on standard error. Returns whether the results are incomplete. */
bool report_problems(const struct pool *pool);

#endif
