#include "analysis/agreement.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static bool matches(const struct comparison *with, uint64_t pid, uint64_t cookie,
		    const struct life *life)
{
	return life->pid == pid && (!with->by_cookie || life->cookie == cookie);
}

/* What a worker took from the kernel, which sees messages: trains are one. */
static uint64_t taken(const struct comparison *with, const struct life *life)
{
	return with->tcp ? life->counts.connections : life->counts.messages;
}

/* Both sums over what cannot be told apart. */
static bool lives_match(const struct comparison *with)
{
	char counted[UNITS_TEXT], own[UNITS_TEXT], name[LIFE_TEXT];

	for (size_t i = 0; i < with->lives->count; i++) {
		const struct life *life = &with->lives->list[i];
		uint64_t seen = 0, messages = 0;

		for (size_t e = 0; e < with->tally->count; e++) {
			const struct tally_entry *entry = &with->tally->entries[e];

			if (matches(with, entry->pid, entry->cookie, life))
				seen += entry->packets;
		}
		for (size_t other = 0; other < with->lives->count; other++)
			if (matches(with, life->pid, life->cookie, &with->lives->list[other]))
				messages += taken(with, &with->lives->list[other]);
		if (seen == messages)
			continue;
		snprintf(with->check->difference, sizeof(with->check->difference),
			 "%s (pid %" PRIu64 "): %s, not %s", life_text(name, life), life->pid,
			 units_grouped(counted, seen), units_grouped(own, messages));
		return false;
	}
	return true;
}

/* An entry without packets (a call that only failed) says nothing about packets. */
static bool entries_known(const struct comparison *with)
{
	char packets[UNITS_TEXT];
	uint64_t left = with->left;

	for (size_t e = 0; e < with->tally->count; e++) {
		const struct tally_entry *entry = &with->tally->entries[e];
		size_t i = 0;

		while (i < with->lives->count &&
		       !matches(with, entry->pid, entry->cookie, &with->lives->list[i]))
			i++;
		if (i < with->lives->count || entry->packets == 0)
			continue;
		if (with->parent && entry->pid == with->parent && entry->packets <= left) {
			left -= entry->packets;
			with->check->packets -= entry->packets;
			continue;
		}
		snprintf(with->check->difference, sizeof(with->check->difference),
			 "%s %s at no %s's pid%s (pid %" PRIu64 ")",
			 units_grouped(packets, entry->packets),
			 with->tcp ? "connections" : "packets", with->whose,
			 with->by_cookie ? " and socket" : "", entry->pid);
		return false;
	}
	return true;
}

static void check_tally(const struct run *run, struct comparison with)
{
	/* Workers behind a front read Unix sockets, which nobody else counts. */
	bool dispatched =
		strcmp(run->model, "dispatcher") == 0 || strcmp(run->model, "fdpass") == 0;
	bool agree;

	with.lives = dispatched ? &run->fronts : &run->lives;
	with.whose = dispatched ? run->tcp ? "accepter" : "dispatcher" : "worker";
	with.tcp = run->tcp;
	with.left = run->total.in_queue;
	record_count(run->receive_header, "pid", &with.parent);
	/* Strangers first: they are the reason when a worker's count differs. */
	agree = entries_known(&with) && lives_match(&with);
	with.check->agree = agree ? ANSWER_YES : ANSWER_NO;
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

static void check_workers(struct counter_check *check, const struct run *run)
{
	const char *key = run_unit(run, true);
	uint64_t added = run_units(run, &run->total), stated;

	*check = (struct counter_check){ .present = true, .packets = run->total.packets };
	if (!record_count(run->receive_summary, key, &stated))
		return;
	check->agree = stated == added ? ANSWER_YES : ANSWER_NO;
	if (check->agree == ANSWER_NO)
		snprintf(check->difference, sizeof(check->difference),
			 "they add up to %" PRIu64 " %s, their summary says %" PRIu64, added, key,
			 stated);
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
