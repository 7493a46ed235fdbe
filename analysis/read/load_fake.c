/* fake.ndjson and store.ndjson: what was sent, and what the database holds in the end. */
#include <math.h>
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/read/sequence.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

struct fake {
	struct sender *sender;
	struct sequence sequence;
};

static const char *read_sent(struct sender *out, const json_t *record)
{
	if (record_amount(record, "packets", &out->packets) &&
	    record_amount(record, "lines", &out->lines) &&
	    record_amount(record, "send_errors", &out->send_errors) &&
	    record_count(record, "elapsed_ns", &out->elapsed))
		return NULL;
	return "a record without packets, lines, send_errors or elapsed_ns, or of more than there "
	       "can be";
}

static const char *take_interval(struct fake *fake, const json_t *record)
{
	struct sender sent, *sender = fake->sender;
	const char *wrong = read_sent(&sent, record);
	uint64_t length;

	if (!wrong && !record_count(record, "interval_ns", &length))
		wrong = "an interval without its length";
	if (!wrong)
		wrong = sequence_check(&fake->sequence, sent.elapsed, length);
	if (wrong)
		return wrong;
	if (!sender->summary) {
		sender->packets += sent.packets;
		sender->lines += sent.lines;
		sender->send_errors += sent.send_errors;
		sender->elapsed = sent.elapsed;
	}
	return sequence_advance(&fake->sequence, sent.elapsed, length);
}

/* NULL, or what a sender cannot have counted. Of more than a million flows, it has an estimate. */
static const char *check_flows(const json_t *record)
{
	static const char *const keys[] = { "flows", "effective_flows", "requested_pps", NULL };
	double flows = record_number(record, "flows");

	for (size_t i = 0; keys[i]; i++)
		if (!record_number_fits(record, keys[i]))
			return "a summary whose flows or requested rate are no number";
	if (!json_is_true(json_object_get(record, "flows_estimated")) &&
	    record_number(record, "effective_flows") > (1 + 1e-6) * flows)
		return "a summary with more effective flows than flows";
	if (json_is_true(json_object_get(record, "limited")) &&
	    isnan(record_number(record, "requested_pps")))
		return "a summary that is \"limited\" without \"requested_pps\"";
	return NULL;
}

static const char *take_summary(struct sender *sender, json_t *record)
{
	struct sender sent;
	const char *wrong = read_sent(&sent, record);

	if (!wrong)
		wrong = check_flows(record);
	if (!wrong && !record_histogram_fits(record, "late_ns"))
		wrong = "a summary whose \"late_ns\" is no histogram";
	if (wrong)
		return wrong;
	sender->packets = sent.packets;
	sender->lines = sent.lines;
	sender->send_errors = sent.send_errors;
	sender->elapsed = sent.elapsed;
	sender->summary = json_incref(record);
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct fake *fake = context;
	struct sender *sender = fake->sender;

	if (strcmp(type, "header") == 0 && !sender->header) {
		sender->header = json_incref(record);
		return NULL;
	}
	if (strcmp(type, "interval") == 0)
		return take_interval(fake, record);
	if (strcmp(type, "summary") == 0 && !sender->summary)
		return take_summary(sender, record);
	return strcmp(type, "header") == 0 || strcmp(type, "summary") == 0
		       ? "a second header or summary"
		       : NULL;
}

void load_fake(struct run *run)
{
	struct sender *sender = &run->sender;
	struct fake fake = { .sender = sender };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "fake.ndjson",
				 .program = "fake",
				 .take = take,
				 .context = &fake };
	enum stream_result result = stream_read(&stream);

	if (result == STREAM_ABSENT)
		return;
	if (result == STREAM_DAMAGED)
		run->incomplete = true;
	sender->present = sender->header || sender->summary || sender->elapsed;
	if (sender->present)
		load_check_header(run, &stream, sender->header);
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
	if (!record_amount(record, "rows", &rows))
		return "a record without rows, or of more than there can be";
	if (strcmp(type, "table") == 0) {
		store->tables += rows;
		return NULL;
	}
	if (store->summary)
		return "a second summary";
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
