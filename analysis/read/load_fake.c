/* fake.ndjson and store.ndjson: what was sent, and what the database holds in the end. */
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

static const char *take_sent(struct sender *sender, const json_t *record, bool all)
{
	uint64_t packets, lines, send_errors, elapsed;

	if (!record_count(record, "packets", &packets) || !record_count(record, "lines", &lines) ||
	    !record_count(record, "send_errors", &send_errors) ||
	    !record_count(record, "elapsed_ns", &elapsed))
		return "a record without packets, lines, send_errors or elapsed_ns";
	if (all)
		sender->packets = sender->lines = sender->send_errors = 0;
	sender->packets += packets;
	sender->lines += lines;
	sender->send_errors += send_errors;
	sender->elapsed = elapsed;
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct sender *sender = context;
	const char *wrong;

	if (strcmp(type, "header") == 0 && !sender->header) {
		sender->header = json_incref(record);
		return NULL;
	}
	if (strcmp(type, "interval") == 0 && !sender->summary)
		return take_sent(sender, record, false);
	if (strcmp(type, "summary") == 0 && !sender->summary) {
		wrong = take_sent(sender, record, true);
		if (!wrong)
			sender->summary = json_incref(record);
		return wrong;
	}
	return strcmp(type, "header") == 0 || strcmp(type, "summary") == 0
		       ? "a second header or summary"
		       : NULL;
}

void load_fake(struct run *run)
{
	struct sender *sender = &run->sender;
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "fake.ndjson",
				 .program = "fake",
				 .take = take,
				 .context = sender };
	enum stream_result result = stream_read(&stream);

	if (result == STREAM_ABSENT)
		return;
	if (result == STREAM_DAMAGED)
		run->incomplete = true;
	sender->present = sender->header || sender->summary || sender->elapsed;
	if (sender->summary)
		return;
	message_warning("%s/fake.ndjson has no summary: what was sent is known up to its last "
			"interval, the flows are not",
			run->directory);
	run->incomplete = true;
}

struct store {
	uint64_t tables; /* rows of the table records */
	uint64_t rows;   /* of the summary */
	bool summary;
};

static const char *take_store(void *context, const char *type, json_t *record)
{
	struct store *store = context;
	uint64_t rows;

	/* Whoever counts the rows may write this; the program's name is not asked. */
	if (strcmp(type, "table") != 0 && strcmp(type, "summary") != 0)
		return NULL;
	if (!record_count(record, "rows", &rows))
		return "a record without rows";
	if (strcmp(type, "table") == 0) {
		store->tables += rows;
		return NULL;
	}
	store->summary = true;
	store->rows = rows;
	return rows == store->tables ? NULL : "the summary is not the sum of the tables";
}

void load_store(struct run *run)
{
	struct store store = { .rows = 0 };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "store.ndjson",
				 .take = take_store,
				 .context = &store };
	enum stream_result result = stream_read(&stream);

	if (result == STREAM_ABSENT)
		return;
	if (result == STREAM_DAMAGED)
		run->incomplete = true;
	if (!store.summary) {
		message_warning("%s/store.ndjson has no summary: the tables were not all counted",
				run->directory);
		run->incomplete = true;
		return;
	}
	run->store_present = true;
	run->stored_rows = store.rows;
}
