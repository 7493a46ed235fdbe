/*
 * The two ledgers of a run. Each is an identity: what was sent is the sum of what became of it,
 * and what is left over is "unaccounted", which can be negative. With TCP there are lines only.
 *
 *   packets: sent = received + dropped + in_queue + unaccounted
 *   lines:   sent = lost_with_packets + stored + discarded + answered + rejected + store_errors
 *                   + pending + unaccounted
 */
#ifndef FAIRPORT_ANALYSIS_LEDGER_H
#define FAIRPORT_ANALYSIS_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run;

/* A count that may be unknown. */
struct amount {
	int64_t value;
	bool known;
};

struct packet_ledger {
	struct amount sent, send_errors, received;
	struct amount lost_in_crash; /* of the received ones: nobody read their lines */
	struct amount rcvbuf, no_socket, closed_socket, filtered; /* dropped */
	struct amount in_queue, unaccounted;
};

struct line_ledger {
	struct amount sent, lost_with_packets, received, stored, discarded, answered;
	struct amount syntax, truncated, type_conflict, limit, encoding, strict; /* rejected */
	struct amount dropped;                                                   /* found no room */
	struct amount spooled; /* wait on disk; less than 0: more came from there than went there */
	struct amount store_errors, pending, unaccounted;
};

/* Where an amount stands in the identity. */
enum ledger_side {
	LEDGER_BESIDE,   /* nowhere: it is only told, as a part of the row before it */
	LEDGER_SENT,     /* left */
	LEDGER_OUTCOME,  /* right, and without it there is no sum */
	LEDGER_IF_KNOWN, /* right; no counter here measures it, or only some do */
	LEDGER_REST,     /* what makes both sides equal */
};

/* One amount of a ledger; JSON and text follow the table. */
struct ledger_row {
	const char *group; /* object that KEY is in: "dropped"; NULL: none */
	const char *key;
	const char *label; /* for people; NULL where only the record has it */
	size_t offset;     /* of a struct amount */
	enum ledger_side side;
	bool always; /* told to people even when 0 */
};

extern const struct ledger_row packet_rows[], line_rows[];

void ledger_packets(struct packet_ledger *out, const struct run *run);
void ledger_lines(struct line_ledger *out, const struct run *run,
		  const struct packet_ledger *packets);

const struct amount *ledger_amount(const void *ledger, const struct ledger_row *row);

#endif
