/* probe.ndjson and bpftrace.json: the same receptions as counted from inside the kernel. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/load.h"
#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/message.h"

/* Both counters say in their own words what they could not count. */
static const char *const loss_keys[] = { "lost_keys", "lost_events", "missed_events", NULL };

struct counter_stream {
	struct tally *tally;
	uint64_t lost;
	bool totals; /* the final counts were seen */
};

static bool append(struct tally *tally, uint64_t pid, uint64_t cookie, uint64_t packets)
{
	struct tally_entry *entries =
		realloc(tally->entries, (tally->count + 1) * sizeof(*entries));

	if (!entries)
		return false;
	entries[tally->count++] = (struct tally_entry){ pid, cookie, packets };
	tally->entries = entries;
	return true;
}

static const char *take_probe(void *context, const char *type, json_t *record)
{
	struct counter_stream *probe = context;
	uint64_t pid, cookie, packets, accepts = 0, lost;

	if (strcmp(type, "worker") == 0) {
		if (!record_count(record, "pid", &pid) ||
		    !record_count(record, "cookie", &cookie) ||
		    !record_count(record, "packets", &packets))
			return "a worker without pid, cookie or packets";
		/* Packets of UDP, connections of TCP: a socket has only the one or the other. */
		record_count(record, "accepts", &accepts);
		return append(probe->tally, pid, cookie, packets + accepts) ? NULL
									    : "out of memory";
	}
	if (strcmp(type, "summary") != 0)
		return NULL;
	probe->totals = true;
	for (size_t i = 0; loss_keys[i]; i++)
		if (record_count(record, loss_keys[i], &lost))
			probe->lost += lost;
	return NULL;
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
		if (!append(bpftrace->tally, pid, 0, (uint64_t)json_integer_value(value)))
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

/* What both have in common once they are read. */
static void finish(struct run *run, const struct stream *stream, enum stream_result result)
{
	struct counter_stream *counter = stream->context;

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

void load_probe(struct run *run)
{
	struct counter_stream probe = { .tally = &run->probe };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "probe.ndjson",
				 .program = "probe",
				 .take = take_probe,
				 .context = &probe };
	enum stream_result result = stream_read(&stream);

	if (result != STREAM_ABSENT)
		finish(run, &stream, result);
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
		finish(run, &stream, result);
}
