#include "common/received.h"

const struct counter received_counters[] = {
	COUNTER(struct received, packets),
	COUNTER(struct received, bytes),
	COUNTER(struct received, truncated_packets),
	COUNTER(struct received, messages),
	COUNTER(struct received, receive_calls),
	COUNTER(struct received, eagain),
	COUNTER(struct received, receive_errors),
	COUNTER(struct received, drops),
	COUNTER(struct received, overflows_seen),
	COUNTER(struct received, in_queue),
	COUNTER(struct received, lost_in_crash),
	COUNTER(struct received, handed_on),
	COUNTER(struct received, connections),
	COUNTER(struct received, connections_refused),
	COUNTER(struct received, connections_idle),
	COUNTER(struct received, connections_reset),
	COUNTER(struct received, connections_cut),
	COUNTER(struct received, lines),
	COUNTER(struct received, answered),
	COUNTER(struct received, stored),
	COUNTER(struct received, discarded),
	COUNTER(struct received, rejected_syntax),
	COUNTER(struct received, rejected_truncated),
	COUNTER(struct received, rejected_type_conflict),
	COUNTER(struct received, rejected_limit),
	COUNTER(struct received, rejected_encoding),
	COUNTER(struct received, rejected_strict),
	COUNTER(struct received, store_errors),
	COUNTER(struct received, dropped),
	COUNTER(struct received, spooled),
	COUNTER(struct received, unspooled),
	COUNTER(struct received, batches),
	{ NULL, 0 },
};

uint64_t received_rejected(const struct received *counts)
{
	return counts->rejected_syntax + counts->rejected_truncated +
	       counts->rejected_type_conflict + counts->rejected_limit + counts->rejected_encoding +
	       counts->rejected_strict;
}

uint64_t received_settled(const struct received *counts)
{
	return counts->stored + counts->discarded + counts->answered + received_rejected(counts) +
	       counts->store_errors + counts->dropped + counts->spooled;
}

uint64_t received_pending(const struct received *counts)
{
	uint64_t settled = received_settled(counts), all = counts->lines + counts->unspooled;

	/* Read while the worker writes, the counters may be from different instants. */
	return all > settled ? all - settled : 0;
}
