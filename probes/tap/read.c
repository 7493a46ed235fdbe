/* Reads what the kernel side has counted. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "probes/tap/internal.h"

static uint64_t read_counter(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

/* One socket, as the iterator has written it. */
static void take_look(struct tap *tap, const struct tap_look *look)
{
	struct member_look *of;

	if (look->member == 0)
		tap->unplaced_now++;
	if (look->member == 0 || look->member >= TAP_MEMBERS)
		return;
	of = &tap->looks[look->member];
	of->dropped += look->dropped - of->last.dropped; /* of 32 bits, which may wrap */
	of->last = *look;
	of->round = tap->round;
}

static int read_iterator(struct tap *tap, const struct bpf_link *link)
{
	struct tap_look looks[64];
	int fd = bpf_iter_create(bpf_link__fd(link)), error = 0;
	size_t have = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	for (;;) {
		got = read(fd, (char *)looks + have, sizeof(looks) - have);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
		for (size_t i = 0; i < have / sizeof(looks[0]); i++)
			take_look(tap, &looks[i]);
		/* What the kernel hands over may end within one. */
		memmove(looks, (char *)looks + have / sizeof(looks[0]) * sizeof(looks[0]),
			have % sizeof(looks[0]));
		have %= sizeof(looks[0]);
	}
	if (got < 0)
		error = -errno;
	close(fd);
	return error;
}

bool tap_is_iterator(const struct tap *tap, size_t link)
{
	return tap->links[link] == tap->look_udp || tap->links[link] == tap->look_tcp;
}

int tap_look_at_sockets(struct tap *tap)
{
	int error;

	tap->round++;
	tap->unplaced_now = 0;
	error = read_iterator(tap, tap->look_udp);
	if (!error)
		error = read_iterator(tap, tap->look_tcp);
	if (tap->unplaced_now > tap->unplaced)
		tap->unplaced = tap->unplaced_now;
	return error;
}

static size_t used(const uint32_t *next, size_t most)
{
	size_t count = __atomic_load_n(next, __ATOMIC_ACQUIRE);

	return count < most ? count : most;
}

static void read_reasons(struct sample_member *out, const struct tap_member *in)
{
	for (size_t i = 0; i < TAP_REASONS; i++) {
		out->reasons[i].used = in->reasons[i].used;
		out->reasons[i].reason = in->reasons[i].reason;
		out->reasons[i].packets = read_counter(&in->reasons[i].packets);
	}
	out->dropped_by_event = read_counter(&in->dropped);
}

static void read_look(struct sample_member *out, const struct tap *tap,
		      const struct member_look *look)
{
	out->known = look->round != 0;
	out->open = look->round == tap->round;
	out->counters.dropped = look->dropped;
	out->queue_at_start = look->last.queue_at_start;
	if (!out->open) {
		/* What was dropped after the last look is known by the events alone. */
		if (out->dropped_by_event > out->counters.dropped)
			out->counters.dropped = out->dropped_by_event;
		return;
	}
	out->queue_packets = look->last.queue_packets;
	out->queue_bytes = look->last.queue_bytes;
	out->rcvbuf = look->last.rcvbuf;
	out->queue_max = out->queue_packets;
	if (!tap->options.arrivals || out->tcp)
		return;
	/* All at the moment of the look, so that they balance. */
	out->counters.arrivals = look->last.arrivals;
	out->counters.taken = look->last.taken;
	out->in_transit =
		(int64_t)(out->counters.arrivals + out->queue_at_start) -
		(int64_t)(out->counters.taken + out->counters.dropped + out->queue_packets);
}

static void read_member(struct sample_member *out, const struct tap *tap, size_t index)
{
	const struct tap_member *in = (const struct tap_member *)tap->members.data + index;

	*out = (struct sample_member){ .cookie = in->cookie,
				       .port = (uint16_t)in->port,
				       .tcp = in->protocol == 6 || index == TAP_OLDER };
	/* What becomes of packets before the packets: what comes meanwhile is on its way. */
	out->counters.taken = read_counter(&in->taken);
	read_reasons(out, in);
	out->counters.waits_unknown = read_counter(&in->waits_unknown);
	out->counters.arrivals = read_counter(&in->arrivals);
	out->counters.arrived_bytes = read_counter(&in->arrived_bytes);
	out->counters.segments = out->counters.arrivals + read_counter(&in->more_segments);
	out->counters.handshakes = read_counter(&in->handshakes);
	out->counters.flows = read_counter(&in->flows);
	read_look(out, tap, &tap->looks[index]);
	if (tap->options.waits)
		memcpy(out->waits, (const char *)tap->waits.data + index * sizeof(out->waits),
		       sizeof(out->waits));
}

/* A socket may have come and gone between two looks: then only rows tell of it. */
static void note_reader(struct sample_member *member, const struct tap_row *row)
{
	member->known = true;
	if (row->queue_max > member->queue_max)
		member->queue_max = row->queue_max;
}

static void read_rows(struct sample *sample, const struct tap *tap)
{
	const struct tap_row *rows = tap->rows.data;

	for (size_t i = 0; i < sample->row_count; i++) {
		struct tap_row *row = &sample->rows[i];

		/* A thread may be about to fill it in. */
		if (__atomic_load_n(&rows[i].pid, __ATOMIC_ACQUIRE) == 0)
			continue;
		*row = rows[i];
		if (row->member == 0 || row->member >= sample->member_count)
			row->pid = 0;
		else
			note_reader(&sample->members[row->member], row);
	}
}

int tap_read(struct tap *tap, struct sample *sample, bool last)
{
	struct tap_state *state = &tap->bpf->data->state;
	size_t rows;
	int error = tap_look_at_sockets(tap);

	sample_free(sample);
	if (last) /* quicker than to detach the programs */
		memset(state->ports, 0, sizeof(state->ports));
	if (error)
		return error;
	sample->time = clock_now();
	/* Rows first: the members that they name are then there. */
	rows = used(&state->rows, TAP_ROWS);
	sample->member_count = used(&state->members, TAP_MEMBERS);
	sample->members = calloc(sample->member_count, sizeof(*sample->members));
	sample->rows = calloc(rows, sizeof(*sample->rows));
	if (!sample->members || !sample->rows) {
		sample_free(sample);
		return -ENOMEM;
	}
	sample->row_count = rows;
	for (size_t i = 1; i < sample->member_count; i++)
		read_member(&sample->members[i], tap, i);
	read_rows(sample, tap);
	if (!tap->options.cpus)
		return 0;
	sample->cpus = malloc(tap->cpus.size);
	if (!sample->cpus)
		return -ENOMEM;
	memcpy(sample->cpus, tap->cpus.data, tap->cpus.size);
	sample->cpu_count = TAP_CPUS;
	return 0;
}

static int by_member_and_packets(const void *a, const void *b)
{
	const struct tap_flow_entry *left = a, *right = b;

	if (left->key.member != right->key.member)
		return left->key.member < right->key.member ? -1 : 1;
	if (left->packets != right->packets)
		return left->packets > right->packets ? -1 : 1;
	return memcmp(&left->key, &right->key, sizeof(left->key));
}

#define FLOWS_AT_ONCE 4096

/*
 * Copies what the map has, ROOM entries at most. The map is written meanwhile: a flow may be
 * missed then, or be there twice. 0 or -errno.
 */
static int copy_flows(const struct bpf_map *map, struct tap_flow_entry *flows, size_t room,
		      size_t *count)
{
	struct tap_flow_key *keys = calloc(FLOWS_AT_ONCE, sizeof(*keys));
	uint64_t *packets = calloc(FLOWS_AT_ONCE, sizeof(*packets));
	uint32_t place = 0, *from = NULL;
	int error = keys && packets ? 0 : -ENOMEM;

	while (!error) {
		uint32_t got = FLOWS_AT_ONCE;

		/* -ENOENT: these were the last. */
		error = bpf_map_lookup_batch(bpf_map__fd(map), from, &place, keys, packets, &got,
					     NULL);
		if (error && error != -ENOENT)
			break;
		for (uint32_t i = 0; i < got && *count < room; i++)
			flows[(*count)++] = (struct tap_flow_entry){ keys[i], packets[i] };
		from = &place;
	}
	free(keys);
	free(packets);
	return error == -ENOENT ? 0 : error;
}

int tap_read_flows(struct tap *tap, struct tap_flow_entry **flows, size_t *count)
{
	const struct bpf_map *map = tap->bpf->maps.flows;
	size_t room = bpf_map__max_entries(map);
	int error;

	*count = 0;
	*flows = calloc(room, sizeof(**flows));
	if (!*flows)
		return -ENOMEM;
	error = copy_flows(map, *flows, room, count);
	qsort(*flows, *count, sizeof(**flows), by_member_and_packets);
	return error;
}
