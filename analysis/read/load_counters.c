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
	struct tally_entry *entries = tally->entries;

	/* It is full whenever the count is a power of two. */
	if ((tally->count & (tally->count - 1)) == 0)
		entries =
			realloc(entries, (tally->count ? 2 * tally->count : 1) * sizeof(*entries));
	if (!entries)
		return false;
	entries[tally->count++] = (struct tally_entry){ pid, cookie, packets };
	tally->entries = entries;
	return true;
}

/* The whole text is a process id, and no more than that. */
static bool read_pid(const char *text, uint64_t *pid)
{
	char *end;

	errno = 0;
	*pid = strtoull(text, &end, 10);
	return !errno && text[0] >= '0' && text[0] <= '9' && !*end;
}

/* {"@packets":{"PID":COUNT,...}}: the whole map each time, so the last one counts. */
static const char *take_map(struct counter_stream *bpftrace, const json_t *maps)
{
	const json_t *packets = json_object_get(maps, "@packets");
	struct tally tally = { .count = 0 };
	const char *key, *wrong = NULL;
	json_t *value;

	if (!packets)
		return NULL;
	json_object_foreach((json_t *)packets, key, value)
	{
		uint64_t pid, count;

		if (wrong)
			continue;
		if (!read_pid(key, &pid) || !record_amount(packets, key, &count))
			wrong = "@packets is not a count by pid";
		else if (!tally_add(&tally, pid, 0, count))
			wrong = "out of memory";
	}
	if (wrong) {
		free(tally.entries);
		return wrong;
	}
	free(bpftrace->tally->entries);
	*bpftrace->tally = tally;
	bpftrace->totals = true;
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

void load_check_header(struct run *run, const struct stream *stream, const json_t *header)
{
	if (header)
		return;
	message_warning("%s/%s has no header: who wrote it, and with which options, is unknown",
			run->directory, stream->name);
	run->incomplete = true;
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
