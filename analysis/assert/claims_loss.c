/* Claims about what is lost: no-loss, no-resets, drops. */
#include "analysis/assert/claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"
#include "common/units.h"

#define LIST 400

/* "packets dropped at sockets: 12, packets unaccounted: 3": whatever is more than 0. */
struct list {
	char text[LIST];
	size_t used;
};

static void list_add(struct list *list, uint64_t count, const char *what)
{
	char number[UNITS_TEXT];

	if (count == 0 || list->used >= LIST)
		return;
	list->used += (size_t)snprintf(list->text + list->used, LIST - list->used, "%s%s: %s",
				       list->used ? ", " : "", what, units_grouped(number, count));
}

static void add_amount(struct list *list, struct amount amount, const char *what)
{
	if (amount.known && amount.value > 0)
		list_add(list, (uint64_t)amount.value, what);
}

static void add_packets(struct list *list, const struct subject *subject)
{
	const struct packet_ledger *packets = &subject->analysis->packets;
	const struct run *run = subject->run;

	list_add(list, run->total.drops,
		 run->tcp                ? "connections dropped at full queues"
		 : run_drops_trains(run) ? "trains of packets dropped at full buffers"
					 : "packets dropped at sockets");
	add_amount(list, packets->no_socket, "packets sent where no socket was");
	add_amount(list, packets->closed_socket, "packets lost with closed sockets");
	add_amount(list, packets->filtered, "packets filtered");
	add_amount(list, packets->lost_in_crash, "packets lost with a process");
	/* A server that goes on will read them. */
	if (!run->from_probe)
		add_amount(list, packets->in_queue, "packets left unread");
	add_amount(list, packets->unaccounted, "packets unaccounted");
}

static void add_lines(struct list *list, const struct line_ledger *lines)
{
	add_amount(list, lines->store_errors, "lines not stored");
	add_amount(list, lines->dropped, "lines dropped as memory was full");
	add_amount(list, lines->pending, "lines lost with a process");
	add_amount(list, lines->unaccounted, "lines unaccounted");
}

static bool is_negative(struct amount amount)
{
	return amount.known && amount.value < 0;
}

/* What the sender says that it sent; where there is none, what came. */
static uint64_t traffic(const struct subject *subject)
{
	const struct run *run = subject->run;

	if (!run->sender.present)
		return subject->analysis->distribution.total + run->total.drops;
	return run->tcp ? run->sender.lines : run->sender.packets;
}

static bool nothing_lost(struct result *out, const struct subject *subject)
{
	const struct run *run = subject->run;
	char count[UNITS_TEXT];
	uint64_t all = traffic(subject);

	if (all == 0)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "nothing was there to be lost");
	units_grouped(count, all);
	if (!run->sender.present)
		return claim_result(out, OUTCOME_OK,
				    "of %s %s that came nothing was lost; what was sent is not "
				    "known",
				    count, run_unit(run, all != 1));
	return claim_result(out, OUTCOME_OK, "of %s %s%s that were sent nothing was lost", count,
			    run->tcp ? "line" : "packet", all == 1 ? "" : "s");
}

bool claim_no_loss(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const struct analysis *analysis = subject->analysis;
	struct list lost = { .used = 0 };

	(void)claim;
	add_packets(&lost, subject);
	add_lines(&lost, &analysis->lines);
	if (lost.used)
		return claim_result(out, OUTCOME_NOT_OK, "%s", lost.text);
	if (is_negative(analysis->packets.unaccounted) || is_negative(analysis->lines.unaccounted))
		return claim_result(out, OUTCOME_INCONCLUSIVE,
				    "more was found than was sent: the records are not of one run");
	return nothing_lost(out, subject);
}

/* Of a live port: all ports of the network namespace are counted together, so that none is none. */
static bool no_resets_around(struct result *out, const struct subject *subject)
{
	const struct resets *resets = &subject->resets;
	uint64_t connections = subject->analysis->distribution.total;
	struct list around = { .used = 0 };
	char number[UNITS_TEXT];

	list_add(&around, resets->sent, "resets sent");
	list_add(&around, resets->broken, "connections broken off");
	list_add(&around, resets->failed, "connections not established");
	if (around.used)
		return claim_result(
			out, OUTCOME_INCONCLUSIVE,
			"%s; these are of the whole network namespace, of whatever port",
			around.text);
	if (connections == 0)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "no connection came");
	return claim_result(out, OUTCOME_OK,
			    "%s connection%s came, and in the network namespace none was reset or "
			    "refused",
			    units_grouped(number, connections), connections == 1 ? "" : "s");
}

bool claim_no_resets(struct result *out, const struct claim *claim, const struct subject *subject)
{
	static const struct {
		const char *key, *what;
	} ends[] = {
		{ "reset", "connections reset" },
		{ "refused", "connections refused" },
		{ "timed_out", "connections timed out" },
		{ "failed", "connections failed" },
	};
	const struct run *run = subject->run;
	const json_t *tcp = json_object_get(run->sender.summary, "tcp");
	struct list broken = { .used = 0 };
	uint64_t count, connections = 0;
	char number[UNITS_TEXT];

	(void)claim;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (record_count(tcp, ends[i].key, &count))
			list_add(&broken, count, ends[i].what);
	list_add(&broken, run->total.connections_reset, "reset as the receiver saw it");
	list_add(&broken, run->total.connections_cut, "cut by the receiver as it ended");
	if (broken.used)
		return claim_result(out, OUTCOME_NOT_OK, "%s", broken.text);
	if (!run->tcp)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "UDP has no connections");
	if (!tcp && subject->resets_known)
		return no_resets_around(out, subject);
	if (!record_count(tcp, "connections", &connections))
		return claim_result(out, OUTCOME_INCONCLUSIVE,
				    "only the sender's records tell, and there are none");
	if (connections == 0)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "no connection was made");
	return claim_result(out, OUTCOME_OK, "of %s connection%s none was reset",
			    units_grouped(number, connections), connections == 1 ? "" : "s");
}

bool claim_drops(struct result *out, const struct claim *claim, const struct subject *subject)
{
	const struct run *run = subject->run;
	const char *unit = run->tcp ? "connection" : "packet";
	uint64_t drops = run->total.drops;
	char number[UNITS_TEXT], allowed[UNITS_TEXT];
	bool within = drops <= claim->count;

	units_grouped(number, drops);
	units_grouped(allowed, claim->count);
	/* A train is at least one packet. */
	if (within && run_drops_trains(run))
		return claim_result(out, OUTCOME_INCONCLUSIVE,
				    "%s trains of packets were dropped, of unknown length", number);
	if (within && traffic(subject) == 0)
		return claim_result(out, OUTCOME_INCONCLUSIVE, "nothing was there to be dropped");
	return claim_result(out, within ? OUTCOME_OK : OUTCOME_NOT_OK,
			    "%s %s%s dropped at sockets, at most %s allowed", number, unit,
			    drops == 1 ? " was" : "s were", allowed);
}
