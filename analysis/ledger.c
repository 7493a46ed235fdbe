#include "analysis/ledger.h"

#include <string.h>

#include "analysis/run.h"
#include "analysis/read/stream.h"

#define PACKETS(member) offsetof(struct packet_ledger, member)
#define LINES(member)   offsetof(struct line_ledger, member)

const struct ledger_row packet_rows[] = {
	{ NULL, "sent", "sent", PACKETS(sent), LEDGER_SENT, true },
	{ NULL, "send_errors", NULL, PACKETS(send_errors), LEDGER_BESIDE, false },
	{ NULL, "received", "received", PACKETS(received), LEDGER_OUTCOME, true },
	{ NULL, "lost_in_crash", "of it: lost in crash", PACKETS(lost_in_crash), LEDGER_BESIDE,
	  false },
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
	{ NULL, "answered", "answered", LINES(answered), LEDGER_OUTCOME, false },
	{ "rejected", "syntax", "rejected: syntax", LINES(syntax), LEDGER_OUTCOME, false },
	{ "rejected", "truncated", "rejected: truncated", LINES(truncated), LEDGER_OUTCOME, false },
	{ "rejected", "type_conflict", "rejected: type", LINES(type_conflict), LEDGER_OUTCOME,
	  false },
	{ "rejected", "limit", "rejected: limit", LINES(limit), LEDGER_OUTCOME, false },
	{ "rejected", "encoding", "rejected: encoding", LINES(encoding), LEDGER_OUTCOME, false },
	{ "rejected", "strict", "rejected: strict", LINES(strict), LEDGER_OUTCOME, false },
	{ NULL, "store_errors", "store errors", LINES(store_errors), LEDGER_OUTCOME, true },
	{ NULL, "dropped", "dropped: no room", LINES(dropped), LEDGER_OUTCOME, false },
	{ NULL, "spooled", "left in spool", LINES(spooled), LEDGER_OUTCOME, false },
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

	if (run->tcp) {
		/* Messages went into streams, and came out as bytes. */
		*out = (struct packet_ledger){
			.send_errors = known_if(sender->present, sender->send_errors),
		};
		return;
	}
	*out = (struct packet_ledger){
		.sent = known_if(sender->present, sender->packets),
		.send_errors = known_if(sender->present, sender->send_errors),
		.received = known(run->total.packets + run->lost_in_front),
		.lost_in_crash = known(run->total.lost_in_crash),
		.rcvbuf = known_if(!run_drops_trains(run), run->total.drops),
		.no_socket = known(no_socket(run)),
		.in_queue = known(run->total.in_queue),
	};
	out->unaccounted = rest(packet_rows, out);
}

/* How many processes died with packets in their hands. */
static uint64_t lossy_deaths(const struct lives *lives)
{
	uint64_t deaths = 0;

	for (size_t i = 0; i < lives->count; i++)
		deaths += lives->list[i].counts.lost_in_crash > 0;
	return deaths;
}

/*
 * With equally many lines in every packet, PER_PACKET, the lines of the LOST packets. But of a
 * packet that a process was reading when it died, some lines were received: at most one such
 * packet a death. MISSING did not arrive, which tells how many, if every packet is accounted for.
 */
static uint64_t lost_by_packet(const struct run *run, const struct packet_ledger *packets,
			       uint64_t lost, uint64_t per_packet, uint64_t missing)
{
	uint64_t lines = lost * per_packet, half_read = lossy_deaths(&run->lives) * per_packet;

	if (packets->unaccounted.value == 0 && missing <= lines && lines - missing <= half_read)
		return missing;
	return lines;
}

/*
 * Lines of packets known to be lost. With packets of different size, what did not arrive, if every
 * packet is accounted for; else it cannot be told. TCP loses nothing by packets.
 */
static struct amount lost_lines(const struct run *run, const struct packet_ledger *packets)
{
	const struct sender *sender = &run->sender;
	uint64_t lost = (uint64_t)packets->rcvbuf.value + (uint64_t)packets->no_socket.value +
			(uint64_t)packets->closed_socket.value + (uint64_t)packets->filtered.value +
			(uint64_t)packets->in_queue.value + (uint64_t)packets->lost_in_crash.value;
	uint64_t missing = sender->lines - run->total.lines;

	if (run->tcp)
		return known_if(sender->present, 0);
	if (!sender->present || !packets->rcvbuf.known)
		return (struct amount){ 0, false };
	if (lost == 0 && packets->unaccounted.value == 0)
		return known(0);
	if (sender->packets && sender->lines % sender->packets == 0)
		return known(lost_by_packet(run, packets, lost, sender->lines / sender->packets,
					    missing));
	return known_if(packets->unaccounted.value == 0 && sender->lines >= run->total.lines,
			missing);
}

void ledger_lines(struct line_ledger *out, const struct run *run,
		  const struct packet_ledger *packets)
{
	const struct received *total = &run->total;

	/* A probe sees no lines. */
	*out = (struct line_ledger){ .sent = known_if(run->sender.present, run->sender.lines) };
	if (run->from_probe)
		return;
	*out = (struct line_ledger){
		.sent = known_if(run->sender.present, run->sender.lines),
		.lost_with_packets = lost_lines(run, packets),
		.received = known(total->lines),
		.stored = known(run->store_present ? run->stored_rows : total->stored),
		.discarded = known(total->discarded),
		.answered = known(total->answered),
		.syntax = known(total->rejected_syntax),
		.truncated = known(total->rejected_truncated),
		.type_conflict = known(total->rejected_type_conflict),
		.limit = known(total->rejected_limit),
		.encoding = known(total->rejected_encoding),
		.strict = known(total->rejected_strict),
		.store_errors = known(total->store_errors),
		.dropped = known(total->dropped),
		.spooled = known(total->spooled - total->unspooled),
		.pending = known(run->pending),
	};
	out->unaccounted = rest(line_rows, out);
}
