#include "analysis/agreement.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/joined.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/units.h"

/* A counter beside the receiver's own, and whose receptions it saw. */
struct comparison {
	const struct lives *lives;
	const struct tally *tally;
	bool by_cookie;
	const char *whose;
	uint64_t parent; /* pid of the receiver; 0: unknown */
	uint64_t left; /* packets in queues, which the parent takes out at the end to count them */
	bool tcp;      /* connections are counted, else packets */
	struct counter_check *check;
};

/* What a worker took from the kernel, which sees messages: trains are one. */
static uint64_t taken(const struct life *life, bool tcp)
{
	return tcp ? life->counts.connections : life->counts.messages;
}

/* LIST in the order of lives: the first that differs is told. */
static bool lives_match(const struct comparison *with, const struct joined *list, size_t count)
{
	char counted[UNITS_TEXT], own[UNITS_TEXT], name[LIFE_TEXT];

	for (size_t i = 0; i < count && list[i].first_life != JOINED_NONE; i++) {
		const struct life *life = &with->lives->list[list[i].first_life];

		if (list[i].seen == list[i].own)
			continue;
		snprintf(with->check->difference, sizeof(with->check->difference),
			 "%s (pid %" PRIu64 "): %s, not %s", life_text(name, life), life->pid,
			 units_grouped(counted, list[i].seen), units_grouped(own, list[i].own));
		return false;
	}
	return true;
}

/*
 * LIST in the order of the counter's entries: nobody else took anything. An entry without packets
 * (a call that only failed) says nothing about packets.
 */
static bool entries_known(const struct comparison *with, const struct joined *list, size_t count)
{
	char packets[UNITS_TEXT];
	uint64_t left = with->left;

	for (size_t i = 0; i < count && list[i].first_entry != JOINED_NONE; i++) {
		if (list[i].first_life != JOINED_NONE || list[i].seen == 0)
			continue;
		if (with->parent && list[i].pid == with->parent && list[i].seen <= left) {
			left -= list[i].seen;
			with->check->packets -= list[i].seen;
			continue;
		}
		snprintf(with->check->difference, sizeof(with->check->difference),
			 "%s %s at no %s's pid%s (pid %" PRIu64 ")",
			 units_grouped(packets, list[i].seen),
			 with->tcp ? "connections" : "packets", with->whose,
			 with->by_cookie ? " and socket" : "", list[i].pid);
		return false;
	}
	return true;
}

/* Strangers first: they are the reason when a worker's count differs. */
static enum answer compare(const struct comparison *with)
{
	size_t count;
	struct joined *list =
		joined_make(&count, with->tally, with->lives, with->by_cookie, taken, with->tcp);
	bool agree;

	if (!list) {
		snprintf(with->check->difference, sizeof(with->check->difference),
			 "no memory to compare it");
		return ANSWER_UNKNOWN;
	}
	joined_by_entry(list, count);
	agree = entries_known(with, list, count);
	joined_by_life(list, count);
	agree = agree && lives_match(with, list, count);
	free(list);
	return agree ? ANSWER_YES : ANSWER_NO;
}

static void check_tally(const struct run *run, struct comparison with)
{
	/* Workers behind a front read Unix sockets, which nobody else counts. */
	bool dispatched =
		strcmp(run->model, "dispatcher") == 0 || strcmp(run->model, "fdpass") == 0;

	with.lives = dispatched ? &run->fronts : &run->lives;
	with.whose = dispatched ? run->tcp ? "accepter" : "dispatcher" : "worker";
	with.tcp = run->tcp;
	with.left = run->total.in_queue;
	record_count(run->receive_header, "pid", &with.parent);
	with.check->agree = compare(&with);
}

static void check_probe(struct counter_check *check, const struct run *run)
{
	*check = (struct counter_check){ .present = run->probe.present,
					 .packets = tally_packets(&run->probe) };
	if (check->present)
		check_tally(run, (struct comparison){
					 .tally = &run->probe, .by_cookie = true, .check = check });
}

static void check_bpftrace(struct counter_check *check, const struct run *run)
{
	*check = (struct counter_check){ .present = run->bpftrace.present,
					 .packets = tally_packets(&run->bpftrace) };
	if (check->present && run->tcp)
		snprintf(check->difference, sizeof(check->difference), "it counts UDP only");
	else if (check->present && strcmp(run->engine, "recvfrom") != 0)
		snprintf(check->difference, sizeof(check->difference),
			 "it counts recvfrom(2), and the engine is %.32s", run->engine);
	else if (check->present)
		check_tally(run, (struct comparison){ .tally = &run->bpftrace, .check = check });
}

/* Whether KEY of the receiver's summary, where it has it, is what the workers add up to. */
static bool adds_up(struct counter_check *check, const struct run *run, const char *key,
		    uint64_t added)
{
	uint64_t stated;

	if (!record_count(run->receive_summary, key, &stated))
		return true;
	check->agree = stated == added ? ANSWER_YES : ANSWER_NO;
	if (stated != added)
		snprintf(check->difference, sizeof(check->difference),
			 "they add up to %" PRIu64 " %s, their summary says %" PRIu64, added, key,
			 stated);
	return stated == added;
}

/* Packets or connections first; what fronts have, too, the summary adds in its own way. */
static void check_workers(struct counter_check *check, const struct run *run)
{
	static const char *const of_fronts[] = { "overflows_seen", "handed_on", NULL };
	bool good;

	*check = (struct counter_check){ .present = true, .packets = run->total.packets };
	good = adds_up(check, run, run_unit(run, true), run_units(run, &run->total));
	for (const struct counter *row = received_counters; good && row->key; row++) {
		size_t i = 0;

		while (of_fronts[i] && strcmp(of_fronts[i], row->key) != 0)
			i++;
		if (!of_fronts[i])
			good = adds_up(check, run, row->key,
				       *(const uint64_t *)((const char *)&run->total +
							   row->offset));
	}
}

static enum answer check_all(const struct agreement *of)
{
	if (of->probe.agree == ANSWER_UNKNOWN && of->bpftrace.agree == ANSWER_UNKNOWN)
		return ANSWER_UNKNOWN;
	return of->probe.agree == ANSWER_NO || of->bpftrace.agree == ANSWER_NO ||
			       of->workers.agree == ANSWER_NO
		       ? ANSWER_NO
		       : ANSWER_YES;
}

void agreement_check(struct agreement *out, const struct run *run)
{
	check_probe(&out->probe, run);
	check_bpftrace(&out->bpftrace, run);
	check_workers(&out->workers, run);
	out->all = check_all(out);
}
