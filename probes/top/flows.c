#include "probes/top/flows.h"

#include <math.h>
#include <stdlib.h>

#include "probes/top/reading.h"

static bool add(struct flow_sums *sums, const struct reading_flow *flow, uint64_t packets)
{
	if (sums->hash_count == sums->hash_room) {
		size_t room = sums->hash_room ? 2 * sums->hash_room : 64;
		uint64_t *grown = realloc(sums->hashes, room * sizeof(*grown));

		if (!grown)
			return false;
		sums->hashes = grown;
		sums->hash_room = room;
	}
	sums->hashes[sums->hash_count++] = flow->hash;
	sums->count++;
	sums->packets += (double)packets;
	sums->squares += (double)packets * (double)packets;
	return true;
}

/* Both lists are by hash. A flow that is not in the earlier one, or was dropped from it, is new. */
static bool add_grown(struct flow_sums *sums, const struct reading *now,
		      const struct reading_member *member, const struct reading *then,
		      const struct reading_member *before)
{
	const struct reading_flow *at = now->flows + member->first_flow;
	const struct reading_flow *end = at + member->flow_count;
	const struct reading_flow *old = then->flows + before->first_flow;
	const struct reading_flow *old_end = old + before->flow_count;

	for (; at < end; at++) {
		uint64_t had = 0;

		while (old < old_end && old->hash < at->hash)
			old++;
		if (old < old_end && old->hash == at->hash && old->packets <= at->packets)
			had = old->packets;
		if (at->packets > had && !add(sums, at, at->packets - had))
			return false;
	}
	return true;
}

double flows_add(struct flow_sums *sums, const struct reading *now,
		 const struct reading_member *member, const struct reading *then,
		 const struct reading_member *before)
{
	double count = sums->count;
	uint64_t fresh = member->new_flows - before->new_flows;

	if (member->tcp) {
		/* Every connection is a flow. */
		count = (double)(member->arrived - before->arrived);
		sums->count += count;
		sums->packets += count;
		sums->squares += count;
		return count;
	}
	if (!now->flows_counted || !then->flows_counted ||
	    !add_grown(sums, now, member, then, before))
		return (double)NAN;
	/* Of more flows than the table has room for, those that are left are too few. */
	if ((double)fresh > sums->count - count)
		sums->count = count + (double)fresh;
	return sums->count - count;
}

double flows_effective(const struct flow_sums *sums, double total)
{
	return sums->squares > 0 ? total * sums->packets / sums->squares : (double)NAN;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

size_t flows_split(struct flow_sums *sums)
{
	size_t split = 0;

	if (sums->hash_count)
		qsort(sums->hashes, sums->hash_count, sizeof(*sums->hashes), compare);
	for (size_t i = 1, alike = 1; i < sums->hash_count; i++) {
		alike = sums->hashes[i] == sums->hashes[i - 1] ? alike + 1 : 1;
		split += alike == 2;
	}
	return split;
}

void flows_free(struct flow_sums *sums)
{
	free(sums->hashes);
	*sums = (struct flow_sums){ .count = 0 };
}
