#include "analysis/observed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/stream.h"

static struct observed_member *add_member(struct observed *observed, uint64_t cookie)
{
	size_t count = observed->member_count;
	struct observed_member *members = observed->members;

	if (count == OBSERVED_MEMBERS)
		return NULL;
	/* Twice as much each time: whenever the count is a power of two. */
	if ((count & (count - 1)) == 0) {
		members = realloc(members, (count ? 2 * count : 1) * sizeof(*members));
		if (!members)
			return NULL;
		observed->members = members;
	}
	members[count] = (struct observed_member){ .cookie = cookie,
						   .arrivals = OBSERVED_UNKNOWN,
						   .handshakes = OBSERVED_UNKNOWN,
						   .flows = OBSERVED_UNKNOWN,
						   .queue_packets = OBSERVED_UNKNOWN,
						   .queue_bytes = OBSERVED_UNKNOWN,
						   .queue_max = OBSERVED_UNKNOWN,
						   .group = OBSERVED_NONE,
						   .place = OBSERVED_NONE };
	observed->member_count++;
	return &members[count];
}

struct observed_member *observed_member(struct observed *observed, uint64_t cookie)
{
	for (size_t i = 0; i < observed->member_count; i++) {
		size_t at = (observed->next + i) % observed->member_count;

		if (observed->members[at].cookie != cookie)
			continue;
		observed->next = at + 1;
		return &observed->members[at];
	}
	return add_member(observed, cookie);
}

size_t observed_find(const struct observed *observed, uint64_t cookie)
{
	for (size_t i = 0; i < observed->member_count; i++)
		if (observed->members[i].cookie == cookie)
			return i;
	return OBSERVED_NONE;
}

/* Members by cookie, for flows, of which there are too many to look at each member. */
struct key {
	uint64_t cookie;
	size_t index;
};

static int by_cookie(const void *a, const void *b)
{
	const struct key *left = a, *right = b;

	return left->cookie < right->cookie ? -1 : left->cookie > right->cookie;
}

static size_t look_up(const struct key *keys, size_t count, uint64_t cookie)
{
	struct key want = { .cookie = cookie };
	const struct key *found =
		count ? bsearch(&want, keys, count, sizeof(*keys), by_cookie) : NULL;

	return found ? found->index : OBSERVED_NONE;
}

static void join_groups(struct observed *observed, const struct key *keys)
{
	for (size_t i = 0; i < observed->group_count; i++) {
		const struct observed_group *group = &observed->groups[i];

		for (size_t place = 0; place < group->member_count; place++) {
			size_t member =
				look_up(keys, observed->member_count, group->members[place].cookie);

			if (member == OBSERVED_NONE)
				continue;
			observed->members[member].group = i;
			observed->members[member].place = place;
		}
	}
}

bool observed_join(struct observed *observed)
{
	size_t count = observed->member_count;
	struct key *keys = calloc(count + 1, sizeof(*keys));

	if (!keys)
		return false;
	for (size_t i = 0; i < count; i++)
		keys[i] = (struct key){ observed->members[i].cookie, i };
	qsort(keys, count, sizeof(*keys), by_cookie);
	for (size_t i = 0; i < observed->worker_count; i++)
		observed->workers[i].member = look_up(keys, count, observed->workers[i].cookie);
	for (size_t i = 0; i < observed->flow_count; i++)
		observed->flows[i].member = look_up(keys, count, observed->flows[i].cookie);
	join_groups(observed, keys);
	free(keys);
	return true;
}

static int by_tuple(const void *a, const void *b)
{
	const struct observed_flow *left = *(const struct observed_flow *const *)a;
	const struct observed_flow *right = *(const struct observed_flow *const *)b;
	int order = strcmp(left->remote, right->remote);

	return order ? order : strcmp(left->local, right->local);
}

/* Flows of LIST, in the order of their tuples. */
static void measure(const struct observed_flow *const *list, size_t count, double *flows,
		    double *effective)
{
	double sum = 0, squares = 0;
	size_t next;

	*flows = 0;
	for (size_t i = 0; i < count; i = next) {
		double packets = 0;

		for (next = i; next < count && by_tuple(&list[i], &list[next]) == 0; next++)
			packets += (double)list[next]->packets;
		sum += packets;
		squares += packets * packets;
		++*flows;
	}
	*effective = squares > 0 ? sum * sum / squares : 0;
}

/* From the flows that are told; false where none is. */
static bool measure_told(const struct observed *observed, const bool *wanted, double *flows,
			 double *effective)
{
	const struct observed_flow **list;
	size_t count = 0;

	if (!observed->flow_count || observed->flows_untold)
		return false;
	list = calloc(observed->flow_count, sizeof(const struct observed_flow *));
	if (!list)
		return false;
	for (size_t i = 0; i < observed->flow_count; i++) {
		const struct observed_flow *flow = &observed->flows[i];

		if (!wanted || (flow->member != OBSERVED_NONE && wanted[flow->member]))
			list[count++] = flow;
	}
	qsort(list, count, sizeof(const struct observed_flow *), by_tuple);
	measure(list, count, flows, effective);
	free(list);
	return true;
}

void observed_flows(const struct observed *observed, const bool *wanted, double *flows,
		    double *effective)
{
	if (measure_told(observed, wanted, flows, effective))
		return;
	/* The probe's own figures are of all members. */
	*flows = record_number(observed->summary, "flows");
	*effective = record_number(observed->summary, "effective_flows");
	for (size_t i = 0; wanted && i < observed->member_count; i++)
		if (!wanted[i] && observed->members[i].flows != 0)
			*flows = *effective = NAN;
}

void observed_free(struct observed *observed)
{
	for (size_t i = 0; i < observed->member_count; i++)
		free(observed->members[i].owners);
	for (size_t i = 0; i < observed->group_count; i++) {
		struct observed_group *group = &observed->groups[i];

		for (size_t place = 0; place < group->member_count; place++)
			free(group->members[place].marks);
		free(group->members);
	}
	free(observed->members);
	free(observed->workers);
	free(observed->flows);
	free(observed->groups);
	timeline_free(&observed->timeline);
	json_decref(observed->header);
	json_decref(observed->summary);
	*observed = (struct observed){ .header = NULL };
}
