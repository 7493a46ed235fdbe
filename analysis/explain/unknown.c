/* What could not be known, or is not told, and how it could be. */
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/explain/evidence.h"
#include "analysis/run.h"
#include "common/units.h"

/* Of groups that got less than the one that is told. */
#define OTHERS_LIMIT 3

static void not_known(struct evidence *out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void not_known(struct evidence *out, const char *format, ...)
{
	va_list arguments;

	if (out->unknown_count == UNKNOWN_LIMIT)
		return;
	va_start(arguments, format);
	vsnprintf(out->unknown[out->unknown_count], sizeof(out->unknown[0]), format, arguments);
	va_end(arguments);
	out->unknown_count++;
}

static bool steering_is_unknown(const struct run *run)
{
	for (size_t i = 0; i < run->observed.group_count; i++)
		if (run->observed.groups[i].grouped && !run->observed.groups[i].steering[0])
			return true;
	return false;
}

/* Whether one of the workers is a process of this socket, or reads it. */
static bool is_told(const struct run *run, uint64_t cookie)
{
	for (size_t i = 0; i < run->lives.count; i++)
		if (run->lives.list[i].cookie == cookie)
			return true;
	return false;
}

/* What came to the members of a group, none of which is told. */
static uint64_t untold_traffic(const struct run *run, size_t group)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];
		uint64_t came = member->tcp ? member->handshakes : member->arrivals;

		if (member->group != group)
			continue;
		if (is_told(run, member->cookie))
			return 0;
		sum += came == OBSERVED_UNKNOWN ? 0 : came;
	}
	return sum;
}

static void tell_other_groups(struct evidence *out, const struct run *run)
{
	size_t told = 0;

	for (size_t i = 0; i < run->observed.group_count && told < OTHERS_LIMIT; i++) {
		const struct observed_group *group = &run->observed.groups[i];
		uint64_t came = untold_traffic(run, i);
		char count[UNITS_TEXT];

		if (!came)
			continue;
		not_known(out,
			  "the shares at %s %.60s (%zu socket%s), which got %s %s: they are told "
			  "only of what got most",
			  group->tcp ? "TCP" : "UDP", group->address, group->member_count,
			  group->member_count == 1 ? "" : "s", units_grouped(count, came),
			  group->tcp ? "connections" : "packets");
		told++;
	}
}

static bool is_worker(const struct run *run, uint64_t pid)
{
	for (size_t i = 0; i < run->lives.count; i++)
		if (run->lives.list[i].pid == pid)
			return true;
	return false;
}

/* One socket for all: a master that never takes looks like a worker that got nothing. */
static void tell_idle_owners(struct evidence *out, const struct run *run)
{
	size_t idle = 0;

	if (!run->from_probe || strcmp(run->model, "shared") != 0)
		return;
	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];

		if (!is_told(run, member->cookie))
			continue;
		for (size_t o = 0; o < member->owner_count; o++)
			idle += !is_worker(run, member->owners[o].pid);
	}
	if (idle)
		not_known(out,
			  "whether %zu more process%s the socket open should take from it: %s took "
			  "nothing, as a master does, and no share is counted for %s",
			  idle, idle == 1 ? " that has" : "es that have", idle == 1 ? "it" : "they",
			  idle == 1 ? "it" : "them");
}

static size_t count_takers(const struct run *run, uint64_t cookie)
{
	size_t count = 0;

	for (size_t i = 0; i < run->observed.worker_count; i++) {
		const struct observed_worker *worker = &run->observed.workers[i];

		count += worker->cookie == cookie && worker->packets + worker->accepts > 0;
	}
	return count;
}

/* A group, and yet several processes at one of its sockets. */
static void tell_sharers(struct evidence *out, const struct run *run)
{
	if (!run->from_probe || strcmp(run->model, "reuseport") != 0)
		return;
	for (size_t i = 0; i < run->observed.member_count; i++) {
		uint64_t cookie = run->observed.members[i].cookie;

		if (!is_told(run, cookie) || count_takers(run, cookie) < 2)
			continue;
		not_known(out, "the shares of processes: several took from the same socket. Told "
			       "are the sockets, each with the process that took most from it");
		return;
	}
}

/* What is read on connections from before the look is nobody's share. */
static void tell_older(struct evidence *out, const struct run *run)
{
	uint64_t older = 0, all = 0;
	char size[UNITS_TEXT];

	for (size_t i = 0; i < run->observed.worker_count; i++) {
		all += run->observed.workers[i].bytes;
		older += run->observed.workers[i].cookie == 0 ? run->observed.workers[i].bytes : 0;
	}
	if (run->from_probe && run->tcp && older)
		not_known(out,
			  "how the load of connections from before is shared: %s, %.0f %% of all "
			  "that was read, came on them, and they stay where they are",
			  units_size_text(size, older), 100 * (double)older / (double)all);
}

/* Without the probe, a queue that was full for a moment only leaves its drops. */
static void tell_dropped(struct evidence *out, const struct run *run)
{
	uint64_t dropped = 0;
	char count[UNITS_TEXT];

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];

		if (member->tcp && (member->queue_packets == OBSERVED_UNKNOWN ||
				    member->queue_packets <= member->limit))
			dropped += member->dropped;
	}
	if (dropped)
		not_known(
			out,
			"why %s packets of handshakes were dropped at listeners: the accept queue "
			"was not full as it was looked at; if TcpExtListenOverflows of 'nstat -az' "
			"grows, it is in between",
			units_grouped(count, dropped));
}

static void tell_flows(struct evidence *out, const struct analysis *analysis, const struct run *run)
{
	if (isnan(analysis->distribution.flows))
		not_known(out, "the flows: there is neither a sender's fake.ndjson nor a "
			       "probe.ndjson with --by flow");
	else if (run->from_probe && !run->tcp && strcmp(run->model, "reuseport") == 0 &&
		 !analysis->seen.seen && analysis->distribution.total)
		not_known(out, "which flows came to whom: there were more than the probe tells "
			       "apart, or no --by flow");
	if (analysis->chooser == CHOOSER_REGROUPED)
		not_known(out, "how the group shares as it is now: sockets came or went while it "
			       "was watched; look again");
}

void evidence_tell_unknown(struct evidence *out, const struct analysis *analysis,
			   const struct run *run, bool interrupted)
{
	if (!analysis)
		not_known(out, "who received what, from which flows, and so whether the shares are "
			       "fair: fairport-probe counts that with CAP_BPF, CAP_PERFMON and "
			       "CAP_NET_ADMIN, or as root");
	if (!analysis)
		tell_dropped(out, run);
	if (!run->observed.groups_known)
		not_known(out, "what is wrong with members: there is no groups.ndjson "
			       "(fairport-groups PORT --json DIR/groups.ndjson)");
	else if (steering_is_unknown(run))
		not_known(out, "whether a program steers, and the slots: fairport-groups sees that "
			       "with CAP_BPF and CAP_PERFMON");
	if (analysis) {
		tell_flows(out, analysis, run);
		tell_idle_owners(out, run);
		tell_sharers(out, run);
		tell_older(out, run);
		tell_other_groups(out, run);
	}
	if (!run->sender.present)
		not_known(out,
			  "what happened before this host: packets that were lost, sources that "
			  "were rewritten (NAT), a sender that was too slow; the sender's own "
			  "records tell it, fairport-fake's fake.ndjson in the directory of "
			  "--keep");
	if (interrupted)
		not_known(out, "what comes after the interrupt: it was watched for a shorter time");
}
