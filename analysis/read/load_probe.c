/* probe.ndjson: who took what from which socket, as counted from inside the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/flat.h"
#include "analysis/read/load.h"
#include "analysis/read/probe_totals.h"
#include "analysis/read/sequence.h"
#include "analysis/run.h"
#include "common/message.h"

/* The probe says in its own words what it could not count. */
static const char *const loss_keys[] = { "lost_keys", "lost_events", "missed_events", NULL };

/* What a socket did in an interval. */
struct step {
	uint64_t cookie, packets, dropped;
};

struct probe_interval {
	uint64_t elapsed, length;
	struct flat_items steps;
};

struct probe {
	struct observed *observed;
	struct counter_stream counter;
	struct probe_totals totals;
	struct sequence sequence;
	struct probe_interval interval;
	bool steps; /* wanted: nobody else tells what happened when */
};

/* NULL, or what no probe can have seen. */
static const char *check_steps(const struct probe *probe)
{
	const struct probe_interval *interval = &probe->interval;
	const struct step *steps = interval->steps.list;

	for (size_t i = 0; i < interval->steps.count; i++)
		if ((steps[i].packets > RECORD_MOST && steps[i].packets != FLAT_NULL) ||
		    steps[i].dropped > RECORD_MOST)
			return "a count that is too large";
	/* All of them first: a record counts as a whole or not at all. */
	for (size_t i = 0; i < interval->steps.count; i++)
		if (!observed_member(probe->observed, steps[i].cookie))
			return "no memory for so many sockets";
	return NULL;
}

/* False: out of memory. */
static bool draw_steps(struct probe *probe)
{
	const struct probe_interval *interval = &probe->interval;
	struct observed *observed = probe->observed;
	const struct step *steps = interval->steps.list;

	if (interval->length == 0)
		return true;
	if (!timeline_extend(&observed->timeline, interval->elapsed, interval->length,
			     observed->member_count))
		return false;
	for (size_t i = 0; i < interval->steps.count; i++) {
		const struct observed_member *member = observed_member(observed, steps[i].cookie);
		struct timeline_cell *cell =
			timeline_cell(&observed->timeline, observed->timeline.count - 1,
				      (size_t)(member - observed->members));

		if (steps[i].packets != FLAT_NULL)
			cell->packets += steps[i].packets;
		cell->drops += steps[i].dropped;
	}
	return true;
}

/* Adds what the sockets did in an interval to what is known of them, and to the time line. */
static const char *take_steps(struct probe *probe)
{
	const struct probe_interval *interval = &probe->interval;
	struct observed *observed = probe->observed;
	const struct step *steps = interval->steps.list;
	const char *wrong = sequence_check(&probe->sequence, interval->elapsed, interval->length);

	if (!wrong && probe->steps)
		wrong = check_steps(probe);
	if (wrong)
		return wrong;
	for (size_t i = 0; probe->steps && i < interval->steps.count; i++) {
		struct observed_member *member = observed_member(observed, steps[i].cookie);

		if (!member->final && steps[i].packets != FLAT_NULL)
			member->packets += steps[i].packets;
		if (!member->final)
			member->dropped += steps[i].dropped;
	}
	if (!observed->first_count)
		observed->first_count = observed->member_count;
	if (probe->steps && !draw_steps(probe))
		return "out of memory";
	if (interval->elapsed > observed->elapsed)
		observed->elapsed = interval->elapsed;
	return sequence_advance(&probe->sequence, interval->elapsed, interval->length);
}

static const char *take_flat(void *context, void *flat)
{
	(void)flat;
	return take_steps(context);
}

/* Older intervals do not tell of sockets. */
static const char *take_interval(struct probe *probe, const json_t *record)
{
	const json_t *sockets = json_object_get(record, "sockets");
	struct probe_interval *interval = &probe->interval;
	struct flat_items *items = &interval->steps;
	size_t count = json_array_size(sockets);

	if (!record_count(record, "elapsed_ns", &interval->elapsed) ||
	    !record_count(record, "interval_ns", &interval->length))
		return "an interval without its time";
	if (count > items->room) {
		void *list = realloc(items->list, count * sizeof(struct step));

		if (!list)
			return "out of memory";
		items->list = list;
		items->room = count;
	}
	items->count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(sockets, i);
		struct step *step = (struct step *)items->list + i;

		step->packets = FLAT_NULL;
		if (!record_count(item, "cookie", &step->cookie) ||
		    !record_count(item, "dropped", &step->dropped) ||
		    (!json_is_null(json_object_get(item, "packets")) &&
		     !record_count(item, "packets", &step->packets)))
			return "a socket without cookie, packets or dropped";
	}
	return take_steps(probe);
}

static const char *take_summary(struct probe *probe, json_t *record)
{
	uint64_t lost;

	if (probe->observed->summary)
		return "a second header or summary";
	if (!record_number_fits(record, "flows") || !record_number_fits(record, "effective_flows"))
		return "a summary whose flows are no number";
	probe->observed->summary = json_incref(record);
	record_count(record, "elapsed_ns", &probe->observed->elapsed);
	probe->counter.totals = true;
	for (size_t i = 0; loss_keys[i]; i++)
		if (record_count(record, loss_keys[i], &lost))
			probe->counter.lost += lost;
	return NULL;
}

static const char *take(void *context, const char *type, json_t *record)
{
	struct probe *probe = context;

	if (strcmp(type, "interval") == 0)
		return take_interval(probe, record);
	if (strcmp(type, "worker") == 0)
		return probe_take_worker(&probe->totals, record);
	if (strcmp(type, "socket") == 0)
		return probe_take_socket(&probe->totals, record);
	if (strcmp(type, "flow") == 0)
		return probe_take_flow(&probe->totals, record);
	if (strcmp(type, "summary") == 0)
		return take_summary(probe, record);
	if (strcmp(type, "header") == 0 && probe->observed->header)
		return "a second header or summary";
	if (strcmp(type, "header") == 0)
		probe->observed->header = json_incref(record);
	return NULL;
}

void load_probe(struct run *run)
{
	static const struct flat_field fields[] = {
		{ "elapsed_ns", FLAT_COUNT, offsetof(struct probe_interval, elapsed), 0 },
		{ "interval_ns", FLAT_COUNT, offsetof(struct probe_interval, length), 0 },
		{ .key = NULL },
	};
	static const struct flat_field step[] = {
		{ "cookie", FLAT_COUNT, offsetof(struct step, cookie), 0 },
		{ "packets", FLAT_MAYBE_COUNT, offsetof(struct step, packets), 0 },
		{ "dropped", FLAT_COUNT, offsetof(struct step, dropped), 0 },
		{ .key = NULL },
	};
	static const struct flat_list lists[] = {
		{ "sockets", step, offsetof(struct probe_interval, steps), sizeof(struct step) },
		{ .key = NULL },
	};
	struct probe probe = { .observed = &run->observed,
			       .counter = { .tally = &run->probe },
			       .totals = { .observed = &run->observed, .tally = &run->probe },
			       .steps = run->lives.count == 0 };
	struct flat_form form = { "interval", "probe", fields, probe.steps ? lists : NULL };
	struct stream stream = { .directory = run->directory,
				 .run = record_text(run->manifest, "run"),
				 .name = "probe.ndjson",
				 .program = "probe",
				 .take = take,
				 .context = &probe,
				 .form = &form,
				 .flat = &probe.interval,
				 .take_flat = take_flat };
	enum stream_result result = stream_read(&stream);

	free(probe.interval.steps.list);
	probe_totals_finish(&probe.totals, run);
	if (result == STREAM_ABSENT)
		return;
	if (probe.counter.totals)
		load_check_header(run, &stream, run->observed.header);
	load_counter_finish(run, &stream, &probe.counter, result);
}
