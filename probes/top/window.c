#include "probes/top/window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "probes/top/model.h"

/* An uneven group is one whose busiest member has more than 1.1 times the mean. */
#define TOLERANCE 0.1

/* Sums over flows: how many, their packets, and the squares of these. */
struct flow_sums {
	double count, packets, squares;
};

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

static void add_flow(struct flow_sums *sums, uint64_t packets)
{
	if (packets == 0)
		return;
	sums->count++;
	sums->packets += (double)packets;
	sums->squares += (double)packets * (double)packets;
}

/* Both lists are by hash; a flow that is not in the earlier one, or was dropped from it, is new. */
static struct flow_sums sum_flows(const struct reading *now, const struct reading_member *member,
				  const struct reading *then, const struct reading_member *before)
{
	const struct reading_flow *at = now->flows + member->first_flow;
	const struct reading_flow *end = at + member->flow_count;
	const struct reading_flow *old = then->flows + before->first_flow;
	const struct reading_flow *old_end = old + before->flow_count;
	struct flow_sums sums = { 0 };

	for (; at < end; at++) {
		uint64_t had = 0;

		while (old < old_end && old->hash < at->hash)
			old++;
		if (old < old_end && old->hash == at->hash && old->packets <= at->packets)
			had = old->packets;
		add_flow(&sums, at->packets - had);
	}
	return sums;
}

/* What ROW got between two readings. Adds to SUMS. */
static void fill_row(struct view_row *row, const struct reading *now, const struct reading *then,
		     struct flow_sums *sums)
{
	const struct reading_member *member = &row->track.now;
	const struct reading_member *before = reading_find(then, member->cookie);
	struct flow_sums own = { 0 };
	double fresh;

	row->count = member->arrived - before->arrived;
	if (member->tcp) {
		/* Every connection is a flow. */
		row->flows = (double)row->count;
		own = (struct flow_sums){ row->flows, row->flows, row->flows };
	} else if (now->flows_counted) {
		own = sum_flows(now, member, then, before);
		/* Of more flows than the table has room for, those that are left are too few. */
		fresh = (double)(member->new_flows - before->new_flows);
		row->flows = fmax(own.count, fresh);
	}
	sums->count += isnan(row->flows) ? 0 : row->flows;
	sums->packets += own.packets;
	sums->squares += own.squares;
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

/*
 * Flows that had to make room in the table are taken to be like those that are still there: the
 * sum of squares grows by as much as their packets fall short. Where all are there this is
 * (sum w)^2 / sum w^2.
 */
static double effective_flows(const struct flow_sums *sums, double total)
{
	return sums->squares > 0 ? total * sums->packets / sums->squares : (double)NAN;
}

static void judge(struct view_group *group, const struct view_row *rows, uint64_t *counts,
		  const struct flow_sums *sums)
{
	struct distribution_input input = {
		.counts = counts,
		.flows = sums->squares > 0 ? sums->count : (double)NAN,
		.tolerance = TOLERANCE,
	};
	double total = 0;

	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i])) {
			counts[input.workers++] = rows[i].count;
			total += (double)rows[i].count;
		}
	input.effective_flows = effective_flows(sums, total);
	input.hashed = !group->steered && !isnan(input.effective_flows);
	group->judged = distribution_describe(&group->distribution, &input) == 0;
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
	struct flow_sums sums = { 0 };
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
	counts = calloc(group->count, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (size_t i = 0; i < group->count; i++)
		if (takes_part(&rows[i]))
			fill_row(&rows[i], now, start, &sums);
	fill_shares(group, rows);
	judge(group, rows, counts, &sums);
	free(counts);
	return 0;
}
