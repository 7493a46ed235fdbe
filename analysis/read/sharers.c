#include "analysis/read/sharers.h"

#include <stdlib.h>

#include "analysis/observed.h"

static int by_number(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

bool sharers_list(struct sharers *out, const struct observed *observed, const size_t *members,
		  size_t count)
{
	size_t room = 0;

	for (size_t i = 0; i < count; i++)
		room += observed->members[members[i]].owner_count;
	*out = (struct sharers){ .pids = calloc(room + 1, sizeof(*out->pids)) };
	if (!out->pids)
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct observed_member *member = &observed->members[members[i]];

		for (size_t o = 0; o < member->owner_count; o++)
			out->pids[out->count++] = member->owners[o].pid;
	}
	qsort(out->pids, out->count, sizeof(*out->pids), by_number);
	return true;
}

/* How many are less than this one. */
static size_t count_below(const struct sharers *sharers, uint64_t pid)
{
	size_t low = 0, high = sharers->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (sharers->pids[middle] < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t sharers_owner(const struct sharers *sharers, const struct observed_member *member)
{
	uint64_t owner = 0;
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; i < member->owner_count; i++) {
		uint64_t pid = member->owners[i].pid;
		size_t has = count_below(sharers, pid + 1) - count_below(sharers, pid);

		if (has >= fewest)
			continue;
		fewest = has;
		owner = pid;
	}
	return owner;
}

void sharers_free(struct sharers *sharers)
{
	free(sharers->pids);
	*sharers = (struct sharers){ .pids = NULL };
}
