/* receive.ndjson: what each worker says it received and what became of it. */
#include <stdio.h>
#include <string.h>

#include "analysis/life_record.h"
#include "analysis/load.h"
#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/message.h"

/* What the records of workers and those of fronts have in common. */
struct kind {
	bool (*read)(const json_t *record, struct life *out);
	const char *wrong; /* when it could not */
	struct lives *lives;
};

static struct kind workers_of(struct run *run)
{
	return (struct kind){ life_read_worker, "a worker without index, pid and cookie",
			      &run->lives };
}

static struct kind fronts_of(struct run *run)
{
	return (struct kind){ life_read_front, "a front without name, pid and cookie",
			      &run->fronts };
}

static void extend(struct span *span, uint64_t start, uint64_t end)
{
	if (!span->any)
		*span = (struct span){ .first_start = start, .first_end = end, .any = true };
	span->last_start = start;
	span->last_end = end;
}

/* Counts what each of ITEMS, an array or NULL, did in an interval; adds it to TOTAL. */
static const char *take_items(struct kind kind, const json_t *items, struct received *total)
{
	const json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		struct received delta;
		struct life who, *life;
		const char *wrong = life_read_counters(item, &delta);

		if (!kind.read(item, &who))
			return kind.wrong;
		if (wrong)
			return wrong;
		life = lives_find(kind.lives, &who);
		if (!life)
			return "out of memory";
		/* The record at its end says all; the interval it ended in comes after that. */
		if (!life->final)
			counters_add(received_counters, &life->counts, &delta);
		counters_add(received_counters, total, &delta);
	}
	return NULL;
}

static const char *take_interval(struct run *run, const json_t *record)
{
	const json_t *items = json_object_get(record, "workers");
	struct received total = { .packets = 0 }, front = { .packets = 0 };
	uint64_t elapsed, interval;
	const char *wrong;

	if (!record_count(record, "elapsed_ns", &elapsed) ||
	    !record_count(record, "interval_ns", &interval) || interval > elapsed ||
	    !json_is_array(items))
		return "an interval without its time or its workers";
	wrong = take_items(workers_of(run), items, &total);
	if (!wrong)
		wrong = take_items(fronts_of(run), json_object_get(record, "fronts"), &front);
	if (wrong)
		return wrong;
	if (run->intervals++ == 0)
		run->first_count = json_array_size(items);
	if (total.packets)
		extend(&run->receiving, elapsed - interval, elapsed);
	if (total.stored)
		extend(&run->storing, elapsed - interval, elapsed);
	return NULL;
}

/* The whole life of one process. */
static const char *take_life(struct kind kind, const json_t *record)
{
	struct life who, *life;
	const char *wrong;

	if (!kind.read(record, &who))
		return kind.wrong;
	wrong = life_read_counters(record, &who.counts);
	if (wrong)
		return wrong;
	life = lives_find(kind.lives, &who);
	if (!life)
		return "out of memory";
	record_count(record, "rcvbuf_bytes", &who.rcvbuf);
	record_count(record, "pending", &who.pending);
	who.final = true;
	*life = who;
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
		return take_life(workers_of(run), record);
	else if (strcmp(type, "front") == 0)
		return take_life(fronts_of(run), record);
	else if (strcmp(type, "header") == 0 || strcmp(type, "summary") == 0)
		return "a second header or summary";
	return NULL;
}

/* Without a header, or with an old one: what receivers did before they had a choice. */
static void read_setup(struct run *run)
{
	const json_t *header = run->receive_header;
	const char *protocol = record_text(header, "protocol");

	run->model = record_text(header, "model") ? record_text(header, "model") : "reuseport";
	run->engine = record_text(header, "engine") ? record_text(header, "engine") : "recvfrom";
	run->steer = record_text(header, "steer") ? record_text(header, "steer") : "hash";
	/* It can be changed meanwhile. */
	if (strcmp(run->steer, "hash") == 0 && record_text(run->receive_summary, "steer"))
		run->steer = record_text(run->receive_summary, "steer");
	run->tcp = protocol && strcmp(protocol, "tcp") == 0;
}

static void add_front(struct run *run, const struct life *front)
{
	run->total.drops += front->counts.drops;
	run->total.in_queue += front->counts.in_queue;
	run->total.lost_in_crash += front->counts.lost_in_crash;
	run->lost_in_front += front->counts.lost_in_crash;
}

/* Adds up workers and fronts. Returns how many workers are known only in part. */
static size_t add_up(struct run *run)
{
	size_t partial = 0;

	for (size_t i = 0; i < run->worker_count; i++) {
		const struct worker *worker = &run->workers[i];

		partial += worker->lives == 0 || worker->partial;
		counters_add(received_counters, &run->total, &worker->counts);
		run->pending += worker->pending;
	}
	for (size_t i = 0; i < run->fronts.count; i++)
		add_front(run, &run->fronts.list[i]);
	return partial;
}

/* Says what the stream does not tell. */
static void check_end(struct run *run, size_t partial)
{
	const struct lives *fronts = &run->fronts;
	size_t i = 0;

	while (i < fronts->count && fronts->list[i].final)
		i++;
	if (partial)
		message_warning(
			"%s/receive.ndjson ends too early: the counts of %zu of %zu workers "
			"are those of its intervals",
			run->directory, partial, run->worker_count);
	else if (i < fronts->count)
		message_warning("%s/receive.ndjson ends too early: the counts of the %s are those "
				"of its intervals",
				run->directory, fronts->list[i].name);
	else if (!run->receive_summary)
		message_warning("%s/receive.ndjson has no summary", run->directory);
	else
		return;
	run->incomplete = true;
}

/* False where there is no worker. */
static bool finish(struct run *run)
{
	read_setup(run);
	run->workers = lives_workers(&run->lives, &run->worker_count);
	if (!run->workers && run->worker_count) {
		message_error("out of memory");
		return false;
	}
	if (!run->workers) {
		message_error("%s/receive.ndjson: no record of a worker in it", run->directory);
		message_hint("the receiver writes them at the first interval and when it ends");
		return false;
	}
	check_end(run, add_up(run));
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
	return finish(run);
}
