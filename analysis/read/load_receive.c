/* receive.ndjson: what each worker says it received and what became of it. */
#include <stdio.h>
#include <string.h>

#include "analysis/read/interval.h"
#include "analysis/read/life_record.h"
#include "analysis/read/load.h"
#include "analysis/read/sequence.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/message.h"

struct receive {
	struct run *run;
	struct interval interval; /* at hand */
	struct sequence sequence;
};

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

/*
 * Counts what each of ITEMS did in an interval, and adds it to TOTAL. False: out of memory. What
 * began to work since the first interval is noted with its time.
 */
static bool count_items(struct receive *receive, struct lives *lives,
			const struct flat_items *items, struct received *total)
{
	struct run *run = receive->run;

	for (size_t i = 0; i < items->count; i++) {
		const struct life *item = (const struct life *)items->list + i;
		size_t known = lives->count;
		struct life who = *item, *life;

		who.counts = (struct received){ .packets = 0 };
		life = lives_find(lives, &who);
		if (!life)
			return false;
		if (lives->count > known && run->intervals > 0 &&
		    !timeline_note_start(&run->timeline,
					 &(struct timeline_start){ receive->interval.elapsed,
								   who.index, who.generation,
								   who.pid }))
			return false;
		/* The record at its end says all; the interval it ended in comes after that. */
		if (!life->final)
			counters_add(received_counters, &life->counts, &item->counts);
		counters_add(received_counters, total, &item->counts);
	}
	return true;
}

/* Adds the interval to the time line. False: out of memory. */
static bool draw(struct run *run, const struct interval *interval, const struct received *front)
{
	const struct life *workers = interval->workers.list;
	struct timeline_point *point;
	size_t width = 0;

	if (interval->length == 0)
		return true;
	for (size_t i = 0; i < interval->workers.count; i++)
		if (workers[i].index >= width)
			width = workers[i].index + 1;
	point = timeline_extend(&run->timeline, interval->elapsed, interval->length, width);
	if (!point)
		return false;
	point->front_drops += front->drops;
	for (size_t i = 0; i < interval->workers.count; i++) {
		struct timeline_cell *cell =
			timeline_cell(&run->timeline, run->timeline.count - 1, workers[i].index);

		/* In the interval of a restart, two processes were this worker. */
		cell->packets += workers[i].counts.packets;
		cell->connections += workers[i].counts.connections;
		cell->drops += workers[i].counts.drops;
	}
	return true;
}

static const char *take_interval(struct receive *receive)
{
	const struct interval *interval = &receive->interval;
	struct received total = { .packets = 0 }, front = { .packets = 0 };
	struct run *run = receive->run;
	const char *wrong = sequence_check(&receive->sequence, interval->elapsed, interval->length);
	uint64_t start = interval->elapsed - interval->length;

	if (wrong)
		return wrong;
	if (!count_items(receive, &run->lives, &interval->workers, &total) ||
	    !count_items(receive, &run->fronts, &interval->fronts, &front) ||
	    !draw(run, interval, &front))
		return "out of memory";
	if (run->intervals++ == 0)
		run->first_count = interval->workers.count;
	if (total.packets)
		span_extend(&run->receiving, start, interval->elapsed);
	if (total.stored)
		span_extend(&run->storing, start, interval->elapsed);
	return sequence_advance(&receive->sequence, interval->elapsed, interval->length);
}

static const char *take_flat(void *context, void *flat)
{
	struct receive *receive = context;
	const char *wrong = interval_check(flat);

	return wrong ? wrong : take_interval(receive);
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
	if (!record_number_fits(record, "rcvbuf_bytes") || !record_number_fits(record, "pending"))
		return "the end of a process whose \"pending\" or \"rcvbuf_bytes\" is no count";
	life = lives_find(kind.lives, &who);
	if (!life)
		return "out of memory";
	if (life->final)
		return "a second record of the end of a process";
	record_count(record, "rcvbuf_bytes", &who.rcvbuf);
	record_count(record, "pending", &who.pending);
	who.final = true;
	*life = who;
	return NULL;
}

static const char *take_summary(struct run *run, json_t *record)
{
	if (!record_histogram_fits(record, "latency_ns") ||
	    !record_histogram_fits(record, "committed_ns"))
		return "a summary whose \"latency_ns\" or \"committed_ns\" is no histogram";
	run->receive_summary = json_incref(record);
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct receive *receive = context;
	struct run *run = receive->run;
	const char *wrong;

	if (strcmp(type, "header") == 0 && !run->receive_header)
		run->receive_header = json_incref(record);
	else if (strcmp(type, "summary") == 0 && !run->receive_summary)
		return take_summary(run, record);
	else if (strcmp(type, "interval") == 0)
		return (wrong = interval_read(&receive->interval, record)) ? wrong
									   : take_interval(receive);
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

bool load_receive_finish(struct run *run)
{
	read_setup(run);
	run->workers = lives_workers(&run->lives, &run->worker_count);
	if (!run->workers) {
		message_error("out of memory");
		return false;
	}
	check_end(run, add_up(run));
	return true;
}

enum stream_result load_receive(struct run *run)
{
	struct receive receive = { .run = run };
	struct interval_form form;
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "receive.ndjson",
				 .program = "receive",
				 .take = take,
				 .context = &receive,
				 .form = &form.form,
				 .flat = &receive.interval,
				 .take_flat = take_flat };
	enum stream_result result;

	interval_form(&form);
	result = stream_read(&stream);
	interval_free(&receive.interval);
	if (result == STREAM_DAMAGED)
		run->incomplete = true;
	if (run->lives.count)
		load_check_header(run, &stream, run->receive_header);
	return result;
}
