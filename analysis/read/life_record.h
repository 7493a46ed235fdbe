/* A life as receive.ndjson tells of it, in an interval or at its end. */
#ifndef FAIRPORT_ANALYSIS_LIFE_RECORD_H
#define FAIRPORT_ANALYSIS_LIFE_RECORD_H

#include <stdbool.h>

#include <jansson.h>

#define WORKERS_LIMIT 4096 /* an index beyond is damage, not a worker */

struct life;
struct received;

/*
 * Fill in who it is (index or name, pid, cookie, generation) and clear the rest. False where it
 * does not say so.
 */
bool life_read_worker(const json_t *record, struct life *out);
bool life_read_front(const json_t *record, struct life *out);

/*
 * Returns NULL, or what is missing or too large, in a text that stays until the next call. A record
 * that is older than a counter has 0 of it; its messages are packets.
 */
const char *life_read_counters(const json_t *record, struct received *out);

#endif
