#include "receiver/pool/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/address.h"
#include "common/openmetrics/server.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/life.h"
#include "receiver/pool/pool.h"
#include "receiver/pool/report.h"
#include "receiver/sinks/sink.h"

#define NUMBER_TEXT 24

enum whose { WORKERS = 1, FRONT = 2 };
enum protocol_of { ALL, UDP, TCP };

/* A counter of each worker. Rows with the same name follow each other, and differ in REASON. */
struct row {
	const char *name, *reason;
	size_t offset; /* in struct received */
	enum whose whose;
	enum protocol_of protocol;
	const char *unit, *help;
};

#define OF(member) offsetof(struct received, member)

/* Of a front only what report_total() adds to what the workers counted: the sum is the total. */
static const struct row rows[] = {
	{ "fairport_receive_packets", NULL, OF(packets), WORKERS, UDP, NULL,
	  "Datagrams that the receive calls returned." },
	{ "fairport_receive_bytes", NULL, OF(bytes), WORKERS, ALL, "bytes", "Payload received." },
	{ "fairport_receive_truncated_packets", NULL, OF(truncated_packets), WORKERS, UDP, NULL,
	  "Datagrams longer than the buffer." },
	{ "fairport_receive_messages", NULL, OF(messages), WORKERS, UDP, NULL,
	  "What receive calls returned: datagrams, or trains of them with engine gro." },
	{ "fairport_receive_calls", NULL, OF(receive_calls), WORKERS, ALL, NULL,
	  "Receive calls that were made." },
	{ "fairport_receive_eagain", NULL, OF(eagain), WORKERS, ALL, NULL,
	  "Receive calls that found nothing." },
	{ "fairport_receive_errors", NULL, OF(receive_errors), WORKERS, ALL, NULL,
	  "Receive calls that failed." },
	{ "fairport_receive_drops", NULL, OF(drops), WORKERS | FRONT, ALL, NULL,
	  "Packets dropped as a receive buffer was full, or connections as a backlog was." },
	{ "fairport_receive_overflows", NULL, OF(overflows_seen), WORKERS | FRONT, UDP, NULL,
	  "Drops as packets tell them in-band (SO_RXQ_OVFL): late, and not the last ones." },
	{ "fairport_receive_left_in_queue", NULL, OF(in_queue), WORKERS | FRONT, ALL, NULL,
	  "Packets or connections that were left in a socket when it was closed." },
	{ "fairport_receive_lost_in_crash", NULL, OF(lost_in_crash), WORKERS | FRONT, UDP, NULL,
	  "Packets that were taken by processes that died before reading them." },
	{ "fairport_receive_handed_on", NULL, OF(handed_on), FRONT, ALL, NULL,
	  "Packets or connections that a front gave to workers." },
	{ "fairport_receive_connections", NULL, OF(connections), WORKERS, TCP, NULL,
	  "Connections that were accepted." },
	{ "fairport_receive_connections_closed", "refused", OF(connections_refused), WORKERS, TCP,
	  NULL, "Connections that did not end in order, by reason." },
	{ "fairport_receive_connections_closed", "idle", OF(connections_idle), WORKERS, TCP, NULL,
	  NULL },
	{ "fairport_receive_connections_closed", "reset", OF(connections_reset), WORKERS, TCP, NULL,
	  NULL },
	{ "fairport_receive_connections_closed", "cut", OF(connections_cut), WORKERS | FRONT, TCP,
	  NULL, NULL },
	{ "fairport_receive_lines", NULL, OF(lines), WORKERS, ALL, NULL,
	  "Lines of line protocol that were received." },
	{ "fairport_receive_stored_rows", NULL, OF(stored), WORKERS, ALL, NULL,
	  "Rows that PostgreSQL says it stored." },
	{ "fairport_receive_discarded_lines", NULL, OF(discarded), WORKERS, ALL, NULL,
	  "Lines that the null sink took." },
	{ "fairport_receive_answered_lines", NULL, OF(answered), WORKERS, ALL, NULL,
	  "Lines that the echo sink sent back." },
	{ "fairport_receive_rejected_lines", "syntax", OF(rejected_syntax), WORKERS, ALL, NULL,
	  "Lines that are not line protocol, or that a table cannot hold, by reason." },
	{ "fairport_receive_rejected_lines", "truncated", OF(rejected_truncated), WORKERS, ALL,
	  NULL, NULL },
	{ "fairport_receive_rejected_lines", "type_conflict", OF(rejected_type_conflict), WORKERS,
	  ALL, NULL, NULL },
	{ "fairport_receive_rejected_lines", "limit", OF(rejected_limit), WORKERS, ALL, NULL,
	  NULL },
	{ "fairport_receive_rejected_lines", "encoding", OF(rejected_encoding), WORKERS, ALL, NULL,
	  NULL },
	{ "fairport_receive_rejected_lines", "strict", OF(rejected_strict), WORKERS, ALL, NULL,
	  NULL },
	{ "fairport_receive_store_errors", NULL, OF(store_errors), WORKERS, ALL, NULL,
	  "Lines that were received and could not be stored." },
	{ "fairport_receive_dropped_lines", NULL, OF(dropped), WORKERS, ALL, NULL,
	  "Lines that found memory full (--on-full drop)." },
	{ "fairport_receive_spooled_lines", NULL, OF(spooled), WORKERS, ALL, NULL,
	  "Lines that went to disk (--on-full spool)." },
	{ "fairport_receive_unspooled_lines", NULL, OF(unspooled), WORKERS, ALL, NULL,
	  "Lines from disk, this run's or an earlier one's, that have a fate now." },
	{ "fairport_receive_batches", NULL, OF(batches), WORKERS, ALL, NULL,
	  "Transactions that were committed." },
};

/* The pool as one scrape sees it. */
struct view {
	struct pool *pool;
	struct openmetrics_text *text;
	struct received *slots; /* pool->slots_used of them */
	struct received front;
	const char *front_name; /* NULL: there is none */
};

static const char *front_of(const struct pool *pool)
{
	if (pool->model->front)
		return pool->model->front_name;
	return pool->model->member_each || pool->model->one_worker ? NULL : LIFE_SHARED_SOCKET;
}

/* A sample with the label worker, and with REASON that label too. */
static void put(struct openmetrics_text *text, const char *worker, const char *reason,
		uint64_t value)
{
	const struct openmetrics_label labels[] = { { "worker", worker },
						    { reason ? "reason" : NULL, reason },
						    { NULL, NULL } };

	openmetrics_uint(text, labels, value);
}

static const char *number(char text[static NUMBER_TEXT], uint64_t value)
{
	snprintf(text, NUMBER_TEXT, "%llu", (unsigned long long)value);
	return text;
}

static uint64_t value_of(const struct received *counts, const struct row *row)
{
	return *(const uint64_t *)((const char *)counts + row->offset);
}

static void write_row(const struct view *view, const struct row *row)
{
	char worker[NUMBER_TEXT];

	for (size_t i = 0; row->whose & WORKERS && i < view->pool->slots_used; i++)
		put(view->text, number(worker, i), row->reason, value_of(&view->slots[i], row));
	if (row->whose & FRONT && view->front_name)
		put(view->text, view->front_name, row->reason, value_of(&view->front, row));
}

static void write_rows(const struct view *view)
{
	bool tcp = view->pool->group.tcp;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (row->protocol == (tcp ? UDP : TCP) ||
		    (row->whose == FRONT && !view->front_name))
			continue;
		if (row->help)
			openmetrics_family(view->text, OPENMETRICS_COUNTER, row->name, row->unit,
					   row->help);
		write_row(view, row);
	}
}

static void write_pending(const struct view *view)
{
	char worker[NUMBER_TEXT];

	openmetrics_family(view->text, OPENMETRICS_GAUGE, "fairport_receive_pending_lines", NULL,
			   "Lines without a fate: in memory, or lost with a process that died.");
	for (size_t i = 0; i < view->pool->slots_used; i++)
		put(view->text, number(worker, i), NULL, received_pending(&view->slots[i]));
}

static void write_decisions(const struct view *view)
{
	const struct pool *pool = view->pool;
	char worker[NUMBER_TEXT];

	if (!pool->steering)
		return;
	openmetrics_family(view->text, OPENMETRICS_COUNTER, "fairport_receive_steering_decisions",
			   NULL, "How often an eBPF program chose this worker.");
	for (size_t i = 0; i < pool->slots_used; i++)
		put(view->text, number(worker, i), NULL, pool->decisions[i]);
	openmetrics_family(view->text, OPENMETRICS_COUNTER, "fairport_receive_steering_fallbacks",
			   NULL, "Choices that an eBPF program had to leave to the hash.");
	openmetrics_uint(view->text, NULL, pool->fallbacks);
}

/* Only of workers that are wanted: one that was taken away is not down. */
static void write_workers(const struct view *view)
{
	const struct pool *pool = view->pool;
	char worker[NUMBER_TEXT], generation[NUMBER_TEXT], pid[NUMBER_TEXT], cookie[NUMBER_TEXT];

	openmetrics_family(view->text, OPENMETRICS_GAUGE, "fairport_receive_worker_up", NULL,
			   "Whether the worker has a process that serves.");
	for (size_t i = 0; i < pool->count; i++) {
		const struct life *life = pool->seats[i].life;

		put(view->text, number(worker, i), NULL, life && life->state == LIFE_SERVING);
	}
	openmetrics_family(view->text, OPENMETRICS_INFO, "fairport_receive_worker", NULL,
			   "The process that is this worker now, and its socket.");
	for (size_t i = 0; i < pool->count; i++) {
		const struct life *life = pool->seats[i].life;

		if (!life)
			continue;
		openmetrics_uint(view->text,
				 (struct openmetrics_label[]){
					 { "worker", number(worker, i) },
					 { "generation", number(generation, life->generation) },
					 { "pid", number(pid, (uint64_t)life->pid) },
					 { "cookie", number(cookie, life->cookie) },
					 { NULL, NULL } },
				 1);
	}
}

/* So many packets, or with TCP connections, has each slot got. */
static uint64_t share_of(const struct pool *pool, const struct received *counts)
{
	return pool->group.tcp ? counts->connections : counts->packets;
}

static void put_window(const struct view *view, const char *window, double value)
{
	const struct openmetrics_label labels[] = { { "window", window }, { NULL, NULL } };

	openmetrics_double(view->text, labels, value);
}

static void write_imbalance(const struct view *view)
{
	const struct imbalance *last = &view->pool->evenness.last;
	uint64_t counts[POOL_SLOTS];
	struct imbalance all;

	for (size_t i = 0; i < view->pool->count; i++)
		counts[i] = share_of(view->pool, &view->slots[i]);
	all = imbalance_of(counts, view->pool->count);
	openmetrics_family(view->text, OPENMETRICS_GAUGE, "fairport_receive_imbalance", NULL,
			   "The busiest worker's packets (TCP: connections) over the mean; 1 is "
			   "even, NaN is idle.");
	put_window(view, "start", all.max_over_mean);
	put_window(view, "interval", last->max_over_mean);
	openmetrics_family(view->text, OPENMETRICS_GAUGE, "fairport_receive_imbalance_cv", NULL,
			   "Standard deviation of the workers' packets (TCP: connections) over "
			   "their mean; 0 is even, NaN is idle.");
	put_window(view, "start", all.cv);
	put_window(view, "interval", last->cv);
}

static void put_single(const struct view *view, enum openmetrics_type type, const char *name,
		       uint64_t value, const char *help)
{
	openmetrics_family(view->text, type, name, NULL, help);
	openmetrics_uint(view->text, NULL, value);
}

static void write_pool(const struct view *view)
{
	const struct pool *pool = view->pool;
	const char *steer = report_policy(pool);
	char address[ADDRESS_TEXT];

	openmetrics_family(view->text, OPENMETRICS_INFO, "fairport_receive_pool", NULL,
			   "Where the pool receives, and how.");
	openmetrics_uint(view->text,
			 (struct openmetrics_label[]){
				 { "address", address_text(address, &pool->group.address) },
				 { "protocol", protocol_names[pool->options->protocol] },
				 { "model", pool->model->name },
				 { "steer", steer ? steer : "" },
				 { "sink", sink_names[pool->options->sink] },
				 { NULL, NULL } },
			 1);
	put_single(view, OPENMETRICS_GAUGE, "fairport_receive_workers", pool->count,
		   "Workers that are wanted.");
	put_single(view, OPENMETRICS_GAUGE, "fairport_receive_generation", pool->generation,
		   "The generation of workers that serves.");
	put_single(view, OPENMETRICS_COUNTER, "fairport_receive_restarts", pool->restarts,
		   "Generations that took over from another.");
	put_single(view, OPENMETRICS_COUNTER, "fairport_receive_crashes", pool->crashed,
		   "Processes that ended otherwise than asked to.");
	put_single(view, OPENMETRICS_COUNTER, "fairport_receive_respawns", pool->respawns,
		   "Processes that took the place of one that died.");
}

static int write_metrics(void *context, struct openmetrics_text *text)
{
	struct pool *pool = context;
	struct view view = { .pool = pool, .text = text, .front_name = front_of(pool) };

	view.slots = calloc(pool->slots_used, sizeof(*view.slots));
	if (!view.slots)
		return -ENOMEM;
	lives_read_drops(pool);
	pool_read_decisions(pool);
	for (size_t i = 0; i < pool->slots_used; i++)
		view.slots[i] = lives_total(pool, false, i);
	view.front = lives_total(pool, true, 0);
	write_pool(&view);
	write_workers(&view);
	write_rows(&view);
	write_pending(&view);
	write_decisions(&view);
	write_imbalance(&view);
	free(view.slots);
	return 0;
}

bool metrics_open(struct pool *pool)
{
	const struct openmetrics_source source = { receive_program.name, write_metrics, pool };

	if (!pool->options->openmetrics.text)
		return true;
	pool->evenness.last = imbalance_of(NULL, 0);
	pool->openmetrics = openmetrics_open(&pool->options->openmetrics, &source);
	return pool->openmetrics != NULL;
}

void metrics_interval(struct pool *pool)
{
	struct evenness *evenness = &pool->evenness;
	uint64_t counts[POOL_SLOTS];

	if (!pool->openmetrics)
		return;
	for (size_t i = 0; i < pool->slots_used; i++) {
		struct received sum = lives_total(pool, false, i);
		uint64_t share = share_of(pool, &sum);

		counts[i] = share - evenness->before[i];
		evenness->before[i] = share;
	}
	evenness->last = imbalance_of(counts, pool->count);
}
