/* receive.ndjson: what each worker says it received and what became of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/load.h"
#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/message.h"

#define WORKERS_LIMIT 4096 /* an index beyond is damage, not a worker */

/* The counters of RECORD; what is missing in it, or NULL. */
static const char *read_counters(const json_t *record, struct received *out)
{
	static char wrong[64];

	for (const struct counter *row = received_counters; row->key; row++) {
		if (record_count(record, row->key, (uint64_t *)((char *)out + row->offset)))
			continue;
		snprintf(wrong, sizeof(wrong), "a worker without a count of \"%s\"", row->key);
		return wrong;
	}
	return NULL;
}

/* The worker that RECORD is about, new where it is the first record about it; or NULL. */
static struct worker *find_worker(struct run *run, const json_t *record)
{
	struct worker *workers = run->workers;
	uint64_t index, pid, cookie;

	if (!record_count(record, "index", &index) || index >= WORKERS_LIMIT ||
	    !record_count(record, "pid", &pid) || !record_count(record, "cookie", &cookie))
		return NULL;
	if (index >= run->worker_count) {
		workers = realloc(workers, (index + 1) * sizeof(*workers));
		if (!workers)
			return NULL;
		memset(workers + run->worker_count, 0,
		       (index + 1 - run->worker_count) * sizeof(*workers));
		run->workers = workers;
		run->worker_count = index + 1;
	}
	workers[index].index = index;
	workers[index].pid = pid;
	workers[index].cookie = cookie;
	workers[index].known = true;
	return &workers[index];
}

static void extend(struct span *span, uint64_t start, uint64_t end)
{
	if (!span->any)
		*span = (struct span){ .first_start = start, .first_end = end, .any = true };
	span->last_start = start;
	span->last_end = end;
}

static const char *take_interval(struct run *run, const json_t *record)
{
	const json_t *item, *items = json_object_get(record, "workers");
	struct received delta, total = { .packets = 0 };
	uint64_t elapsed, interval;
	const char *wrong;
	size_t i;

	if (!record_count(record, "elapsed_ns", &elapsed) ||
	    !record_count(record, "interval_ns", &interval) || interval > elapsed ||
	    !json_is_array(items))
		return "an interval without its time or its workers";
	json_array_foreach(items, i, item)
	{
		struct worker *worker = find_worker(run, item);

		if (!worker)
			return "a worker without index, pid and cookie";
		wrong = read_counters(item, &delta);
		if (wrong)
			return wrong;
		/* Worker records, at the end, replace these sums. */
		counters_add(received_counters, &worker->counts, &delta);
		counters_add(received_counters, &total, &delta);
	}
	run->intervals++;
	if (total.packets)
		extend(&run->receiving, elapsed - interval, elapsed);
	if (total.stored)
		extend(&run->storing, elapsed - interval, elapsed);
	return NULL;
}

static const char *take_worker(struct run *run, const json_t *record)
{
	struct worker *worker = find_worker(run, record);
	struct received counts;
	const char *wrong;

	if (!worker)
		return "a worker without index, pid and cookie";
	wrong = read_counters(record, &counts);
	if (wrong)
		return wrong;
	worker->counts = counts;
	worker->final = true;
	record_count(record, "rcvbuf_bytes", &worker->rcvbuf);
	record_count(record, "pending", &worker->pending);
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct run *run = context;

	if (strcmp(type, "header") == 0 && !run->receive_header)
		run->receive_header = json_incref(record);
	else if (strcmp(type, "summary") == 0 && !run->receive_summary)
		run->receive_summary = json_incref(record);
	else if (strcmp(type, "interval") == 0)
		return take_interval(run, record);
	else if (strcmp(type, "worker") == 0)
		return take_worker(run, record);
	else if (strcmp(type, "header") == 0 || strcmp(type, "summary") == 0)
		return "a second header or summary";
	return NULL;
}

/* Adds up the workers and says which of them are known only in part. */
static bool check_workers(struct run *run)
{
	size_t partial = 0;

	for (size_t i = 0; i < run->worker_count; i++) {
		struct worker *worker = &run->workers[i];

		worker->index = i;
		partial += !worker->final;
		counters_add(received_counters, &run->total, &worker->counts);
		run->pending += worker->pending;
	}
	if (run->worker_count == 0) {
		message_error("%s/receive.ndjson: no record of a worker in it", run->directory);
		message_hint("the receiver writes them at the first interval and when it ends");
		return false;
	}
	if (partial == 0 && run->receive_summary)
		return true;
	if (partial)
		message_warning(
			"%s/receive.ndjson ends too early: the counts of %zu of %zu workers "
			"are those of its intervals",
			run->directory, partial, run->worker_count);
	else
		message_warning("%s/receive.ndjson has no summary", run->directory);
	run->incomplete = true;
	return true;
}

bool load_receive(struct run *run)
{
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "receive.ndjson",
				 .program = "receive",
				 .take = take,
				 .context = run };

	switch (stream_read(&stream)) {
	case STREAM_ABSENT:
		message_error("no receive.ndjson in %s: nothing is known about the workers",
			      run->directory);
		message_hint("'fairport run' writes it, and so does 'fairport-receive --json "
			     "%s/receive.ndjson'",
			     run->directory);
		return false;
	case STREAM_DAMAGED:
		run->incomplete = true;
		break;
	case STREAM_READ:
		break;
	}
	return check_workers(run);
}
