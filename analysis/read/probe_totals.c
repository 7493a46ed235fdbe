#include "analysis/read/probe_totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/load.h"
#include "analysis/read/observed_record.h"
#include "analysis/run.h"
#include "common/message.h"

static const char no_memory[] = "out of memory";

#define WORKER(field)                                                                              \
	{                                                                                          \
#field, offsetof(struct observed_worker, field), 0                                 \
	}

static const struct observed_row worker_rows[] = {
	WORKER(accepts), WORKER(calls), WORKER(bytes), WORKER(eagain), { .key = NULL },
};

struct search {
	const struct observed *observed;
	uint64_t pid, cookie;
	const char *remote, *local;
};

static bool is_worker(const void *context, size_t item)
{
	const struct search *search = context;
	const struct observed_worker *worker = &search->observed->workers[item];

	return worker->process.pid == search->pid && worker->cookie == search->cookie;
}

const char *probe_take_worker(struct probe_totals *totals, const json_t *record)
{
	struct observed *observed = totals->observed;
	struct observed_worker worker = { .member = OBSERVED_NONE }, *workers;
	struct search search = { .observed = observed };
	const char *wrong;
	uint64_t hash;

	if (!record_count(record, "pid", &worker.process.pid) ||
	    !record_count(record, "cookie", &worker.cookie) ||
	    !record_amount(record, "packets", &worker.packets))
		return "a worker without pid, cookie or packets";
	wrong = observed_read(record, worker_rows, &worker);
	if (wrong)
		return wrong;
	search.pid = worker.process.pid;
	search.cookie = worker.cookie;
	hash = key_hash(key_hash(0, worker.process.pid), worker.cookie);
	if (key_index_find(&totals->workers, hash, is_worker, &search) != KEY_INDEX_NONE)
		return "a second record of a process on this socket";
	observed_text(worker.process.comm, sizeof(worker.process.comm), record, "comm");
	workers = observed_more(observed->workers, observed->worker_count, sizeof(worker));
	if (!workers)
		return no_memory;
	observed->workers = workers;
	/* Packets of UDP, connections of TCP: a socket has only the one or the other. */
	if (!key_index_add(&totals->workers, hash, observed->worker_count) ||
	    !tally_add(totals->tally, worker.process.pid, worker.cookie,
		       worker.packets + worker.accepts))
		return no_memory;
	workers[observed->worker_count++] = worker;
	return NULL;
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
		    !record_amount(item, "packets", &reason->packets))
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

#define MEMBER(field)                                                                              \
	{                                                                                          \
#field, offsetof(struct observed_member, field), OBSERVED_UNKNOWN                  \
	}
#define LIMIT(key)                                                                                 \
	{                                                                                          \
		key, offsetof(struct observed_member, limit), 0                                    \
	}

static const struct observed_row member_rows[] = {
	MEMBER(packets),       MEMBER(arrivals),    MEMBER(handshakes), MEMBER(flows),
	MEMBER(queue_packets), MEMBER(queue_bytes), MEMBER(queue_max),  { .key = NULL },
};
static const struct observed_row udp_rows[] = { LIMIT("rcvbuf"), { .key = NULL } };
static const struct observed_row tcp_rows[] = { LIMIT("backlog"), { .key = NULL } };

const char *probe_take_socket(struct probe_totals *totals, const json_t *record)
{
	const char *protocol = record_text(record, "protocol"), *wrong;
	struct observed_member told = { .final = true }, *member;

	if (!record_count(record, "cookie", &told.cookie) ||
	    !record_count(record, "port", &told.port) ||
	    !record_amount(record, "dropped", &told.dropped) || !protocol)
		return "a socket without cookie, protocol, port or dropped";
	told.tcp = strcmp(protocol, "tcp") == 0;
	told.open = json_is_true(json_object_get(record, "open"));
	told.group = told.place = OBSERVED_NONE;
	wrong = observed_read(record, member_rows, &told);
	if (!wrong)
		wrong = observed_read(record, told.tcp ? tcp_rows : udp_rows, &told);
	if (wrong)
		return wrong;
	take_reasons(&told, json_object_get(record, "reasons"));
	take_wait(&told.wait, json_object_get(record, "wait_ns"));
	member = observed_member(totals->observed, told.cookie);
	if (member && member->final)
		return "a second record of a socket";
	if (!member)
		return "no memory for so many sockets";
	if (!take_owners(&told, json_object_get(record, "owners")))
		return no_memory;
	*member = told;
	return NULL;
}

static bool is_flow(const void *context, size_t item)
{
	const struct search *search = context;
	const struct observed_flow *flow = &search->observed->flows[item];

	return flow->cookie == search->cookie && strcmp(flow->remote, search->remote) == 0 &&
	       strcmp(flow->local, search->local) == 0;
}

const char *probe_take_flow(struct probe_totals *totals, const json_t *record)
{
	struct observed *observed = totals->observed;
	struct observed_flow flow = { .member = OBSERVED_NONE }, *flows;
	struct search search = { .observed = observed };
	uint64_t hash;

	if (!record_text(record, "remote") || !record_text(record, "local") ||
	    !record_count(record, "cookie", &flow.cookie) ||
	    !record_amount(record, "packets", &flow.packets))
		return "a flow without remote, local, cookie or packets";
	observed_text(flow.remote, sizeof(flow.remote), record, "remote");
	observed_text(flow.local, sizeof(flow.local), record, "local");
	search.cookie = flow.cookie;
	search.remote = flow.remote;
	search.local = flow.local;
	hash = key_hash_text(key_hash_text(key_hash(0, flow.cookie), flow.remote), flow.local);
	if (key_index_find(&totals->flows, hash, is_flow, &search) != KEY_INDEX_NONE)
		return "a second record of a flow at this socket";
	if (observed->flow_count == OBSERVED_FLOWS) {
		observed->flows_untold++;
		return NULL;
	}
	flows = observed_more(observed->flows, observed->flow_count, sizeof(flow));
	if (!flows)
		return no_memory;
	observed->flows = flows;
	if (!key_index_add(&totals->flows, hash, observed->flow_count))
		return no_memory;
	flows[observed->flow_count++] = flow;
	return NULL;
}

/* As the probe writes them. */
static int heaviest_first(const void *a, const void *b)
{
	const struct observed_flow *left = a, *right = b;
	int order = strcmp(left->remote, right->remote);

	if (left->packets != right->packets)
		return left->packets < right->packets ? 1 : -1;
	if (!order)
		order = strcmp(left->local, right->local);
	return order ? order : (left->cookie > right->cookie) - (left->cookie < right->cookie);
}

static void PRINTF_LIKE(2, 3) contradicts(struct run *run, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	message_warning("%s/probe.ndjson: %s", run->directory, text);
	run->incomplete = true;
}

/* Whether sockets were left out whose processes were not wanted, or are gone. */
static bool is_limited(const json_t *header)
{
	static const char *const limits[] = { "pid", "comm", "cgroup", NULL };
	const json_t *options = json_object_get(header, "options");
	size_t i = 0;

	while (limits[i] && (!json_object_get(options, limits[i]) ||
			     json_is_null(json_object_get(options, limits[i]))))
		i++;
	return limits[i] != NULL;
}

/* What is told twice in other words, and can only differ where something is damaged or lacking. */
static void check_summary(struct run *run)
{
	const struct observed *observed = &run->observed;
	uint64_t packets = 0, bytes = 0, stated;
	uint64_t flows = observed->flow_count + observed->flows_untold;
	size_t unfinished = 0;

	for (size_t i = 0; i < observed->worker_count; i++) {
		packets += observed->workers[i].packets;
		bytes += observed->workers[i].bytes;
	}
	for (size_t i = 0; i < observed->member_count; i++)
		unfinished += !observed->members[i].final;
	if (record_count(observed->summary, "packets", &stated) && stated != packets)
		contradicts(run,
			    "its workers add up to %" PRIu64 " packets, its summary says %" PRIu64,
			    packets, stated);
	if (record_count(observed->summary, "bytes", &stated) && stated != bytes)
		contradicts(run,
			    "its workers add up to %" PRIu64 " bytes, its summary says %" PRIu64,
			    bytes, stated);
	if (flows && record_count(observed->summary, "flows", &stated) && stated != flows)
		contradicts(run, "it tells of %" PRIu64 " flows, its summary says %" PRIu64, flows,
			    stated);
	if (unfinished && !is_limited(observed->header))
		contradicts(run, "the last records of %zu of %zu sockets are missing", unfinished,
			    observed->member_count);
}

void probe_totals_finish(struct probe_totals *totals, struct run *run)
{
	struct observed *observed = totals->observed;

	key_index_free(&totals->workers);
	key_index_free(&totals->flows);
	if (observed->flow_count)
		qsort(observed->flows, observed->flow_count, sizeof(*observed->flows),
		      heaviest_first);
	/* Without it, it was said that the probe ended too early. Receivers are compared by life.
	 */
	if (observed->summary && !run->lives.count)
		check_summary(run);
}
