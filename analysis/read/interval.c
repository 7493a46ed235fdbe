#include "analysis/read/interval.h"

#include <stdbool.h>
#include <stdlib.h>

#include "analysis/read/life_record.h"
#include "analysis/lives.h"
#include "analysis/read/stream.h"

#define LIFE(key, member, kind)                                                                    \
	{                                                                                          \
		key, kind, offsetof(struct life, member), 0                                        \
	}

/* Behind what tells a life from others, its counters. */
static void add_counters(struct flat_field *fields)
{
	while (fields->key)
		fields++;
	for (const struct counter *row = received_counters; row->key; row++)
		*fields++ = (struct flat_field){ row->key, FLAT_COUNT,
						 offsetof(struct life, counts) + row->offset, 0 };
}

void interval_form(struct interval_form *out)
{
	*out = (struct interval_form){
		.record = { { "elapsed_ns", FLAT_COUNT, offsetof(struct interval, elapsed), 0 },
			    { "interval_ns", FLAT_COUNT, offsetof(struct interval, length), 0 } },
		.worker = { LIFE("index", index, FLAT_COUNT),
			    LIFE("generation", generation, FLAT_COUNT),
			    LIFE("pid", pid, FLAT_COUNT), LIFE("cookie", cookie, FLAT_COUNT) },
		.front = { { "name", FLAT_TEXT, offsetof(struct life, name), LIFE_NAME },
			   LIFE("generation", generation, FLAT_COUNT),
			   LIFE("pid", pid, FLAT_MAYBE_COUNT),
			   LIFE("cookie", cookie, FLAT_COUNT) },
	};
	add_counters(out->worker);
	add_counters(out->front);
	out->lists[0] =
		(struct flat_list){ "workers", out->worker, offsetof(struct interval, workers),
				    sizeof(struct life) };
	out->lists[1] = (struct flat_list){ "fronts", out->front, offsetof(struct interval, fronts),
					    sizeof(struct life) };
	out->form = (struct flat_form){ "interval", "receive", out->record, out->lists };
}

/* Whether all counts are such as somebody can have counted. */
static bool counts_fit(const struct flat_items *items)
{
	const struct life *lives = items->list;

	for (size_t i = 0; i < items->count; i++) {
		uint64_t most = 0;

		for (const struct counter *row = received_counters; row->key; row++) {
			uint64_t count =
				*(const uint64_t *)((const char *)&lives[i].counts + row->offset);

			most = count > most ? count : most;
		}
		if (most > RECORD_MOST)
			return false;
	}
	return true;
}

const char *interval_check(struct interval *interval)
{
	struct life *workers = interval->workers.list, *fronts = interval->fronts.list;

	if (!counts_fit(&interval->workers) || !counts_fit(&interval->fronts))
		return "a count that is too large";
	for (size_t i = 0; i < interval->workers.count; i++)
		if (workers[i].index >= WORKERS_LIMIT)
			return "a worker without index, pid and cookie";
	for (size_t i = 0; i < interval->fronts.count; i++) {
		if (!fronts[i].name[0])
			return "a front without name, pid and cookie";
		/* That of a socket. */
		if (fronts[i].pid == FLAT_NULL)
			fronts[i].pid = 0;
	}
	return NULL;
}

/* A life of its own for each of ITEMS, an array or NULL. */
static const char *read_lives(struct flat_items *out, const json_t *items,
			      bool (*identify)(const json_t *, struct life *), const char *nobody)
{
	size_t count = json_array_size(items);

	out->count = 0;
	if (count > out->room) {
		struct life *list = realloc(out->list, count * sizeof(*list));

		if (!list)
			return "out of memory";
		out->list = list;
		out->room = count;
	}
	for (size_t i = 0; i < count; i++) {
		struct life *life = (struct life *)out->list + i;
		const json_t *item = json_array_get(items, i);
		const char *wrong;

		if (!identify(item, life))
			return nobody;
		wrong = life_read_counters(item, &life->counts);
		if (wrong)
			return wrong;
		out->count++;
	}
	return NULL;
}

const char *interval_read(struct interval *out, const json_t *record)
{
	const json_t *workers = json_object_get(record, "workers");
	const char *wrong;

	if (!record_count(record, "elapsed_ns", &out->elapsed) ||
	    !record_count(record, "interval_ns", &out->length) || !json_is_array(workers))
		return "an interval without its time or its workers";
	wrong = read_lives(&out->workers, workers, life_read_worker,
			   "a worker without index, pid and cookie");
	if (wrong)
		return wrong;
	return read_lives(&out->fronts, json_object_get(record, "fronts"), life_read_front,
			  "a front without name, pid and cookie");
}

void interval_free(struct interval *interval)
{
	free(interval->workers.list);
	free(interval->fronts.list);
}
