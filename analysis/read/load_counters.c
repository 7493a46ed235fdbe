/* bpftrace.json: the same receptions as counted from inside the kernel, and what else counts so. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

bool tally_add(struct tally *tally, uint64_t pid, uint64_t cookie, uint64_t packets)
{
	struct tally_entry *entries =
		realloc(tally->entries, (tally->count + 1) * sizeof(*entries));

	if (!entries)
		return false;
	entries[tally->count++] = (struct tally_entry){ pid, cookie, packets };
	tally->entries = entries;
	return true;
}

/* {"@packets":{"PID":COUNT,...}}: the whole map each time, so the last one counts. */
static const char *take_map(struct counter_stream *bpftrace, const json_t *maps)
{
	const json_t *packets = json_object_get(maps, "@packets");
	const char *key;
	json_t *value;

	if (!packets)
		return NULL;
	bpftrace->tally->count = 0;
	bpftrace->totals = true;
	json_object_foreach((json_t *)packets, key, value)
	{
		char *end;
		uint64_t pid;

		errno = 0;
		pid = strtoull(key, &end, 10);
		if (errno || end == key || *end || !json_is_integer(value) ||
		    json_integer_value(value) < 0)
			return "@packets is not a count by pid";
		if (!tally_add(bpftrace->tally, pid, 0, (uint64_t)json_integer_value(value)))
			return "out of memory";
	}
	return NULL;
}

static const char *take_bpftrace(void *context, const char *type, json_t *record)
{
	struct counter_stream *bpftrace = context;
	const json_t *data = json_object_get(record, "data");
	uint64_t lost;

	if (strcmp(type, "map") == 0)
		return take_map(bpftrace, data);
	if (strcmp(type, "lost_events") == 0 && record_count(data, "events", &lost))
		bpftrace->lost += lost;
	return NULL;
}

void load_counter_finish(struct run *run, const struct stream *stream,
			 struct counter_stream *counter, enum stream_result result)
{
	if (result == STREAM_DAMAGED)
		run->incomplete = true;
	if (counter->lost) {
		message_warning("%s/%s: %" PRIu64 " events were lost and not counted",
				run->directory, stream->name, counter->lost);
		run->incomplete = true;
	}
	/* bpftrace does not print a map that nothing was added to. */
	counter->tally->present = counter->totals || counter->tally->count > 0;
	if (counter->totals || (counter->tally == &run->bpftrace && run->total.packets == 0))
		return;
	message_warning("%s/%s has no final counts: the counter ended too early", run->directory,
			stream->name);
	run->incomplete = true;
}

void load_bpftrace(struct run *run)
{
	struct counter_stream bpftrace = { .tally = &run->bpftrace };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "bpftrace.json",
				 .take = take_bpftrace,
				 .context = &bpftrace };
	enum stream_result result = stream_read(&stream);

	if (result != STREAM_ABSENT)
		load_counter_finish(run, &stream, &bpftrace, result);
}
