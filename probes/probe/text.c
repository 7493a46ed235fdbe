#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/units.h"
#include "probes/probe/options.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"
#include "probes/probe/tables.h"

#define SHARE_WIDTH 5 /* of one worker in an interval line */

static bool has_udp(const struct source *source)
{
	for (size_t i = 0; i < source->owned.count; i++)
		if (!source->owned.items[i].tcp && source_takes(source, &source->owned.items[i]))
			return true;
	return source->owned.count == 0;
}

void print_parameters(const struct source *source)
{
	const struct probe_options *options = source->options;
	char ports[PORTS_TEXT];

	printf("Watching %s, tier %s%s%s%s. ^C ends.\n", ports_text(ports, &source->ports),
	       tier_names[source->tier], options->with.arrivals ? ", with arrivals" : "",
	       options->with.flows ? ", flows" : "", options->with.waits ? ", waits" : "");
	if (!options->quiet && source->tap)
		printf("%9s %12s %12s %8s %7s  %s\n", "ELAPSED",
		       has_udp(source) ? "PACKETS/S" : "ACCEPTS/S", "CALLS/S", "DROPPED", "QUEUE",
		       "SHARE OF EACH");
	else if (!options->quiet)
		printf("%9s %8s %12s  %s\n", "ELAPSED", "DROPPED", "QUEUE BYTES",
		       "SHARE OF THE QUEUES");
	fflush(stdout);
}

/* What an interval line shows the shares of: workers, sockets or CPUs. */
struct shares {
	uint64_t parts[COLUMNS];
	size_t count; /* of all, also where there is no room for them */
	uint64_t whole;
};

static void add_share(struct shares *shares, uint64_t part)
{
	if (shares->count < COLUMNS)
		shares->parts[shares->count] = part;
	shares->count++;
	shares->whole += part;
}

static void find_shares(struct shares *shares, const struct account *account)
{
	const struct view *view = &account->view;
	const struct sample *sample = view->sample;
	size_t by = account->source->options->by;

	if (by == BY_CPU) {
		for (size_t i = 0; i < sample->cpu_count; i++)
			if (account->now->cpus[i].packets)
				add_share(shares, sample->cpus[i].packets);
	} else if (by == BY_SOCKET || !account->source->tap) {
		for (size_t i = 1; i < sample->member_count; i++) {
			const struct worker *worker = &view->members[i];

			if (account->now->members[i].open && account_takes(account, i))
				add_share(shares, account->source->tap
							  ? worker_taken(worker)
							  : account->now->members[i].queue_bytes);
		}
	} else {
		for (size_t i = 0; i < view->count; i++)
			add_share(shares, worker_taken(&view->workers[i]));
	}
}

static void print_shares(const struct shares *shares, int used)
{
	for (size_t i = 0; i < shares->count; i++) {
		char rest[32];
		int room = COLUMNS - used;
		int more = snprintf(rest, sizeof(rest), " (+%zu)", shares->count - i);

		/* Unless this one is the last, "(+N)" must fit behind it. */
		if (i == COLUMNS || room < SHARE_WIDTH ||
		    (i + 1 < shares->count && room < SHARE_WIDTH + more)) {
			fputs(rest, stdout);
			break;
		}
		used += printf(" %3.0f%%", shares->whole ? 100.0 * (double)shares->parts[i] /
								   (double)shares->whole
							 : 0.0);
	}
	putchar('\n');
}

void print_interval(const struct account *account)
{
	const struct sample *delta = account->view.sample;
	char time[UNITS_TEXT], taken[UNITS_TEXT], calls[UNITS_TEXT];
	struct shares shares = { .count = 0 };
	uint64_t dropped = 0, queue = 0, bytes = 0, all_calls;
	int used;

	for (size_t i = 1; i < delta->member_count; i++) {
		if (!account_takes(account, i))
			continue;
		dropped += delta->members[i].counters.dropped;
		queue += account->now->members[i].queue_packets;
		bytes += account->now->members[i].queue_bytes;
	}
	units_duration_text(time, account->elapsed);
	find_shares(&shares, account);
	if (account->source->tap) {
		all_calls = account->view.total.calls + account->view.by_call[CALL_ACCEPT].calls;
		used = printf("%9s %12s %12s %8" PRIu64 " %7" PRIu64 " ", time,
			      units_grouped(taken, (uint64_t)clock_rate(view_taken(&account->view),
									account->interval)),
			      units_grouped(calls,
					    (uint64_t)clock_rate(all_calls, account->interval)),
			      dropped, queue);
	} else {
		used = printf("%9s %8" PRIu64 " %12" PRIu64 " ", time, dropped, bytes);
	}
	print_shares(&shares, used);
	fflush(stdout);
}

/* Which calls brought the packets, and what the tables have no column for. */
static void print_remarks(const struct view *view)
{
	for (size_t call = 0; call < CALL_ACCEPT; call++) {
		const struct tap_counters *counters = &view->by_call[call];

		if (counters->calls && !counters->packets && counters->bytes)
			printf("%s: %" PRIu64 " bytes in %" PRIu64 " calls\n", tap_call_names[call],
			       counters->bytes, counters->calls);
		else if (counters->calls)
			printf("%s: %" PRIu64 " packets in %" PRIu64 " calls\n",
			       tap_call_names[call], counters->packets, counters->calls);
	}
	if (view->by_call[CALL_ACCEPT].calls)
		printf("accept: %" PRIu64 " connections in %" PRIu64 " calls\n",
		       view->by_call[CALL_ACCEPT].packets, view->by_call[CALL_ACCEPT].calls);
	if (view->total.interrupted)
		printf("Calls that a signal interrupted: %" PRIu64 "\n", view->total.interrupted);
	if (view->total.peeks)
		printf("Packets looked at with MSG_PEEK, not counted: %" PRIu64 "\n",
		       view->total.peeks);
}

static void print_reasons(const struct account *account)
{
	struct tap_reason sums[TAP_REASONS] = { 0 };
	uint64_t rest = 0;

	for (size_t i = 1; i < account->now->member_count; i++)
		if (account_takes(account, i))
			rest += account->now->members[i].counters.dropped;
	for (size_t i = 1; i < account->now->member_count; i++)
		for (size_t j = 0; account_takes(account, i) && j < TAP_REASONS; j++) {
			const struct tap_reason *reason = &account->now->members[i].reasons[j];
			size_t k = 0;

			while (k < TAP_REASONS && sums[k].packets &&
			       sums[k].reason != reason->reason)
				k++;
			if (k == TAP_REASONS || !reason->packets)
				continue;
			sums[k].reason = reason->reason;
			sums[k].packets += reason->packets;
		}
	for (size_t k = 0; k < TAP_REASONS && sums[k].packets; k++) {
		char name[REASON_NAME];

		printf("Dropped for %s: %" PRIu64 "\n",
		       reasons_name(tap_reasons(account->source->tap), name, sums[k].reason),
		       sums[k].packets);
		rest -= sums[k].packets < rest ? sums[k].packets : rest;
	}
	if (rest)
		printf("Dropped for reasons that the kernel does not tell: %" PRIu64 "\n", rest);
}

static void print_balance(const struct account *account)
{
	const struct balance *balance = &account->balance;

	if (!balance->known || !balance->arrivals)
		return;
	printf("Arrived %" PRIu64, balance->arrivals);
	if (balance->queue_at_start)
		printf(" + queued at the start %" PRIu64, balance->queue_at_start);
	printf(" = taken %" PRIu64 " + dropped %" PRIu64 " + queued %" PRIu64, balance->taken,
	       balance->dropped, balance->queue);
	if (balance->in_transit)
		printf(" + on the way %" PRIi64, balance->in_transit);
	if (balance->lost_at_close)
		printf(" + lost at close %" PRIu64, balance->lost_at_close);
	putchar('\n');
}

void print_totals(const struct account *account, const struct flow_list *flows)
{
	char time[UNITS_TEXT], ports[PORTS_TEXT];

	units_duration_text(time, account->elapsed);
	if (account->source->tap && account->view.count == 0)
		printf("\nNothing received on %s in %s.\n",
		       ports_text(ports, &account->source->ports), time);
	else if (account->source->tap) {
		printf("\nReceived on %s in %s:\n", ports_text(ports, &account->source->ports),
		       time);
		print_workers(&account->view);
		print_remarks(&account->view);
	}
	print_sockets(account);
	print_reasons(account);
	print_balance(account);
	if (account->source->options->with.waits)
		print_waits(account);
	print_cpus(account);
	if (account->source->options->by == BY_FLOW)
		print_flows(account, flows);
}
