#include "analysis/read/life_record.h"

#include <stdio.h>
#include <string.h>

#include "analysis/lives.h"
#include "analysis/read/stream.h"

/* Counters that records have not always had; those without one have nothing to count there. */
static const char *const later[] = {
	"messages",         "overflows_seen",    "lost_in_crash",
	"handed_on",        "connections",       "connections_refused",
	"connections_idle", "connections_reset", "connections_cut",
	"answered",         "rejected_strict",   "dropped",
	"spooled",          "unspooled",         NULL,
};

static bool came_later(const char *key)
{
	size_t i = 0;

	while (later[i] && strcmp(later[i], key) != 0)
		i++;
	return later[i];
}

const char *life_read_counters(const json_t *record, struct received *out)
{
	static char wrong[64];

	*out = (struct received){ .packets = 0 };
	for (const struct counter *row = received_counters; row->key; row++) {
		uint64_t *count = (uint64_t *)((char *)out + row->offset);

		if (record_amount(record, row->key, count) ||
		    (!json_object_get(record, row->key) && came_later(row->key)))
			continue;
		if (record_count(record, row->key, count))
			return "a count that is too large";
		snprintf(wrong, sizeof(wrong), "a record without a count of \"%s\"", row->key);
		return wrong;
	}
	/* Before, each message was a packet. */
	if (!json_object_get(record, "messages"))
		out->messages = out->packets;
	return NULL;
}

bool life_read_worker(const json_t *record, struct life *out)
{
	*out = (struct life){ .generation = 0 };
	record_count(record, "generation", &out->generation);
	return record_count(record, "index", &out->index) && out->index < WORKERS_LIMIT &&
	       record_count(record, "pid", &out->pid) &&
	       record_count(record, "cookie", &out->cookie);
}

bool life_read_front(const json_t *record, struct life *out)
{
	const char *name = record_text(record, "name");

	*out = (struct life){ .generation = 0 };
	record_count(record, "generation", &out->generation);
	if (!name || !*name || !record_count(record, "cookie", &out->cookie))
		return false;
	snprintf(out->name, sizeof(out->name), "%s", name);
	return record_count(record, "pid", &out->pid) ||
	       json_is_null(json_object_get(record, "pid"));
}
