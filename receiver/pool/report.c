#include "receiver/pool/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/address.h"
#include "common/clock.h"
#include "common/message.h"
#include "common/units.h"
#include "receiver/engines/engine.h"
#include "receiver/models/model.h"
#include "receiver/options.h"
#include "receiver/pool/life.h"
#include "receiver/pool/pool.h"
#include "receiver/sinks/sink.h"

/* All that read one socket see the same count. */
static uint64_t most_overflows(const struct pool *pool)
{
	uint64_t most = 0;

	for (size_t i = 0; i < pool->slots_used; i++)
		if (pool->tallies[i].counts.overflows_seen > most)
			most = pool->tallies[i].counts.overflows_seen;
	return most;
}

struct received report_total(const struct pool *pool)
{
	const struct received *fronts = &pool->fronts.counts;
	struct received total = { .packets = 0 };

	for (size_t i = 0; i < pool->slots_used; i++)
		counters_add(received_counters, &total, &pool->tallies[i].counts);
	/* What a front took, the workers count: only what it did not hand on is its own. */
	total.drops += fronts->drops;
	total.overflows_seen += fronts->overflows_seen;
	if (pool->socket && !pool->model->front)
		total.overflows_seen = most_overflows(pool);
	total.in_queue += fronts->in_queue;
	total.lost_in_crash += fronts->lost_in_crash;
	total.packets += fronts->lost_in_crash;
	total.handed_on += fronts->handed_on;
	total.connections_cut += fronts->connections_cut;
	return total;
}

const char *report_policy(const struct pool *pool)
{
	if (!pool->model->member_each)
		return NULL;
	return pool->policy.text ? pool->policy.text : "hash";
}

const char *report_status(const struct pool *pool)
{
	static char status[ADDRESS_TEXT + 64];
	char text[ADDRESS_TEXT];

	snprintf(status, sizeof(status), "%zu worker%s on %s (%s)", pool->count,
		 pool->count == 1 ? "" : "s", address_text(text, &pool->group.address),
		 pool->group.tcp ? "TCP" : "UDP");
	return status;
}

void report_parameters(const struct pool *pool)
{
	const struct receive_options *options = pool->options;
	char text[ADDRESS_TEXT], size[UNITS_TEXT];

	printf("Address      %s (%s)\n", address_text(text, &pool->group.address),
	       pool->group.tcp ? "TCP" : "UDP");
	printf("Model        %s: %zu worker%s, %s%s\n", pool->model->name, pool->count,
	       pool->count == 1 ? "" : "s", pool->model->sockets,
	       options->exclusive ? ", one is woken" : "");
	if (pool->steering)
		printf("Steering     %s\n", report_policy(pool));
	if (!pool->group.tcp)
		printf("Buffers      %s each, as granted; read by %s\n",
		       units_size_text(size, pool_first_member(pool)->rcvbuf / 2),
		       report_engine(pool));
	printf("Sink         %s\n\n", sink_names[options->sink]);
	fflush(stdout);
}

/* What a table shows of a line's fate depends on the sink. */
struct columns {
	const char *unit; /* what the kernel distributes */
	const char *fate;
	uint64_t all;
	bool tcp, null, echo;
};

static uint64_t units_of(const struct columns *columns, const struct received *counts)
{
	return columns->tcp ? counts->connections : counts->packets;
}

static void print_row(const struct columns *columns, const char *worker, const char *pid,
		      const struct received *counts)
{
	char units[UNITS_TEXT], lines[UNITS_TEXT], fate[UNITS_TEXT], rejected[UNITS_TEXT];
	char errors[UNITS_TEXT], drops[UNITS_TEXT], share[UNITS_TEXT] = "-";
	uint64_t mine = units_of(columns, counts);

	if (columns->all)
		snprintf(share, sizeof(share), "%.1f%%", 100 * (double)mine / (double)columns->all);
	printf("%6s %8s %11s %6s %10s %10s %8s %6s %6s\n", worker, pid, units_grouped(units, mine),
	       share, units_grouped(lines, counts->lines),
	       units_grouped(fate, columns->null   ? counts->discarded
				   : columns->echo ? counts->answered
						   : counts->stored),
	       units_grouped(rejected, received_rejected(counts)),
	       units_grouped(errors, counts->store_errors), units_grouped(drops, counts->drops));
}

static void print_front(const struct columns *columns, const struct pool *pool)
{
	const struct received *counts = &pool->fronts.counts;
	char taken[UNITS_TEXT], given[UNITS_TEXT], drops[UNITS_TEXT];
	uint64_t units = units_of(columns, counts);

	if (!pool->fronts.lives)
		return;
	units_grouped(drops, counts->drops);
	if (pool->model->front)
		printf("The %s took %s %s and handed on %s; %s %s.\n", pool->model->front_name,
		       units_grouped(taken, units), columns->unit,
		       units_grouped(given, counts->handed_on), drops,
		       columns->tcp ? "did not fit its backlog" : "were dropped at its socket");
	else
		printf("At the shared socket, %s %s.\n", drops,
		       columns->tcp ? "connections did not fit the backlog"
				    : "packets were dropped");
}

static void print_latency(const char *to, const struct histogram *latency)
{
	char p50[UNITS_TEXT], p99[UNITS_TEXT], most[UNITS_TEXT];

	if (latency->count)
		printf("Time stamp to %s p50 %s, p99 %s, max %s\n", to,
		       units_duration_text(p50, histogram_quantile(latency, 0.5)),
		       units_duration_text(p99, histogram_quantile(latency, 0.99)),
		       units_duration_text(most, latency->max));
}

static void print_lifecycle(const struct pool *pool)
{
	if (pool->generation > 1 || pool->respawns || pool->crashed)
		printf("Generations: %u; crashes: %zu; workers started again: %zu\n",
		       pool->generation, pool->crashed, pool->respawns);
	if (pool->count != pool->options->workers)
		printf("Workers at the end: %zu\n", pool->count);
	if (pool->policy_text)
		printf("Steering at the end: %s\n", pool->policy_text);
}

void report_text(const struct pool *pool)
{
	struct received total = report_total(pool);
	struct columns columns = { .unit = pool->group.tcp ? "connections" : "packets",
				   .fate = "stored",
				   .tcp = pool->group.tcp };

	columns.all = units_of(&columns, &total);
	columns.null = sink_by_index(pool->options->sink) == &sink_null;
	columns.echo = sink_by_index(pool->options->sink)->answers;
	if (columns.null || columns.echo)
		columns.fate = columns.null ? "discarded" : "answered";
	printf("%6s %8s %11s %6s %10s %10s %8s %6s %6s\n", "worker", "pid", columns.unit, "share",
	       "lines", columns.fate, "rejected", "errors", "drops");
	for (size_t i = 0; i < pool->slots_used; i++) {
		char index[24], pid[16];

		/* Of a growth that failed. */
		if (!pool->tallies[i].lives && !units_of(&columns, &pool->tallies[i].counts))
			continue;
		snprintf(index, sizeof(index), "%zu", i);
		snprintf(pid, sizeof(pid), "%d", pool->tallies[i].pid);
		print_row(&columns, index, pid, &pool->tallies[i].counts);
	}
	print_row(&columns, "all", "", &total);
	printf("\n");
	print_front(&columns, pool);
	print_latency("reception:", &pool->latency);
	print_latency("commit:   ", &pool->committed);
	print_lifecycle(pool);
	printf("Ended by: %s, after %.1f s; lines not accounted for: %" PRIu64 "\n",
	       pool_reason_text(pool->reason), (double)pool->elapsed / NS_PER_SECOND,
	       received_pending(&total));
}

static bool has_surplus(const struct pool *pool)
{
	for (size_t i = 0; i < pool->slots_used; i++)
		if (received_settled(&pool->tallies[i].counts) >
		    pool->tallies[i].counts.lines + pool->tallies[i].counts.unspooled)
			return true;
	return false;
}

static void warn_of_connections(const struct received *total)
{
	char count[UNITS_TEXT];

	if (total->connections_refused) {
		message_warning("%s connections were refused: --max-connections were open",
				units_grouped(count, total->connections_refused));
		message_hint(
			"allow more, or more workers; --idle-timeout ends those that are idle");
	}
	if (total->connections_idle)
		message_warning("%s connections were closed after --idle-timeout",
				units_grouped(count, total->connections_idle));
	if (total->connections_cut)
		message_warning("%s connections were still open at the end of --drain",
				units_grouped(count, total->connections_cut));
}

void report_full(const struct receive_options *options, const struct received *total)
{
	char count[UNITS_TEXT];

	if (total->dropped)
		message_warning("%s lines were dropped: the server could not follow",
				units_grouped(count, total->dropped));
	if (total->spooled > total->unspooled) {
		message_warning("%s lines wait in %s",
				units_grouped(count, total->spooled - total->unspooled),
				options->on_full.directory);
		message_hint("the next fairport-receive with this --on-full stores them");
	}
}

/* The kernel counts a train that it drops as one. */
static bool drops_are_trains(const struct pool *pool)
{
	return engine_by_choice(pool->options->engine) == &engine_gro;
}

bool report_problems(const struct pool *pool)
{
	struct received total = report_total(pool);
	uint64_t pending = received_pending(&total);
	char count[UNITS_TEXT];
	bool surplus = has_surplus(pool);

	if (surplus)
		message_error("a worker accounts for more lines than it received");
	if (received_rejected(&total))
		message_warning("%s lines were rejected",
				units_grouped(count, received_rejected(&total)));
	if (total.drops && !pool->group.tcp) {
		message_warning("%s %s were dropped because a receive buffer was full",
				units_grouped(count, total.drops),
				drops_are_trains(pool) ? "trains of packets" : "packets");
		message_hint(pool->model->member_each
				     ? "a larger --rcvbuf rides out bursts; --steer spreads what "
				       "the hash does not; else more workers, or a lower rate"
				     : "a larger --rcvbuf rides out bursts; else a faster "
				       "--engine, another --model, or a lower rate");
	} else if (total.drops) {
		message_warning("%s connections did not fit into the queue of a listener",
				units_grouped(count, total.drops));
		message_hint(
			"use a larger --backlog (net.core.somaxconn limits it), or more workers");
	}
	warn_of_connections(&total);
	report_full(pool->options, &total);
	if (total.in_queue)
		message_warning("%s %s were left in the queues of workers that left",
				units_grouped(count, total.in_queue),
				pool->group.tcp ? "connections" : "packets");
	if (total.lost_in_crash)
		message_error("%s packets were taken by processes that died before reading them",
			      units_grouped(count, total.lost_in_crash));
	if (total.store_errors)
		message_error("%s lines were received but not stored",
			      units_grouped(count, total.store_errors));
	if (pending)
		message_error("%s lines were in workers that died", units_grouped(count, pending));
	return pool->crashed || pool->reason == POOL_ABORTED || total.store_errors || pending ||
	       total.lost_in_crash || surplus;
}
