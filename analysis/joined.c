#include "analysis/joined.h"

#include <stdlib.h>

#include "analysis/lives.h"
#include "analysis/run.h"

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_key(const void *a, const void *b)
{
	const struct joined *left = a, *right = b;
	int order = compare(left->pid, right->pid);

	return order ? order : compare(left->cookie, right->cookie);
}

static int by_entry(const void *a, const void *b)
{
	return compare(((const struct joined *)a)->first_entry,
		       ((const struct joined *)b)->first_entry);
}

static int by_life(const void *a, const void *b)
{
	return compare(((const struct joined *)a)->first_life,
		       ((const struct joined *)b)->first_life);
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Makes one of all that stand together and have the same key. Returns how many are left. */
static size_t merge(struct joined *list, size_t count)
{
	size_t merged = 0;

	for (size_t i = 0; i < count; i++) {
		struct joined *into = merged ? &list[merged - 1] : NULL;

		if (!into || by_key(into, &list[i]) != 0) {
			list[merged++] = list[i];
			continue;
		}
		into->seen += list[i].seen;
		into->own += list[i].own;
		into->first_entry = smaller(into->first_entry, list[i].first_entry);
		into->first_life = smaller(into->first_life, list[i].first_life);
	}
	return merged;
}

struct joined *joined_make(size_t *count, const struct tally *tally, const struct lives *lives,
			   bool by_cookie, uint64_t (*taken)(const struct life *life, bool tcp),
			   bool tcp)
{
	struct joined *list = calloc(tally->count + lives->count + 1, sizeof(*list));
	size_t filled = 0;

	if (!list)
		return NULL;
	for (size_t i = 0; i < tally->count; i++) {
		const struct tally_entry *entry = &tally->entries[i];

		list[filled++] = (struct joined){ .pid = entry->pid,
						  .cookie = by_cookie ? entry->cookie : 0,
						  .seen = entry->packets,
						  .first_entry = i,
						  .first_life = JOINED_NONE };
	}
	for (size_t i = 0; i < lives->count; i++) {
		const struct life *life = &lives->list[i];

		list[filled++] = (struct joined){ .pid = life->pid,
						  .cookie = by_cookie ? life->cookie : 0,
						  .own = taken(life, tcp),
						  .first_entry = JOINED_NONE,
						  .first_life = i };
	}
	qsort(list, filled, sizeof(*list), by_key);
	*count = merge(list, filled);
	return list;
}

void joined_by_entry(struct joined *list, size_t count)
{
	qsort(list, count, sizeof(*list), by_entry);
}

void joined_by_life(struct joined *list, size_t count)
{
	qsort(list, count, sizeof(*list), by_life);
}
