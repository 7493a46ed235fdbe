#include "probes/probe/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/text_table.h"
#include "common/units.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"

#define FLOWS_SHOWN 20

/* COMMAND, which is on the left, gives way where the numbers are wide. */
enum worker_column {
	W_PID,
	W_TID,
	W_COMMAND,
	W_COOKIE,
	W_ACCEPTED,
	W_CALLS,
	W_PACKETS,
	W_BYTES,
	W_EAGAIN,
	W_IDLE,
	W_ERRORS,
	W_SHARE,
};

static const struct text_column worker_columns[] = {
	[W_PID] = { .title = "PID" },
	[W_TID] = { .title = "THREAD", .optional = true },
	[W_COMMAND] = { .title = "COMMAND", .left = true, .gives_way = true },
	[W_COOKIE] = { .title = "COOKIE" },
	[W_ACCEPTED] = { .title = "ACCEPTED", .optional = true },
	[W_CALLS] = { .title = "CALLS" },
	[W_PACKETS] = { .title = "PACKETS" },
	[W_BYTES] = { .title = "BYTES" },
	[W_EAGAIN] = { .title = "EAGAIN" },
	[W_IDLE] = { .title = "IDLE", .optional = true },
	[W_ERRORS] = { .title = "ERRORS" },
	[W_SHARE] = { .title = "SHARE" },
};

_Static_assert(W_SHARE < TEXT_TABLE_COLUMNS, "a row has room for them");

/* A cell that is empty for 0. */
static void number_unless_0(char cell[static TEXT_CELL], uint64_t value)
{
	if (value)
		text_number(cell, value);
}

static void fill_counters(struct text_row *row, const struct tap_counters *total,
			  const struct tap_counters *accepts, uint64_t whole)
{
	number_unless_0(row->cells[W_ACCEPTED], accepts->packets);
	text_number(row->cells[W_CALLS], total->calls + accepts->calls);
	text_number(row->cells[W_PACKETS], total->packets);
	text_number(row->cells[W_BYTES], total->bytes);
	text_number(row->cells[W_EAGAIN], total->eagain + accepts->eagain);
	number_unless_0(row->cells[W_IDLE], total->idle_wakeups + accepts->idle_wakeups);
	text_number(row->cells[W_ERRORS], total->errors + accepts->errors);
	text_share(row->cells[W_SHARE], total->packets + accepts->packets, whole);
}

void print_workers(const struct view *view)
{
	struct text_table table = { .columns = worker_columns };
	struct text_row *row;

	for (size_t i = 0; i < view->count; i++) {
		const struct worker *worker = &view->workers[i];

		row = text_table_add(&table);
		if (!row)
			break;
		text_number(row->cells[W_PID], worker->pid);
		number_unless_0(row->cells[W_TID], worker->tid);
		snprintf(row->cells[W_COMMAND], TEXT_CELL, "%s", worker->command);
		if (worker->cookie)
			text_number(row->cells[W_COOKIE], worker->cookie);
		else
			snprintf(row->cells[W_COOKIE], TEXT_CELL, "older");
		fill_counters(row, &worker->total, &worker->by_call[CALL_ACCEPT], view_taken(view));
	}
	row = text_table_add(&table);
	if (row) {
		snprintf(row->cells[W_PID], TEXT_CELL, "total");
		fill_counters(row, &view->total, &view->by_call[CALL_ACCEPT], view_taken(view));
	}
	text_table_print(&table, COLUMNS);
	text_table_free(&table);
}

enum socket_column {
	S_COOKIE,
	S_SOCKET,
	S_OWNER,
	S_ARRIVED,
	S_RECEIVED,
	S_DROPPED,
	S_QUEUE,
	S_MAX,
	S_FULL,
	S_FLOWS,
};

static const struct text_column socket_columns[] = {
	[S_COOKIE] = { .title = "COOKIE" },
	[S_SOCKET] = { .title = "SOCKET", .left = true },
	[S_OWNER] = { .title = "OWNER", .left = true, .gives_way = true },
	[S_ARRIVED] = { .title = "ARRIVED", .optional = true },
	[S_RECEIVED] = { .title = "TAKEN", .optional = true },
	[S_DROPPED] = { .title = "DROPPED" },
	[S_QUEUE] = { .title = "QUEUE" },
	[S_MAX] = { .title = "MAX", .optional = true },
	[S_FULL] = { .title = "FULL" },
	[S_FLOWS] = { .title = "FLOWS", .optional = true },
	{ .title = NULL },
};

/* Who has taken most from it, else who could. */
static void owner_text(char cell[static TEXT_CELL], const struct account *account, size_t index)
{
	const struct source *source = account->source;
	const struct sample_member *member = &account->now->members[index];
	const struct socket_info *socket = source_socket(source, member->cookie);
	const struct socket_owner *owner;
	const struct worker *most = NULL;

	for (size_t i = 0; i < account->view.count; i++) {
		const struct worker *worker = &account->view.workers[i];

		if (worker->member == index && worker_taken(worker) > 0 &&
		    (!most || worker_taken(worker) > worker_taken(most)))
			most = worker;
	}
	if (most) {
		snprintf(cell, TEXT_CELL, "%" PRIu64 " %s%s", most->pid, most->command,
			 member->open ? "" : " (closed)");
		return;
	}
	if (!member->open || !socket || !socket->owner_count) {
		snprintf(cell, TEXT_CELL, "%s", member->open ? "not visible" : "closed");
		return;
	}
	/* Of parent and worker, it is the worker who has fewer of these sockets. */
	owner = &source->owned.owners[socket->first_owner];
	for (size_t i = 1; i < socket->owner_count; i++) {
		const struct socket_owner *other = &source->owned.owners[socket->first_owner + i];

		if (other->sockets < owner->sockets)
			owner = other;
	}
	snprintf(cell, TEXT_CELL, "%d %s%.24s", (int)owner->pid,
		 owner->state == 'T' ? "(stopped) " : "", owner->command);
}

static void socket_row(struct text_row *row, const struct account *account, size_t index)
{
	const struct probe_options *options = account->source->options;
	const struct sample_member *member = &account->now->members[index];
	const struct worker *worker = &account->view.members[index];
	uint64_t queue = member->queue_packets;

	text_number(row->cells[S_COOKIE], member->cookie);
	snprintf(row->cells[S_SOCKET], TEXT_CELL, "%s %u", member->tcp ? "tcp" : "udp",
		 member->port);
	owner_text(row->cells[S_OWNER], account, index);
	text_number(row->cells[S_DROPPED], member->counters.dropped);
	text_share(row->cells[S_FULL], member->tcp ? queue : member->queue_bytes, member->rcvbuf);
	if (!account->source->tap) {
		text_number(row->cells[S_QUEUE], member->tcp ? queue : member->queue_bytes);
		return;
	}
	text_number(row->cells[S_QUEUE], queue);
	text_number(row->cells[S_MAX], member->queue_max);
	text_number(row->cells[S_RECEIVED], worker_taken(worker));
	if (member->tcp)
		text_number(row->cells[S_ARRIVED], member->counters.handshakes);
	else if (options->with.arrivals)
		text_number(row->cells[S_ARRIVED], member->counters.arrivals);
	if (options->with.flows && !member->tcp)
		text_number(row->cells[S_FLOWS], member->counters.flows);
}

static int by_cookie(const void *a, const void *b, void *sample)
{
	const struct sample_member *members = ((const struct sample *)sample)->members;
	uint64_t left = members[*(const size_t *)a].cookie;
	uint64_t right = members[*(const size_t *)b].cookie;

	return (left > right) - (left < right);
}

/* The places of the sockets to be told, in the order of their cookies: the caller's to free. */
static size_t *told_members(const struct account *account, size_t *count)
{
	size_t *places = calloc(account->now->member_count + 1, sizeof(*places));

	*count = 0;
	for (size_t i = 1; places && i < account->now->member_count; i++)
		if (account_takes(account, i))
			places[(*count)++] = i;
	if (places)
		qsort_r(places, *count, sizeof(*places), by_cookie, (void *)account->now);
	return places;
}

void print_sockets(const struct account *account)
{
	struct text_table table = { .columns = socket_columns };
	size_t count, *places = told_members(account, &count);

	for (size_t i = 0; i < count; i++) {
		struct text_row *row = text_table_add(&table);

		if (row)
			socket_row(row, account, places[i]);
	}
	if (table.count > 0) {
		printf("\nSockets (%s):\n", account->source->tap
						    ? "queues in packets, of TCP in connections"
						    : "queues in bytes, of TCP in connections");
		text_table_print(&table, COLUMNS);
	}
	text_table_free(&table);
	free(places);
}

void print_waits(const struct account *account)
{
	static const struct text_column columns[] = {
		{ .title = "COOKIE" },    { .title = "PACKETS" }, { .title = "P50" },
		{ .title = "P99" },       { .title = "MAX" },     { .title = "UNKNOWN" },
		{ .title = "TRUNCATED" }, { .title = NULL },
	};
	struct text_table table = { .columns = columns };
	size_t count, *places = told_members(account, &count);

	for (size_t i = 0; i < count; i++) {
		const struct sample_member *member = &account->now->members[places[i]];
		const struct worker *worker = &account->view.members[places[i]];
		static const double quantiles[] = { 0.5, 0.99, 1 };
		struct text_row *row;

		if (!worker->total.packets || member->tcp)
			continue;
		row = text_table_add(&table);
		if (!row)
			break;
		text_number(row->cells[0], member->cookie);
		text_number(row->cells[1], waits_count(member->waits));
		for (size_t j = 0; j < 3; j++) {
			char time[UNITS_TEXT];

			snprintf(row->cells[2 + j], TEXT_CELL, "%s",
				 units_duration_text(time,
						     waits_quantile(member->waits, quantiles[j])));
		}
		text_number(row->cells[5], member->counters.waits_unknown);
		text_number(row->cells[6], worker->total.truncated);
	}
	if (table.count > 0) {
		printf("\nTime in the queue, each at most:\n");
		text_table_print(&table, COLUMNS);
	}
	text_table_free(&table);
	free(places);
}

void print_cpus(const struct account *account)
{
	static const struct text_column columns[] = {
		{ .title = "CPU" },   { .title = "ARRIVED", .optional = true },
		{ .title = "TAKEN" }, { .title = "BYTES" },
		{ .title = "SHARE" }, { .title = NULL },
	};
	struct text_table table = { .columns = columns };
	uint64_t whole = 0;

	for (size_t i = 0; i < account->now->cpu_count; i++)
		whole += account->now->cpus[i].packets;
	for (size_t i = 0; i < account->now->cpu_count; i++) {
		const struct tap_cpu *cpu = &account->now->cpus[i];
		struct text_row *row;

		if (!cpu->packets && !cpu->arrivals)
			continue;
		row = text_table_add(&table);
		if (!row)
			break;
		text_number(row->cells[0], i);
		if (account->source->options->with.arrivals)
			text_number(row->cells[1], cpu->arrivals);
		text_number(row->cells[2], cpu->packets);
		text_number(row->cells[3], cpu->bytes);
		text_share(row->cells[4], cpu->packets, whole);
	}
	if (table.count > 0) {
		printf("\nBy CPU:\n");
		text_table_print(&table, COLUMNS);
	}
	text_table_free(&table);
}

void print_flows(const struct account *account, const struct flow_list *flows)
{
	static const struct text_column columns[] = {
		{ .title = "FROM", .left = true, .gives_way = true },
		{ .title = "TO", .left = true },
		{ .title = "COOKIE" },
		{ .title = "PACKETS" },
		{ .title = "SHARE" },
		{ .title = NULL },
	};
	struct text_table table = { .columns = columns };

	if (!flows->count)
		return;
	printf("\n%zu flows, as good as %.1f equal ones%s:\n", flows->count, flows->effective,
	       flows->count > FLOWS_SHOWN ? "; the heaviest" : "");
	for (size_t i = 0; i < flows->count && i < FLOWS_SHOWN; i++) {
		const struct tap_flow_key *key = &flows->items[i].key;
		struct text_row *row = text_table_add(&table);
		char end[FLOW_END_TEXT];

		if (!row)
			break;
		snprintf(row->cells[0], TEXT_CELL, "%.47s",
			 flow_end_text(end, key->remote, key->remote_port));
		snprintf(row->cells[1], TEXT_CELL, "%.47s",
			 flow_end_text(end, key->local, key->local_port));
		if (key->member < account->now->member_count)
			text_number(row->cells[2], account->now->members[key->member].cookie);
		text_number(row->cells[3], flows->items[i].packets);
		text_share(row->cells[4], flows->items[i].packets, flows->packets);
	}
	text_table_print(&table, COLUMNS);
	text_table_free(&table);
	if (flows->split)
		printf("Flows that arrived at more than one socket: %zu\n", flows->split);
}
