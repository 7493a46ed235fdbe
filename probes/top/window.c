#include "probes/top/window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "probes/top/flows.h"
#include "probes/top/model.h"

/* An uneven group is one whose busiest member has more than 1.1 times the mean. */
#define TOLERANCE 0.1

static bool takes_part(const struct view_row *row)
{
	return !row->track.closed && !row->track.now.connected;
}

static size_t members_at(const struct reading *reading, const struct reading_member *place)
{
	size_t count = 0;

	for (size_t i = 0; i < reading->count; i++)
		count += !reading->members[i].connected &&
			 reading_compare_places(&reading->members[i], place) == 0;
	return count;
}

/* Whether the group had the same members then. */
static bool same_members(const struct reading *then, const struct view_group *group,
			 const struct view_row *rows)
{
	for (size_t i = 0; i < group->count; i++) {
		const struct reading_member *now = &rows[i].track.now;
		const struct reading_member *old;

		if (!takes_part(&rows[i]))
			continue;
		old = reading_find(then, now->cookie);
		if (!old || old->counted != now->counted)
			return false;
	}
	return members_at(then, &rows[0].track.now) == group->members;
}

static const struct reading *find_start(const struct history *history,
					const struct view_group *group, const struct view_row *rows)
{
	const struct reading *start = history_reading(history, 0), *then;

	for (size_t ago = 1; ago <= HISTORY_WINDOW; ago++) {
		then = history_reading(history, ago);
		if (!then || !same_members(then, group, rows))
			break;
		start = then;
	}
	return start;
}

/* What ROW got between two readings. */
static void fill_row(struct view_row *row, const struct reading *now, const struct reading *then,
		     struct flow_sums *flows)
{
	const struct reading_member *member = &row->track.now;
	const struct reading_member *before = reading_find(then, member->cookie);

	row->count = member->arrived - before->arrived;
	row->flows = flows_add(flows, now, member, then, before);
}

/* Else the hash chooses. */
static bool steers(const struct reading_member *member)
{
	return member->program_known && member->program_type != 0;
}

static bool was_steered(const struct history *history, const struct reading *start,
			const struct view_row *row)
{
	for (size_t ago = 0; ago <= HISTORY_WINDOW; ago++) {
		const struct reading *then = history_reading(history, ago);
		const struct reading_member *member =
			then ? reading_find(then, row->track.now.cookie) : NULL;

		if (member && steers(member))
			return true;
		if (then == start)
			break;
	}
	return false;
}

static void judge(struct view_group *group, const struct view_row *rows, uint64_t *counts,
		  struct flow_sums *flows)
{
	struct distribution_input input = {
		.counts = counts,
		.flows = flows->squares > 0 ? flows->count : (double)NAN,
		.tolerance = TOLERANCE,
	};
	double total = 0;

	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i])) {
			counts[input.workers++] = rows[i].count;
			total += (double)rows[i].count;
		}
	group->split_flows = flows_split(flows);
	input.effective_flows = flows_effective(flows, total);
	input.hashed = !group->steered && !group->split_flows && !isnan(input.effective_flows);
	distribution_describe(&group->distribution, &input);
	group->judged = true;
}

static void fill_shares(const struct view_group *group, struct view_row *rows)
{
	double total = 0;

	for (size_t i = 0; i < group->count; i++)
		total += (double)rows[i].count;
	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i]))
			rows[i].share = total > 0 ? (double)rows[i].count / total : 0;
}

int window_describe(const struct history *history, struct view_group *group, struct view_row *rows)
{
	const struct reading *now = history_reading(history, 0);
	const struct reading *start = find_start(history, group, rows);
	struct flow_sums flows = { 0 };
	uint64_t *counts;

	group->window = now->time - start->time;
	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i])) {
			group->steered |= was_steered(history, start, &rows[i]);
			if (!rows[i].track.now.counted)
				return 0;
		}
	if (start == now || group->members == 0)
		return 0;
	counts = calloc(group->count + 1, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i]))
			fill_row(&rows[i], now, start, &flows);
	fill_shares(group, rows);
	judge(group, rows, counts, &flows);
	flows_free(&flows);
	free(counts);
	return 0;
}
