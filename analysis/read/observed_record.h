/* What the readers of probe.ndjson and groups.ndjson have in common. */
#ifndef FAIRPORT_ANALYSIS_OBSERVED_RECORD_H
#define FAIRPORT_ANALYSIS_OBSERVED_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* OBSERVED_UNKNOWN, or 0, where it is null or not there. */
uint64_t observed_count(const json_t *record, const char *key);
uint64_t observed_count_or_zero(const json_t *record, const char *key);

/* A text, cut to what fits; "" where there is none. */
void observed_text(char *into, size_t size, const json_t *record, const char *key);

/*
 * LIST with room for one more than COUNT, all of SIZE bytes; it grows to twice as much each time.
 * NULL: out of memory.
 */
void *observed_more(void *list, size_t count, size_t size);

#endif
