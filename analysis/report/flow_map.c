#include "analysis/report/flow_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/run.h"
#include "common/units.h"

/* A flow at a worker, at whichever of its sockets. */
struct seen {
	const struct observed_flow *flow;
	uint64_t packets;
	size_t worker;
	bool moved;
};

static int by_address(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;
	int order = strcmp(left->flow->remote, right->flow->remote);

	return order ? order : strcmp(left->flow->local, right->flow->local);
}

static int by_address_and_worker(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;
	int order = by_address(a, b);

	return order ? order : left->worker < right->worker ? -1 : left->worker > right->worker;
}

/* Heaviest first; the order of the probe's, so that it is the same each time. */
static int by_weight(const void *a, const void *b)
{
	const struct seen *left = a, *right = b;

	if (left->packets != right->packets)
		return left->packets < right->packets ? 1 : -1;
	return left->flow < right->flow ? -1 : left->flow > right->flow;
}

static int by_worker(const void *a, const void *b)
{
	const struct flow_row *left = a, *right = b;

	if (left->worker != right->worker)
		return left->worker < right->worker ? -1 : 1;
	if ((left->flows == 1) != (right->flows == 1))
		return left->flows == 1 ? -1 : 1;
	if (left->packets != right->packets)
		return left->packets < right->packets ? 1 : -1;
	return strcmp(left->label, right->label);
}

/* Makes one of what came to a worker at several sockets, one after the other. */
static size_t merge(struct seen *seen, size_t count)
{
	size_t merged = 0;

	for (size_t i = 0; i < count; i++) {
		if (merged && by_address_and_worker(&seen[merged - 1], &seen[i]) == 0)
			seen[merged - 1].packets += seen[i].packets;
		else
			seen[merged++] = seen[i];
	}
	return merged;
}

/* Returns how many are left once those of one worker are merged. */
static size_t count_flows(struct flow_map *map, struct seen *seen, size_t count)
{
	qsort(seen, count, sizeof(*seen), by_address_and_worker);
	count = merge(seen, count);
	for (size_t i = 0, next; i < count; i = next) {
		for (next = i + 1; next < count && by_address(&seen[i], &seen[next]) == 0;)
			next++;
		for (size_t j = i; j < next; j++)
			seen[j].moved = next - i > 1;
		map->flows++;
		map->moved += next - i > 1;
	}
	qsort(seen, count, sizeof(*seen), by_weight);
	return count;
}

/* The row of a worker's other flows, which is begun where there is none. */
static struct flow_row *others(struct flow_map *map, size_t worker, size_t first)
{
	for (size_t i = first; i < map->count; i++)
		if (map->rows[i].worker == worker)
			return &map->rows[i];
	map->rows[map->count] = (struct flow_row){ .worker = worker };
	return &map->rows[map->count++];
}

static void make_rows(struct flow_map *map, const struct seen *seen, size_t count)
{
	size_t shown = count <= FLOW_MAP_SHOWN + 1 ? count : FLOW_MAP_SHOWN;
	char number[UNITS_TEXT];

	for (size_t i = 0; i < count; i++) {
		struct flow_row *row =
			i < shown ? &map->rows[map->count++] : others(map, seen[i].worker, shown);

		row->worker = seen[i].worker;
		row->packets += seen[i].packets;
		row->flows++;
		row->moved |= seen[i].moved;
		snprintf(row->label, sizeof(row->label), "%s", seen[i].flow->remote);
		map->packets += seen[i].packets;
	}
	for (size_t i = shown; i < map->count; i++)
		snprintf(map->rows[i].label, sizeof(map->rows[i].label), "%s other flow%s",
			 units_grouped(number, map->rows[i].flows),
			 map->rows[i].flows == 1 ? "" : "s");
	qsort(map->rows, map->count, sizeof(*map->rows), by_worker);
}

int flow_map_make(struct flow_map *out, const struct run *run)
{
	const struct observed *observed = &run->observed;
	struct seen *seen = calloc(observed->flow_count + 1, sizeof(*seen));
	size_t *workers = run_member_workers(run);
	size_t count = 0;

	*out = (struct flow_map){ .count = 0 };
	out->rows = calloc(FLOW_MAP_SHOWN + 1 + run->worker_count, sizeof(*out->rows));
	if (!seen || !workers || !out->rows) {
		free(seen);
		free(workers);
		flow_map_free(out);
		return -ENOMEM;
	}
	for (size_t i = 0; i < observed->flow_count; i++) {
		const struct observed_flow *flow = &observed->flows[i];
		size_t worker =
			flow->member == OBSERVED_NONE ? OBSERVED_NONE : workers[flow->member];

		if (worker < run->worker_count && flow->packets)
			seen[count++] = (struct seen){ .flow = flow,
						       .packets = flow->packets,
						       .worker = worker };
	}
	count = count_flows(out, seen, count);
	make_rows(out, seen, count);
	free(seen);
	free(workers);
	if (count)
		return 0;
	flow_map_free(out);
	return -ENODATA;
}

void flow_map_free(struct flow_map *map)
{
	free(map->rows);
	map->rows = NULL;
	map->count = 0;
}
