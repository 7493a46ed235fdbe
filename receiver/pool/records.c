/* The records of the pool; docs/output-format.md defines their keys. */
#include <stdio.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/ndjson.h"
#include "common/openmetrics/server.h"
#include "common/record.h"
#include "common/units.h"
#include "receiver/engines/engine.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/life.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/report.h"
#include "receiver/samples.h"

const char *report_engine(const struct pool *pool)
{
	return pool->group.tcp ? NULL : engine_by_choice(pool->options->engine)->name;
}

void report_header(struct pool *pool, int argc, char **argv)
{
	struct ndjson *out = pool->records;
	char text[ADDRESS_TEXT];

	record_begin_header(out, &receive_program, pool->options, argc, argv);
	ndjson_string(out, "address", address_text(text, &pool->group.address));
	ndjson_uint(out, "port", address_port(&pool->group.address));
	ndjson_string(out, "protocol", protocol_names[pool->options->protocol]);
	ndjson_string(out, "model", pool->model->name);
	ndjson_string(out, "engine", report_engine(pool));
	ndjson_string(out, "steer", report_policy(pool));
	ndjson_string(out, "handover", handover_names[pool->options->handover]);
	ndjson_uint(out, "rcvbuf_bytes", pool_first_member(pool)->rcvbuf);
	if (pool->openmetrics)
		ndjson_uint(out, "openmetrics_port", openmetrics_port(pool->openmetrics));
	else
		ndjson_string(out, "openmetrics_port", NULL);
	ndjson_end(out);
}

void report_identity(struct ndjson *out, const struct life *life)
{
	if (life->front)
		ndjson_string(out, "name", life->front);
	else
		ndjson_uint(out, "index", life->slot);
	ndjson_uint(out, "generation", life->generation);
	if (life->pid)
		ndjson_int(out, "pid", life->pid);
	else
		ndjson_string(out, "pid", NULL);
	ndjson_uint(out, "cookie", life->cookie);
}

/* One life's share of an interval; what it did is added to TOTAL. */
static void record_delta(struct ndjson *out, struct life *life, struct received *total)
{
	struct received now, delta;

	counters_read(received_counters, &now, &life->account->counts);
	delta = now;
	counters_subtract(received_counters, &delta, &life->last);
	life->last = now;
	ndjson_open_object(out, NULL);
	report_identity(out, life);
	ndjson_string(out, "state", life_states[life->state]);
	counters_record(received_counters, out, &delta);
	ndjson_close_object(out);
	counters_add(received_counters, total, &delta);
}

void report_interval(struct pool *pool, uint64_t elapsed, uint64_t delta_ns, bool progress)
{
	struct received total = { .packets = 0 }, fronts = { .packets = 0 };
	char packets[UNITS_TEXT], stored[UNITS_TEXT], connections[UNITS_TEXT];
	struct ndjson *out = pool->records;

	record_begin_interval(out, elapsed, delta_ns);
	ndjson_open_array(out, "workers");
	for (struct life *life = pool->lives; life; life = life->next)
		if (!life->front)
			record_delta(out, life, &total);
	ndjson_close_array(out);
	ndjson_open_array(out, "fronts");
	for (struct life *life = pool->lives; life; life = life->next)
		if (life->front)
			record_delta(out, life, &fronts);
	ndjson_close_array(out);
	ndjson_double(out, "rate_pps", clock_rate(total.packets, delta_ns));
	ndjson_end(out);
	if (progress && pool->group.tcp)
		message_progress("%s connections, %s lines in the last %.1f s",
				 units_grouped(connections, total.connections),
				 units_grouped(stored, total.lines),
				 (double)delta_ns / NS_PER_SECOND);
	else if (progress)
		message_progress("%s packets, %s rows stored in the last %.1f s",
				 units_grouped(packets, total.packets),
				 units_grouped(stored, total.stored),
				 (double)delta_ns / NS_PER_SECOND);
}

void report_life(struct pool *pool, const struct life *life)
{
	const struct account *account = life->account;
	struct ndjson *out = pool->records;
	char who[32];

	/* A pool that did not start has no records. */
	if (!pool->started)
		return;
	ndjson_begin(out, life->front ? "front" : "worker");
	report_identity(out, life);
	ndjson_string(out, "state", life_states[life->state]);
	counters_record(received_counters, out, &account->counts);
	ndjson_uint(out, "pending", received_pending(&account->counts));
	ndjson_uint(out, "rcvbuf_bytes", life->rcvbuf);
	ndjson_uint(out, "peak_rss_bytes", life->peak_rss);
	ndjson_uint(out, "cpu_ns", life->cpu);
	ndjson_int(out, "exit_status", life->exit_status);
	ndjson_string(out, "store_error", account->store_error[0] ? account->store_error : NULL);
	histogram_record(&account->latency, out, "latency_ns");
	histogram_record(&account->committed, out, "committed_ns");
	samples_record(account, out);
	ndjson_end(out);
	snprintf(who, sizeof(who), "worker %zu", life->slot);
	samples_show(account, who);
}

uint64_t report_decisions(const struct pool *pool, size_t slot)
{
	const struct received *counts = &pool->tallies[slot].counts;

	if (pool->decisions_counted)
		return pool->decisions[slot];
	return pool->group.tcp ? counts->connections
			       : counts->packets + counts->drops + counts->in_queue;
}

void report_summary(const struct pool *pool)
{
	struct received total = report_total(pool);
	struct ndjson *out = pool->records;

	ndjson_begin(out, "summary");
	ndjson_uint(out, "elapsed_ns", pool->elapsed);
	ndjson_string(out, "reason", pool_reason_text(pool->reason));
	ndjson_uint(out, "workers", pool->count);
	ndjson_uint(out, "generations", pool->generation);
	ndjson_uint(out, "restarts", pool->restarts);
	ndjson_uint(out, "respawns", pool->respawns);
	ndjson_uint(out, "crashed", pool->crashed);
	ndjson_string(out, "steer", report_policy(pool));
	ndjson_open_array(out, "decisions");
	for (size_t i = 0; pool->model->member_each && i < pool->slots_used; i++)
		ndjson_uint(out, NULL, report_decisions(pool, i));
	ndjson_close_array(out);
	ndjson_string(out, "decisions_by", pool->decisions_counted ? "program" : "arrivals");
	ndjson_uint(out, "fallbacks", pool->fallbacks);
	counters_record(received_counters, out, &total);
	ndjson_uint(out, "pending", received_pending(&total));
	histogram_record(&pool->latency, out, "latency_ns");
	histogram_record(&pool->committed, out, "committed_ns");
	ndjson_end(out);
}
