/* probe.ndjson: who took what from which socket, as counted from inside the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/flat.h"
#include "analysis/read/load.h"
#include "analysis/read/observed_record.h"
#include "analysis/run.h"
#include "common/message.h"

/* The probe says in its own words what it could not count. */
static const char *const loss_keys[] = { "lost_keys", "lost_events", "missed_events", NULL };

static const char no_room[] = "no memory for so many sockets";

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
	struct probe_interval interval;
	bool steps; /* wanted: nobody else tells what happened when */
};

static const char *take_worker(struct probe *probe, const json_t *record)
{
	struct observed *observed = probe->observed;
	struct observed_worker worker = { .packets = 0 }, *workers;

	if (!record_count(record, "pid", &worker.process.pid) ||
	    !record_count(record, "cookie", &worker.cookie) ||
	    !record_count(record, "packets", &worker.packets))
		return "a worker without pid, cookie or packets";
	observed_text(worker.process.comm, sizeof(worker.process.comm), record, "comm");
	worker.accepts = observed_count_or_zero(record, "accepts");
	worker.calls = observed_count_or_zero(record, "calls");
	worker.bytes = observed_count_or_zero(record, "bytes");
	worker.eagain = observed_count_or_zero(record, "eagain");
	worker.idle_wakeups = observed_count_or_zero(record, "idle_wakeups");
	worker.peeks = observed_count_or_zero(record, "peeks");
	worker.queue_max = observed_count_or_zero(record, "queue_max");
	worker.member = OBSERVED_NONE;
	workers = observed_more(observed->workers, observed->worker_count, sizeof(worker));
	if (!workers)
		return "out of memory";
	observed->workers = workers;
	workers[observed->worker_count++] = worker;
	/* Packets of UDP, connections of TCP: a socket has only the one or the other. */
	return tally_add(probe->counter.tally, worker.process.pid, worker.cookie,
			 worker.packets + worker.accepts)
		       ? NULL
		       : "out of memory";
}

static bool take_owners(struct observed_member *member, const json_t *owners)
{
	size_t count = json_array_size(owners);

	free(member->owners);
	member->owners = calloc(count + 1, sizeof(*member->owners));
	member->owner_count = 0;
	if (!member->owners)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(owners, i);
		struct observed_process *owner = &member->owners[member->owner_count];

		if (!record_count(item, "pid", &owner->pid))
			continue;
		observed_text(owner->comm, sizeof(owner->comm), item, "comm");
		member->owner_count++;
	}
	return true;
}

static void take_reasons(struct observed_member *member, const json_t *reasons)
{
	const json_t *item;
	size_t i;

	member->reason_count = 0;
	json_array_foreach(reasons, i, item)
	{
		struct observed_reason *reason = &member->reasons[member->reason_count];

		if (member->reason_count == OBSERVED_REASONS ||
		    !record_count(item, "packets", &reason->packets))
			continue;
		observed_text(reason->reason, sizeof(reason->reason), item, "reason");
		member->reason_count++;
	}
}

static void take_wait(struct observed_wait *wait, const json_t *record)
{
	wait->known = json_is_object(record);
	wait->count = observed_count_or_zero(record, "count");
	wait->unknown = observed_count_or_zero(record, "unknown");
	wait->p50 = observed_count_or_zero(record, "p50");
	wait->p99 = observed_count_or_zero(record, "p99");
	wait->max = observed_count_or_zero(record, "max");
}

static const char *take_socket(struct probe *probe, const json_t *record)
{
	const char *protocol = record_text(record, "protocol");
	struct observed_member *member;
	uint64_t cookie, dropped, port;

	if (!record_count(record, "cookie", &cookie) || !record_count(record, "port", &port) ||
	    !record_count(record, "dropped", &dropped) || !protocol)
		return "a socket without cookie, protocol, port or dropped";
	member = observed_member(probe->observed, cookie);
	if (member && member->final)
		return "a second record of a socket";
	if (!member)
		return no_room;
	if (!take_owners(member, json_object_get(record, "owners")))
		return "out of memory";
	member->final = true;
	member->port = port;
	member->tcp = strcmp(protocol, "tcp") == 0;
	member->open = json_is_true(json_object_get(record, "open"));
	member->dropped = dropped;
	member->packets = observed_count(record, "packets");
	member->bytes = observed_count(record, "bytes");
	member->arrivals = observed_count(record, "arrivals");
	member->arrived_bytes = observed_count(record, "arrived_bytes");
	member->arrived_segments = observed_count(record, "arrived_segments");
	member->handshakes = observed_count(record, "handshakes");
	member->flows = observed_count(record, "flows");
	member->queue_packets = observed_count(record, "queue_packets");
	member->queue_bytes = observed_count(record, "queue_bytes");
	member->queue_at_start = observed_count(record, "queue_at_start");
	member->queue_max = observed_count(record, "queue_max");
	member->limit = observed_count_or_zero(record, member->tcp ? "backlog" : "rcvbuf");
	take_reasons(member, json_object_get(record, "reasons"));
	take_wait(&member->wait, json_object_get(record, "wait_ns"));
	return NULL;
}

static const char *take_flow(struct observed *observed, const json_t *record)
{
	struct observed_flow flow = { .member = OBSERVED_NONE }, *flows;

	if (!record_text(record, "remote") || !record_text(record, "local") ||
	    !record_count(record, "cookie", &flow.cookie) ||
	    !record_count(record, "packets", &flow.packets))
		return "a flow without remote, local, cookie or packets";
	if (observed->flow_count == OBSERVED_FLOWS) {
		observed->flows_untold++;
		return NULL;
	}
	observed_text(flow.remote, sizeof(flow.remote), record, "remote");
	observed_text(flow.local, sizeof(flow.local), record, "local");
	flows = observed_more(observed->flows, observed->flow_count, sizeof(flow));
	if (!flows)
		return "out of memory";
	observed->flows = flows;
	flows[observed->flow_count++] = flow;
	return NULL;
}

/* Adds what the sockets did in an interval to what is known of them, and to the time line. */
static const char *take_steps(struct probe *probe)
{
	const struct probe_interval *interval = &probe->interval;
	struct observed *observed = probe->observed;
	const struct step *steps = interval->steps.list;

	if (interval->length > interval->elapsed ||
	    (observed->elapsed && interval->elapsed <= observed->elapsed))
		return "an interval that does not end later than the one before";
	observed->elapsed = interval->elapsed;
	if (!probe->steps || interval->length == 0)
		return NULL;
	for (size_t i = 0; i < interval->steps.count; i++) {
		struct observed_member *member = observed_member(observed, steps[i].cookie);

		if (!member)
			return no_room;
		if (!member->final && steps[i].packets != FLAT_NULL)
			member->packets += steps[i].packets;
		if (!member->final)
			member->dropped += steps[i].dropped;
	}
	if (!observed->first_count)
		observed->first_count = observed->member_count;
	if (!timeline_extend(&observed->timeline, interval->elapsed, interval->length,
			     observed->member_count))
		return "out of memory";
	for (size_t i = 0; i < interval->steps.count; i++) {
		const struct observed_member *member = observed_member(observed, steps[i].cookie);
		struct timeline_cell *cell =
			timeline_cell(&observed->timeline, observed->timeline.count - 1,
				      (size_t)(member - observed->members));

		if (steps[i].packets != FLAT_NULL)
			cell->packets += steps[i].packets;
		cell->drops += steps[i].dropped;
	}
	return NULL;
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
		return NULL;
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
		record_count(item, "packets", &step->packets);
		if (!record_count(item, "cookie", &step->cookie) ||
		    !record_count(item, "dropped", &step->dropped))
			return "a socket without cookie or dropped";
	}
	return take_steps(probe);
}

static const char *take_summary(struct probe *probe, json_t *record)
{
	uint64_t lost;

	if (probe->observed->summary)
		return "a second header or summary";
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
		return take_worker(probe, record);
	if (strcmp(type, "socket") == 0)
		return take_socket(probe, record);
	if (strcmp(type, "flow") == 0)
		return take_flow(probe->observed, record);
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
	if (result != STREAM_ABSENT)
		load_counter_finish(run, &stream, &probe.counter, result);
}
