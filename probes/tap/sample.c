#include "probes/tap/sample.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct counter member_counters[] = {
	COUNTER(struct member_counters, arrivals),
	COUNTER(struct member_counters, arrived_bytes),
	COUNTER(struct member_counters, segments),
	COUNTER(struct member_counters, taken),
	COUNTER(struct member_counters, dropped),
	COUNTER(struct member_counters, handshakes),
	COUNTER(struct member_counters, flows),
	COUNTER(struct member_counters, waits_unknown),
	{ NULL, 0 },
};

const struct counter row_counters[] = {
	COUNTER(struct tap_counters, calls),        COUNTER(struct tap_counters, packets),
	COUNTER(struct tap_counters, bytes),        COUNTER(struct tap_counters, eagain),
	COUNTER(struct tap_counters, idle_wakeups), COUNTER(struct tap_counters, interrupted),
	COUNTER(struct tap_counters, errors),       COUNTER(struct tap_counters, peeks),
	COUNTER(struct tap_counters, truncated),    { NULL, 0 },
};

const char *const tap_call_names[TAP_CALLS] = {
	[CALL_RECVFROM] = "recvfrom", [CALL_RECVMSG] = "recvmsg",   [CALL_RECVMMSG] = "recvmmsg",
	[CALL_READ] = "read",         [CALL_IO_URING] = "io_uring", [CALL_OTHER] = "other",
	[CALL_ACCEPT] = "accept",
};

static void *copy_of(const void *what, size_t count, size_t size)
{
	void *copy = calloc(count + 1, size);

	if (copy && count)
		memcpy(copy, what, count * size);
	return copy;
}

static void subtract_member(struct sample_member *from, const struct sample_member *before)
{
	counters_subtract(member_counters, &from->counters, &before->counters);
	for (size_t i = 0; i < TAP_REASONS; i++)
		from->reasons[i].packets -= before->reasons[i].packets;
	from->dropped_by_event -= before->dropped_by_event;
	for (size_t i = 0; i < TAP_WAITS; i++)
		from->waits[i] -= before->waits[i];
}

int sample_subtract(struct sample *delta, const struct sample *now, const struct sample *before)
{
	sample_free(delta);
	delta->time = now->time;
	delta->members = copy_of(now->members, now->member_count, sizeof(*now->members));
	delta->rows = copy_of(now->rows, now->row_count, sizeof(*now->rows));
	delta->cpus = copy_of(now->cpus, now->cpu_count, sizeof(*now->cpus));
	if (!delta->members || !delta->rows || !delta->cpus) {
		sample_free(delta);
		return -ENOMEM;
	}
	delta->member_count = now->member_count;
	delta->row_count = now->row_count;
	delta->cpu_count = now->cpu_count;
	for (size_t i = 0; i < before->member_count; i++)
		subtract_member(&delta->members[i], &before->members[i]);
	for (size_t i = 0; i < before->row_count; i++) {
		counters_subtract(row_counters, &delta->rows[i].counters,
				  &before->rows[i].counters);
		for (size_t j = 0; j < TAP_BATCHES; j++)
			delta->rows[i].batches[j] -= before->rows[i].batches[j];
	}
	for (size_t i = 0; i < before->cpu_count; i++) {
		delta->cpus[i].arrivals -= before->cpus[i].arrivals;
		delta->cpus[i].arrived_bytes -= before->cpus[i].arrived_bytes;
		delta->cpus[i].packets -= before->cpus[i].packets;
		delta->cpus[i].bytes -= before->cpus[i].bytes;
	}
	return 0;
}

void sample_free(struct sample *sample)
{
	free(sample->members);
	free(sample->rows);
	free(sample->cpus);
	*sample = (struct sample){ .time = 0 };
}

uint64_t waits_count(const uint64_t waits[static TAP_WAITS])
{
	uint64_t count = 0;

	for (size_t i = 0; i < TAP_WAITS; i++)
		count += waits[i];
	return count;
}

/* The largest number of ns in a bucket; see wait_bucket() in waits.bpf.h. */
static uint64_t upper_edge(size_t bucket)
{
	size_t power = bucket / TAP_WAIT_STEPS;

	if (bucket < 2)
		return bucket;
	return (1ull << power) + (bucket % TAP_WAIT_STEPS + 1) * (1ull << (power - 1)) - 1;
}

uint64_t waits_quantile(const uint64_t waits[static TAP_WAITS], double q)
{
	uint64_t count = waits_count(waits), sum = 0;

	for (size_t i = 0; i < TAP_WAITS && count; i++) {
		sum += waits[i];
		if ((double)sum >= q * (double)count)
			return upper_edge(i);
	}
	return 0;
}
