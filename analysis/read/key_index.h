/*
 * Finds which of a list's items has a key, however long the list is: where each of a million
 * records has to be looked for among those before it, looking through them takes for ever.
 */
#ifndef FAIRPORT_ANALYSIS_KEY_INDEX_H
#define FAIRPORT_ANALYSIS_KEY_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_INDEX_NONE SIZE_MAX

struct key_index {
	struct key_slot {
		uint64_t hash;
		size_t item; /* KEY_INDEX_NONE: the slot is free */
	} * slots;
	size_t room, count; /* ROOM: 0, or a power of two */
};

/* Goes on from HASH, 0 at first, with one more part of a key. */
uint64_t key_hash(uint64_t hash, uint64_t part);
uint64_t key_hash_text(uint64_t hash, const char *text);

/* The item with this hash for which SAME says yes; KEY_INDEX_NONE: there is none. */
size_t key_index_find(const struct key_index *index, uint64_t hash,
		      bool (*same)(const void *context, size_t item), const void *context);

/* False: out of memory. */
bool key_index_add(struct key_index *index, uint64_t hash, size_t item);

void key_index_free(struct key_index *index);

#endif
