#include <errno.h>
#include <math.h>

#include "common/counters.h"
#include "common/ndjson.h"
#include "common/record.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"
#include "probes/probe/watch.h"

/* What a receive call is told by; truncation only where it was looked for. */
static const struct counter told[] = {
	COUNTER(struct tap_counters, calls),
	COUNTER(struct tap_counters, packets),
	COUNTER(struct tap_counters, bytes),
	COUNTER(struct tap_counters, eagain),
	COUNTER(struct tap_counters, idle_wakeups),
	COUNTER(struct tap_counters, interrupted),
	COUNTER(struct tap_counters, errors),
	COUNTER(struct tap_counters, peeks),
	{ NULL, 0 },
};

/* A number that may not be known. */
static void record_known(struct ndjson *out, const char *key, bool known, uint64_t value)
{
	if (known)
		ndjson_uint(out, key, value);
	else
		ndjson_double(out, key, NAN);
}

static void record_counters(struct ndjson *out, const struct source *source,
			    const struct tap_counters *counters)
{
	if (source->tier == TIER_BPF)
		counters_record(told, out, counters);
	else
		for (const struct counter *counter = told; counter->key; counter++)
			record_known(out, counter->key, false, 0);
	record_known(out, "truncated", source->options->with.waits, counters->truncated);
}

static void record_by_call(struct ndjson *out, const struct source *source,
			   const struct tap_counters by_call[static TAP_CALLS])
{
	ndjson_open_object(out, "by_call");
	for (size_t call = 0; call < TAP_CALLS; call++) {
		ndjson_open_object(out, tap_call_names[call]);
		record_counters(out, source, &by_call[call]);
		ndjson_close_object(out);
	}
	ndjson_close_object(out);
}

void record_header(struct ndjson *out, const struct source *source, uint32_t netns,
		   uint16_t metrics_port, int argc, char **argv)
{
	const struct probe_options *options = source->options;
	uint64_t first = 0;

	while (first < 65535 && !ports_has(&source->ports, (uint16_t)first))
		first++;
	record_begin_header(out, &probe_program, options, argc, argv);
	ndjson_uint(out, "port", ports_has(&source->ports, (uint16_t)first) ? first : 0);
	ndjson_uint(out, "netns", netns);
	ndjson_string(out, "tier", tier_names[source->tier]);
	record_known(out, "kernel_bytes", source->tap != NULL,
		     source->tap ? tap_memory(source->tap) : 0);
	record_known(out, "openmetrics_port", metrics_port != 0, metrics_port);
	ndjson_end(out);
}

static void record_balance(struct ndjson *out, const struct balance *balance)
{
	ndjson_open_object(out, "balance");
	ndjson_uint(out, "arrivals", balance->arrivals);
	ndjson_uint(out, "queue_at_start", balance->queue_at_start);
	ndjson_uint(out, "taken", balance->taken);
	ndjson_uint(out, "dropped", balance->dropped);
	ndjson_uint(out, "queue_packets", balance->queue);
	ndjson_int(out, "in_transit", balance->in_transit);
	ndjson_uint(out, "lost_at_close", balance->lost_at_close);
	ndjson_close_object(out);
}

/* What both the interval's and the final account of a socket have. DELTA is what is told. */
static void record_member(struct ndjson *out, const struct account *account, size_t index)
{
	const struct probe_options *options = account->source->options;
	const struct sample_member *delta = &account->view.sample->members[index];
	const struct sample_member *now = &account->now->members[index];
	const struct member_counters *counters = &delta->counters;
	const struct worker *worker = &account->view.members[index];
	bool arrivals = options->with.arrivals && !delta->tcp;
	bool tap = account->source->tap != NULL;

	ndjson_uint(out, "cookie", delta->cookie);
	record_known(out, "packets", tap, worker_taken(worker));
	record_known(out, "bytes", tap, worker->total.bytes);
	record_known(out, "arrivals", arrivals, counters->arrivals);
	record_known(out, "arrived_bytes", arrivals, counters->arrived_bytes);
	record_known(out, "arrived_segments", arrivals, counters->segments);
	record_known(out, "handshakes", tap && delta->tcp, counters->handshakes);
	record_known(out, "flows", options->with.flows && !delta->tcp, counters->flows);
	ndjson_uint(out, "dropped", counters->dropped);
	record_known(out, "queue_packets", tap || delta->tcp, now->queue_packets);
	record_known(out, "queue_bytes", !delta->tcp, now->queue_bytes);
	if (arrivals && now->open)
		ndjson_int(out, "in_transit", now->in_transit);
}

void record_interval(struct ndjson *out, const struct account *account)
{
	const struct view *view = &account->view;

	record_begin_interval(out, account->elapsed, account->interval);
	record_counters(out, account->source, &view->total);
	record_known(out, "accepts", account->source->tap != NULL,
		     view->by_call[CALL_ACCEPT].packets);
	ndjson_open_array(out, "workers");
	for (size_t i = 0; i < view->count; i++) {
		const struct worker *worker = &view->workers[i];

		ndjson_open_object(out, NULL);
		ndjson_uint(out, "pid", worker->pid);
		if (worker->tid)
			ndjson_uint(out, "tid", worker->tid);
		ndjson_uint(out, "cookie", worker->cookie);
		record_counters(out, account->source, &worker->total);
		ndjson_uint(out, "accepts", worker_accepts(worker));
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	ndjson_open_array(out, "sockets");
	for (size_t i = 1; i < view->sample->member_count; i++) {
		if (!account->now->members[i].open || !account_takes(account, i))
			continue;
		ndjson_open_object(out, NULL);
		record_member(out, account, i);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
	if (account->balance.known)
		record_balance(out, &account->balance);
	ndjson_end(out);
}

/* Calls by how many packets they returned: from 1, 2, 4, ... on to below the next. */
static void record_batches(struct ndjson *out, const uint64_t batches[static TAP_BATCHES])
{
	ndjson_open_array(out, "batches");
	for (size_t i = 0; i < TAP_BATCHES; i++) {
		if (!batches[i])
			continue;
		ndjson_open_object(out, NULL);
		ndjson_uint(out, "from", 1ull << i);
		ndjson_uint(out, "calls", batches[i]);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_worker(struct ndjson *out, const struct account *account,
			  const struct worker *worker)
{
	ndjson_begin(out, worker->tid ? "thread" : "worker");
	ndjson_uint(out, "pid", worker->pid);
	if (worker->tid)
		ndjson_uint(out, "tid", worker->tid);
	ndjson_string(out, "comm", worker->command);
	ndjson_uint(out, "cookie", worker->cookie);
	record_counters(out, account->source, &worker->total);
	ndjson_uint(out, "accepts", worker_accepts(worker));
	ndjson_uint(out, "queue_max", worker->queue_max);
	record_batches(out, worker->batches);
	record_by_call(out, account->source, worker->by_call);
	ndjson_end(out);
}

static void record_owners(struct ndjson *out, const struct source *source, uint64_t cookie)
{
	const struct socket_info *socket = source_socket(source, cookie);

	ndjson_open_array(out, "owners");
	for (size_t i = 0; socket && i < socket->owner_count; i++) {
		const struct socket_owner *owner = &source->owned.owners[socket->first_owner + i];

		ndjson_open_object(out, NULL);
		ndjson_int(out, "pid", owner->pid);
		ndjson_string(out, "comm", owner->command);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_reasons(struct ndjson *out, const struct source *source,
			   const struct sample_member *member)
{
	ndjson_open_array(out, "reasons");
	for (size_t i = 0; i < TAP_REASONS; i++) {
		char name[REASON_NAME];

		if (!member->reasons[i].packets)
			continue;
		ndjson_open_object(out, NULL);
		ndjson_string(out, "reason",
			      reasons_name(tap_reasons(source->tap), name,
					   member->reasons[i].reason));
		ndjson_uint(out, "packets", member->reasons[i].packets);
		ndjson_close_object(out);
	}
	ndjson_close_array(out);
}

static void record_wait(struct ndjson *out, const struct sample_member *member)
{
	ndjson_open_object(out, "wait_ns");
	ndjson_uint(out, "count", waits_count(member->waits));
	ndjson_uint(out, "unknown", member->counters.waits_unknown);
	ndjson_uint(out, "p50", waits_quantile(member->waits, 0.5));
	ndjson_uint(out, "p99", waits_quantile(member->waits, 0.99));
	ndjson_uint(out, "max", waits_quantile(member->waits, 1));
	ndjson_close_object(out);
}

static void record_socket(struct ndjson *out, const struct account *account, size_t index)
{
	const struct sample_member *member = &account->now->members[index];

	ndjson_begin(out, "socket");
	record_member(out, account, index);
	ndjson_string(out, "protocol", member->tcp ? "tcp" : "udp");
	ndjson_uint(out, "port", member->port);
	ndjson_bool(out, "open", member->open);
	record_known(out, "queue_at_start", account->source->options->with.arrivals && !member->tcp,
		     member->queue_at_start);
	record_known(out, "queue_max", account->source->tap != NULL, member->queue_max);
	ndjson_uint(out, member->tcp ? "backlog" : "rcvbuf", member->rcvbuf);
	record_owners(out, account->source, member->cookie);
	record_reasons(out, account->source, member);
	if (account->source->options->with.waits && !member->tcp)
		record_wait(out, member);
	ndjson_end(out);
}

static void record_cpus(struct ndjson *out, const struct account *account)
{
	for (size_t i = 0; i < account->now->cpu_count; i++) {
		const struct tap_cpu *cpu = &account->now->cpus[i];

		if (!cpu->packets && !cpu->arrivals)
			continue;
		ndjson_begin(out, "cpu");
		ndjson_uint(out, "cpu", i);
		ndjson_uint(out, "packets", cpu->packets);
		ndjson_uint(out, "bytes", cpu->bytes);
		record_known(out, "arrivals", account->source->options->with.arrivals,
			     cpu->arrivals);
		record_known(out, "arrived_bytes", account->source->options->with.arrivals,
			     cpu->arrived_bytes);
		ndjson_end(out);
	}
}

static void record_flows(struct ndjson *out, const struct account *account,
			 const struct flow_list *flows)
{
	for (size_t i = 0; i < flows->count; i++) {
		const struct tap_flow_key *key = &flows->items[i].key;
		char remote[FLOW_END_TEXT], local[FLOW_END_TEXT];

		ndjson_begin(out, "flow");
		ndjson_string(out, "remote", flow_end_text(remote, key->remote, key->remote_port));
		ndjson_string(out, "local", flow_end_text(local, key->local, key->local_port));
		ndjson_uint(out, "cookie",
			    key->member < account->now->member_count
				    ? account->now->members[key->member].cookie
				    : 0);
		ndjson_uint(out, "packets", flows->items[i].packets);
		ndjson_end(out);
	}
}

static void record_summary(struct ndjson *out, const struct account *account,
			   const struct watch_result *result, const struct flow_list *flows,
			   const struct tap_lost *lost)
{
	const struct view *view = &account->view;
	bool with_flows = account->source->options->with.flows;

	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", result->elapsed);
	ndjson_string(out, "reason", watch_end_names[result->end]);
	ndjson_uint(out, "workers", view->count);
	record_counters(out, account->source, &view->total);
	record_known(out, "accepts", account->source->tap != NULL,
		     view->by_call[CALL_ACCEPT].packets);
	record_by_call(out, account->source, view->by_call);
	if (account->balance.known)
		record_balance(out, &account->balance);
	record_known(out, "flows", with_flows, flows->count);
	ndjson_double(out, "effective_flows", with_flows ? flows->effective : NAN);
	record_known(out, "split_flows", with_flows, flows->split);
	ndjson_uint(out, "lost_events", lost->events);
	ndjson_uint(out, "lost_sockets", lost->sockets);
	ndjson_uint(out, "missed_events", lost->missed);
	record_known(out, "evicted_flows", with_flows, lost->evicted);
	ndjson_end(out);
}

/* Threads are told besides, as processes are what other records are joined with. */
static void record_processes(struct ndjson *out, const struct account *account)
{
	struct probe_options options = *account->source->options;
	struct view view = { .workers = NULL };

	options.by = BY_WORKER;
	if (view_make(&view, account->now, account->now, &options) != 0)
		out->error = out->error ? out->error : ENOMEM;
	for (size_t i = 0; i < view.count; i++)
		record_worker(out, account, &view.workers[i]);
	view_free(&view);
}

void record_totals(struct ndjson *out, const struct account *account,
		   const struct watch_result *result, const struct flow_list *flows,
		   const struct tap_lost *lost)
{
	for (size_t i = 0; i < account->view.count; i++)
		record_worker(out, account, &account->view.workers[i]);
	if (account->source->options->by == BY_THREAD)
		record_processes(out, account);
	for (size_t i = 1; i < account->now->member_count; i++)
		if (account_takes(account, i))
			record_socket(out, account, i);
	record_cpus(out, account);
	if (account->source->options->by == BY_FLOW)
		record_flows(out, account, flows);
	record_summary(out, account, result, flows, lost);
}
