/* What the readers of probe.ndjson and groups.ndjson have in common. */
#ifndef FAIRPORT_ANALYSIS_OBSERVED_RECORD_H
#define FAIRPORT_ANALYSIS_OBSERVED_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* 0 where it is null or not there. */
uint64_t observed_count_or_zero(const json_t *record, const char *key);

/* A count that a record may lack, or not know: ABSENT then. Tables end with a key that is NULL. */
struct observed_row {
	const char *key;
	size_t offset; /* of a uint64_t */
	uint64_t absent;
};

/* Fills in INTO. Returns NULL, or what is no count, in a text that stays until the next call. */
const char *observed_read(const json_t *record, const struct observed_row *rows, void *into);

/* A text, cut to what fits; "" where there is none. */
void observed_text(char *into, size_t size, const json_t *record, const char *key);

/*
 * LIST with room for one more than COUNT, all of SIZE bytes; it grows to twice as much each time.
 * NULL: out of memory.
 */
void *observed_more(void *list, size_t count, size_t size);

#endif
