#include "analysis/ledger.h"

#include <string.h>

#include "analysis/run.h"
#include "analysis/stream.h"

#define PACKETS(member) offsetof(struct packet_ledger, member)
#define LINES(member)   offsetof(struct line_ledger, member)

const struct ledger_row packet_rows[] = {
	{ NULL, "sent", "sent", PACKETS(sent), LEDGER_SENT, true },
	{ NULL, "send_errors", NULL, PACKETS(send_errors), LEDGER_BESIDE, false },
	{ NULL, "received", "received", PACKETS(received), LEDGER_OUTCOME, true },
	{ "dropped", "rcvbuf", "dropped: buffer full", PACKETS(rcvbuf), LEDGER_OUTCOME, true },
	{ "dropped", "no_socket", "dropped: no socket", PACKETS(no_socket), LEDGER_IF_KNOWN,
	  false },
	{ "dropped", "closed_socket", "dropped: closed", PACKETS(closed_socket), LEDGER_IF_KNOWN,
	  false },
	{ "dropped", "filtered", "dropped: filtered", PACKETS(filtered), LEDGER_IF_KNOWN, false },
	{ NULL, "in_queue", "left in queue", PACKETS(in_queue), LEDGER_OUTCOME, true },
	{ NULL, "unaccounted", "unaccounted", PACKETS(unaccounted), LEDGER_REST, true },
	{ .key = NULL },
};

const struct ledger_row line_rows[] = {
	{ NULL, "sent", "sent", LINES(sent), LEDGER_SENT, true },
	{ NULL, "lost_with_packets", "lost with packets", LINES(lost_with_packets), LEDGER_OUTCOME,
	  true },
	{ NULL, "received", NULL, LINES(received), LEDGER_BESIDE, false },
	{ NULL, "stored", "stored", LINES(stored), LEDGER_OUTCOME, true },
	{ NULL, "discarded", "discarded", LINES(discarded), LEDGER_OUTCOME, false },
	{ "rejected", "syntax", "rejected: syntax", LINES(syntax), LEDGER_OUTCOME, false },
	{ "rejected", "truncated", "rejected: truncated", LINES(truncated), LEDGER_OUTCOME, false },
	{ "rejected", "type_conflict", "rejected: type", LINES(type_conflict), LEDGER_OUTCOME,
	  false },
	{ "rejected", "limit", "rejected: limit", LINES(limit), LEDGER_OUTCOME, false },
	{ "rejected", "encoding", "rejected: encoding", LINES(encoding), LEDGER_OUTCOME, false },
	{ NULL, "store_errors", "store errors", LINES(store_errors), LEDGER_OUTCOME, true },
	{ NULL, "pending", "pending", LINES(pending), LEDGER_OUTCOME, false },
	{ NULL, "unaccounted", "unaccounted", LINES(unaccounted), LEDGER_REST, true },
	{ .key = NULL },
};

static struct amount known(uint64_t value)
{
	return (struct amount){ (int64_t)value, true };
}

static struct amount known_if(bool condition, uint64_t value)
{
	return condition ? known(value) : (struct amount){ 0, false };
}

const struct amount *ledger_amount(const void *ledger, const struct ledger_row *row)
{
	return (const struct amount *)((const char *)ledger + row->offset);
}

/*
 * What was sent without what became of it; unknown as soon as one of the needed amounts is. The sum
 * is unsigned, because damaged records can make it overflow.
 */
static struct amount rest(const struct ledger_row *rows, const void *ledger)
{
	uint64_t left = 0;

	for (; rows->key; rows++) {
		const struct amount *amount = ledger_amount(ledger, rows);

		if (rows->side == LEDGER_SENT)
			left += (uint64_t)amount->value;
		else if (rows->side == LEDGER_OUTCOME || rows->side == LEDGER_IF_KNOWN)
			left -= (uint64_t)amount->value;
		if ((rows->side == LEDGER_SENT || rows->side == LEDGER_OUTCOME) && !amount->known)
			return (struct amount){ 0, false };
	}
	return known(left);
}

/*
 * UdpNoPorts counts for the whole network namespace, so it is this run's only where the namespace
 * is the run's own.
 */
static uint64_t no_socket(const struct run *run)
{
	const char *netns = record_text(run->manifest, "netns");
	uint64_t packets;

	if (netns && strcmp(netns, "private") == 0 &&
	    record_count(json_object_get(run->manifest, "snmp"), "no_ports", &packets))
		return packets;
	return 0;
}

void ledger_packets(struct packet_ledger *out, const struct run *run)
{
	const struct sender *sender = &run->sender;

	*out = (struct packet_ledger){
		.sent = known_if(sender->present, sender->packets),
		.send_errors = known_if(sender->present, sender->send_errors),
		.received = known(run->total.packets),
		.rcvbuf = known(run->total.drops),
		.no_socket = known(no_socket(run)),
		.in_queue = known(run->total.in_queue),
	};
	out->unaccounted = rest(packet_rows, out);
}

/*
 * With equally many lines in every packet, the lines of the packets known to be lost. Otherwise
 * what did not arrive, if every packet is accounted for; else it cannot be told.
 */
static struct amount lost_lines(const struct run *run, const struct packet_ledger *packets)
{
	const struct sender *sender = &run->sender;
	uint64_t lost = (uint64_t)packets->rcvbuf.value + (uint64_t)packets->no_socket.value +
			(uint64_t)packets->closed_socket.value + (uint64_t)packets->filtered.value +
			(uint64_t)packets->in_queue.value;

	if (!sender->present)
		return (struct amount){ 0, false };
	if (lost == 0 && packets->unaccounted.value == 0)
		return known(0);
	if (sender->packets && sender->lines % sender->packets == 0)
		return known(lost * (sender->lines / sender->packets));
	return known_if(packets->unaccounted.value == 0 && sender->lines >= run->total.lines,
			sender->lines - run->total.lines);
}

void ledger_lines(struct line_ledger *out, const struct run *run,
		  const struct packet_ledger *packets)
{
	const struct received *total = &run->total;

	*out = (struct line_ledger){
		.sent = known_if(run->sender.present, run->sender.lines),
		.lost_with_packets = lost_lines(run, packets),
		.received = known(total->lines),
		.stored = known(run->store_present ? run->stored_rows : total->stored),
		.discarded = known(total->discarded),
		.syntax = known(total->rejected_syntax),
		.truncated = known(total->rejected_truncated),
		.type_conflict = known(total->rejected_type_conflict),
		.limit = known(total->rejected_limit),
		.encoding = known(total->rejected_encoding),
		.store_errors = known(total->store_errors),
		.pending = known(run->pending),
	};
	out->unaccounted = rest(line_rows, out);
}
