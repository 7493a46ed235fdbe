#include "analysis/read/key_index.h"

#include <stdlib.h>

#define ROOM_FIRST 64

/* The finalizer of splitmix64: every bit of what comes in changes half of those that go out. */
uint64_t key_hash(uint64_t hash, uint64_t part)
{
	hash += part + 0x9e3779b97f4a7c15;
	hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
	hash = (hash ^ hash >> 27) * 0x94d049bb133111eb;
	return hash ^ hash >> 31;
}

uint64_t key_hash_text(uint64_t hash, const char *text)
{
	for (; *text; text++)
		hash = key_hash(hash, (unsigned char)*text);
	return key_hash(hash, 256);
}

/* Where to look first; there is room. */
static size_t first_slot(const struct key_index *index, uint64_t hash)
{
	return (size_t)hash & (index->room - 1);
}

size_t key_index_find(const struct key_index *index, uint64_t hash,
		      bool (*same)(const void *context, size_t item), const void *context)
{
	if (!index->room)
		return KEY_INDEX_NONE;
	for (size_t at = first_slot(index, hash);; at = (at + 1) & (index->room - 1)) {
		const struct key_slot *slot = &index->slots[at];

		if (slot->item == KEY_INDEX_NONE ||
		    (slot->hash == hash && same(context, slot->item)))
			return slot->item;
	}
}

static void put(struct key_index *index, struct key_slot what)
{
	size_t at = first_slot(index, what.hash);

	while (index->slots[at].item != KEY_INDEX_NONE)
		at = (at + 1) & (index->room - 1);
	index->slots[at] = what;
}

/* It is never more than half full. */
static bool make_room(struct key_index *index)
{
	struct key_index larger = { .room = index->room ? 2 * index->room : ROOM_FIRST,
				    .count = index->count };

	if (2 * index->count < index->room)
		return true;
	larger.slots = malloc(larger.room * sizeof(*larger.slots));
	if (!larger.slots)
		return false;
	for (size_t i = 0; i < larger.room; i++)
		larger.slots[i] = (struct key_slot){ 0, KEY_INDEX_NONE };
	for (size_t i = 0; i < index->room; i++)
		if (index->slots[i].item != KEY_INDEX_NONE)
			put(&larger, index->slots[i]);
	free(index->slots);
	*index = larger;
	return true;
}

bool key_index_add(struct key_index *index, uint64_t hash, size_t item)
{
	if (!make_room(index))
		return false;
	put(index, (struct key_slot){ hash, item });
	index->count++;
	return true;
}

void key_index_free(struct key_index *index)
{
	free(index->slots);
	*index = (struct key_index){ .slots = NULL };
}
