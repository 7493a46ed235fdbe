#include "probes/top/reading.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/hosts.h"
#include "probes/tap/sample.h"

/* What the rows of the sample say about one of its members. */
struct taking {
	uint64_t cookie;
	size_t member;    /* index in the sample */
	uint64_t packets; /* taken by everybody */
	uint64_t most;    /* taken by the busiest thread, */
	uint32_t pid;     /* which is of this process */
	size_t first_flow, flow_count;
};

static int compare_numbers(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

static int taking_by_cookie(const void *a, const void *b)
{
	const struct taking *left = a, *right = b;

	return compare_numbers(left->cookie, right->cookie);
}

static int member_by_cookie(const void *a, const void *b)
{
	const struct reading_member *left = a, *right = b;

	return compare_numbers(left->cookie, right->cookie);
}

static int flow_by_hash(const void *a, const void *b)
{
	const struct reading_flow *left = a, *right = b;

	return compare_numbers(left->hash, right->hash);
}

/* Rows of accept(2) count connections, those of receive calls on TCP bytes of a stream. */
static void add_row(struct taking *of, const struct sample *sample, const struct tap_row *row)
{
	bool accepts = row->call == CALL_ACCEPT;

	if (row->pid == 0 || row->member >= sample->member_count ||
	    accepts != sample->members[row->member].tcp)
		return;
	of += row->member;
	of->packets += row->counters.packets;
	if (row->counters.packets > of->most) {
		of->most = row->counters.packets;
		of->pid = row->pid;
	}
}

/* FNV-1a, of 64 bits: among 65536 flows two alike are a matter of 1 in 10^10. */
static uint64_t hash_of(const struct tap_flow_key *flow)
{
	struct tap_flow_key key = *flow;
	const unsigned char *bytes = (const unsigned char *)&key;
	uint64_t hash = 14695981039346656037ull;

	key.member = 0; /* the same 4-tuple wherever it goes */
	for (size_t i = 0; i < sizeof(key); i++)
		hash = (hash ^ bytes[i]) * 1099511628211ull;
	return hash;
}

static int copy_flows(struct reading *out, struct taking *takings, const struct sample *sample,
		      const struct tap_flow_entry *flows, size_t count)
{
	out->flows = calloc(count + 1, sizeof(*out->flows));
	if (!out->flows)
		return -ENOMEM;
	out->flows_counted = true;
	for (size_t i = 0, first = 0; i < count; i++) {
		uint32_t member = flows[i].key.member;

		out->flows[i] = (struct reading_flow){ hash_of(&flows[i].key), flows[i].packets };
		if (i + 1 < count && flows[i + 1].key.member == member)
			continue;
		qsort(out->flows + first, i + 1 - first, sizeof(*out->flows), flow_by_hash);
		if (member < sample->member_count) {
			takings[member].first_flow = first;
			takings[member].flow_count = i + 1 - first;
		}
		first = i + 1;
	}
	return 0;
}

/* The one that takes, if it is known; else the last, as those that were forked come after. */
static const struct socket_owner *find_owner(const struct socket_list *list,
					     const struct socket_info *socket, uint32_t taker)
{
	const struct socket_owner *owners = list->owners + socket->first_owner;

	if (socket->owner_count == 0)
		return NULL;
	for (size_t i = 0; i < socket->owner_count; i++)
		if ((uint32_t)owners[i].pid == taker)
			return &owners[i];
	return &owners[socket->owner_count - 1];
}

static struct reading_member describe(const struct socket_list *list,
				      const struct socket_info *socket, uint32_t taker)
{
	const struct socket_owner *owner = find_owner(list, socket, taker);
	const struct socket_details *details = &socket->details;
	struct reading_member out = {
		.cookie = socket->cookie,
		.tcp = socket->tcp,
		.connected = socket->connected,
		.local = socket->local,
		.slot = details->known && details->grouped ? details->slot : UINT32_MAX,
		.program_known = details->known,
		.program_type = details->program_type,
		.owners = socket->owner_count,
		.orphaned = !owner && list->all_visible && !details->of_kernel,
		.state = '?',
		.dropped = socket->drops,
		.packets_known = details->known || socket->tcp,
		.queue_packets = socket->tcp ? socket->queue : details->queue_packets,
		.queue = socket->queue,
		.room = socket->tcp ? socket->backlog : socket->rcvbuf,
	};

	memcpy(out.device, socket->device, sizeof(out.device));
	memcpy(out.program_name, details->program_name, sizeof(out.program_name));
	if (owner) {
		out.pid = owner->pid;
		out.state = owner->state;
		memcpy(out.command, owner->command, sizeof(out.command));
	}
	return out;
}

static void add_counts(struct reading_member *to, const struct sample *sample,
		       const struct taking *taking, enum tier tier)
{
	const struct member_counters *counters = &sample->members[taking->member].counters;

	to->counted = true;
	to->taken = taking->packets;
	to->new_flows = counters->flows;
	if (to->tcp)
		to->arrived = counters->handshakes;
	else
		to->arrived = tier == TIER_ARRIVALS ? counters->arrivals : taking->packets;
	to->first_flow = taking->first_flow;
	to->flow_count = taking->flow_count;
}

static int sum_takings(struct reading *out, struct taking *takings, const struct sample *sample,
		       const struct tap_flow_entry *flows, size_t flow_count)
{
	int error = 0;

	for (size_t i = 0; i < sample->member_count; i++) {
		takings[i].cookie = sample->members[i].cookie;
		takings[i].member = i;
	}
	for (size_t i = 0; i < sample->row_count; i++)
		add_row(takings, sample, &sample->rows[i]);
	if (flows)
		error = copy_flows(out, takings, sample, flows, flow_count);
	qsort(takings, sample->member_count, sizeof(*takings), taking_by_cookie);
	return error;
}

int reading_join(struct reading *out, const struct socket_list *list, const struct sample *sample,
		 const struct tap_flow_entry *flows, size_t flow_count, enum tier tier)
{
	size_t taking_count = sample ? sample->member_count : 0;
	struct taking *takings = calloc(taking_count + 1, sizeof(*takings));
	int error = 0;

	*out = (struct reading){ .members = calloc(list->count + 1, sizeof(*out->members)) };
	if (!takings || !out->members)
		error = -ENOMEM;
	else if (sample)
		error = sum_takings(out, takings, sample, flows, flow_count);
	for (size_t i = 0; !error && i < list->count; i++) {
		const struct socket_info *socket = &list->items[i];
		const struct taking key = { .cookie = socket->cookie };
		const struct taking *taking =
			sample ? bsearch(&key, takings, taking_count, sizeof(key), taking_by_cookie)
			       : NULL;

		out->members[i] = describe(list, socket, taking ? taking->pid : 0);
		if (taking)
			add_counts(&out->members[i], sample, taking, tier);
		out->count++;
	}
	if (!error)
		qsort(out->members, out->count, sizeof(*out->members), member_by_cookie);
	free(takings);
	return error;
}

int reading_compare_places(const struct reading_member *left, const struct reading_member *right)
{
	int difference = (left->tcp > right->tcp) - (left->tcp < right->tcp);

	if (!difference)
		difference =
			compare_numbers(address_port(&left->local), address_port(&right->local));
	if (!difference)
		difference = hosts_compare(&left->local, &right->local);
	return difference ? difference : strcmp(left->device, right->device);
}

const struct reading_member *reading_find(const struct reading *reading, uint64_t cookie)
{
	const struct reading_member key = { .cookie = cookie };

	return reading->count ? bsearch(&key, reading->members, reading->count, sizeof(key),
					member_by_cookie)
			      : NULL;
}

void reading_free(struct reading *reading)
{
	free(reading->members);
	free(reading->flows);
	*reading = (struct reading){ .time = 0 };
}
