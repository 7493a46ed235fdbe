#include "analysis/agreement.h"

#include <inttypes.h>
#include <stdio.h>

#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/units.h"

static bool same(const struct worker *worker, const struct tally_entry *entry, bool by_cookie)
{
	return worker->known && worker->pid == entry->pid &&
	       (!by_cookie || worker->cookie == entry->cookie);
}

static bool workers_match(const struct run *run, const struct tally *tally, bool by_cookie,
			  struct counter_check *check)
{
	char counted[UNITS_TEXT], own[UNITS_TEXT];

	for (size_t i = 0; i < run->worker_count; i++) {
		const struct worker *worker = &run->workers[i];
		uint64_t packets = 0;

		for (size_t e = 0; e < tally->count; e++)
			if (same(worker, &tally->entries[e], by_cookie))
				packets += tally->entries[e].packets;
		if (packets == worker->counts.packets)
			continue;
		snprintf(check->difference, sizeof(check->difference),
			 "worker %zu (pid %" PRIu64 "): %s, not %s", i, worker->pid,
			 units_grouped(counted, packets),
			 units_grouped(own, worker->counts.packets));
		return false;
	}
	return true;
}

/* An entry without packets (a call that only failed) says nothing about packets. */
static bool entries_known(const struct run *run, const struct tally *tally, bool by_cookie,
			  struct counter_check *check)
{
	char packets[UNITS_TEXT];

	for (size_t e = 0; e < tally->count; e++) {
		const struct tally_entry *entry = &tally->entries[e];
		size_t i = 0;

		while (i < run->worker_count && !same(&run->workers[i], entry, by_cookie))
			i++;
		if (i < run->worker_count || entry->packets == 0)
			continue;
		snprintf(check->difference, sizeof(check->difference),
			 "%s packets at no worker's pid%s (pid %" PRIu64 ")",
			 units_grouped(packets, entry->packets), by_cookie ? " and socket" : "",
			 entry->pid);
		return false;
	}
	return true;
}

static void check_tally(struct counter_check *check, const struct run *run,
			const struct tally *tally, bool by_cookie)
{
	bool agree;

	*check = (struct counter_check){ .present = tally->present };
	if (!tally->present)
		return;
	check->packets = tally_packets(tally);
	/* Strangers first: they are the reason when a worker's count differs. */
	agree = entries_known(run, tally, by_cookie, check) &&
		workers_match(run, tally, by_cookie, check);
	check->agree = agree ? ANSWER_YES : ANSWER_NO;
}

static void check_workers(struct counter_check *check, const struct run *run)
{
	uint64_t packets;

	*check = (struct counter_check){ .present = true, .packets = run->total.packets };
	if (!record_count(run->receive_summary, "packets", &packets))
		return;
	check->agree = packets == check->packets ? ANSWER_YES : ANSWER_NO;
	if (check->agree == ANSWER_NO)
		snprintf(check->difference, sizeof(check->difference),
			 "they add up to %" PRIu64 ", their summary says %" PRIu64, check->packets,
			 packets);
}

void agreement_check(struct agreement *out, const struct run *run)
{
	check_tally(&out->probe, run, &run->probe, true);
	check_tally(&out->bpftrace, run, &run->bpftrace, false);
	check_workers(&out->workers, run);
	if (!out->probe.present && !out->bpftrace.present)
		out->all = ANSWER_UNKNOWN;
	else if (out->probe.agree == ANSWER_NO || out->bpftrace.agree == ANSWER_NO ||
		 out->workers.agree == ANSWER_NO)
		out->all = ANSWER_NO;
	else
		out->all = ANSWER_YES;
}
