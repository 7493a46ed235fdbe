#include "probes/top/model.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "probes/top/window.h"

const char *const sort_names[] = {
	[SORT_SLOT] = "slot",   [SORT_PID] = "pid",     [SORT_COMMAND] = "command",
	[SORT_SHARE] = "share", [SORT_RATE] = "rate",   [SORT_QUEUE] = "queue",
	[SORT_DROPS] = "drops", [SORT_FLOWS] = "flows", [SORT_KEYS] = NULL,
};

static int compare(double left, double right)
{
	/* What is not known comes last. */
	if (isnan(left) || isnan(right))
		return isnan(left) - isnan(right);
	return (left < right) - (left > right);
}

static int by_slot(const struct view_row *left, const struct view_row *right)
{
	const struct reading_member *a = &left->track.now, *b = &right->track.now;

	if (a->connected != b->connected)
		return a->connected - b->connected;
	if (left->track.closed != right->track.closed)
		return left->track.closed - right->track.closed;
	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return (a->cookie > b->cookie) - (a->cookie < b->cookie);
}

static int by_pid(const struct view_row *left, const struct view_row *right)
{
	return (left->track.now.pid > right->track.now.pid) -
	       (left->track.now.pid < right->track.now.pid);
}

static int by_command(const struct view_row *left, const struct view_row *right)
{
	return strcmp(left->track.now.command, right->track.now.command);
}

static int by_share(const struct view_row *left, const struct view_row *right)
{
	return compare(left->share, right->share);
}

static int by_rate(const struct view_row *left, const struct view_row *right)
{
	return compare(left->track.arrived, right->track.arrived);
}

static int by_queue(const struct view_row *left, const struct view_row *right)
{
	return compare((double)left->track.now.queue, (double)right->track.now.queue);
}

static int by_drops(const struct view_row *left, const struct view_row *right)
{
	return compare(left->track.dropped, right->track.dropped);
}

static int by_flows(const struct view_row *left, const struct view_row *right)
{
	return compare(left->flows, right->flows);
}

static int (*const comparisons[SORT_KEYS])(const struct view_row *, const struct view_row *) = {
	[SORT_SLOT] = by_slot,   [SORT_PID] = by_pid,     [SORT_COMMAND] = by_command,
	[SORT_SHARE] = by_share, [SORT_RATE] = by_rate,   [SORT_QUEUE] = by_queue,
	[SORT_DROPS] = by_drops, [SORT_FLOWS] = by_flows,
};

struct order {
	enum sort_key key;
	bool reverse;
};

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct order *order = context;
	int difference = comparisons[order->key](a, b);

	if (order->reverse)
		difference = -difference;
	return difference ? difference : by_slot(a, b);
}

void view_sort(struct view *view, enum sort_key key, bool reverse)
{
	struct order order = { key, reverse };

	for (size_t i = 0; i < view->group_count; i++)
		qsort_r(view->rows + view->groups[i].first, view->groups[i].count,
			sizeof(*view->rows), compare_rows, &order);
}

static int by_place(const void *a, const void *b)
{
	const struct view_row *left = a, *right = b;
	int difference = reading_compare_places(&left->track.now, &right->track.now);

	return difference ? difference : by_slot(left, right);
}

static enum mark mark_of(const struct track *track)
{
	const struct reading_member *now = &track->now;

	if (track->closed)
		return MARK_CLOSED;
	if (now->state == 'T' || now->state == 't')
		return MARK_STOPPED;
	if (now->orphaned)
		return MARK_ORPHANED;
	if (track->unread)
		return MARK_UNREAD;
	if (now->connected)
		return MARK_CONNECTED;
	return track->fresh ? MARK_FRESH : MARK_NONE;
}

static struct view_row make_row(const struct track *track)
{
	const struct reading_member *now = &track->now;

	return (struct view_row){
		.track = *track,
		.mark = mark_of(track),
		.share = NAN,
		.full = now->room && !track->closed ? (double)now->queue / (double)now->room
						    : (double)NAN,
		.flows = NAN,
	};
}

static void add_rates(struct view_group *group, const struct view_row *row)
{
	if (!isnan(row->track.dropped))
		group->dropped += row->track.dropped;
	/* One that is not known makes the sum unknown; a closed one is no part of it. */
	if (!row->track.closed)
		group->arrived += row->track.arrived;
}

/* The group that begins with row FIRST. */
static struct view_group make_group(const struct view *view, size_t first)
{
	struct view_group group = { .first = first };
	const struct reading_member *place = &view->rows[first].track.now;

	while (first + group.count < view->row_count) {
		const struct view_row *row = &view->rows[first + group.count];

		if (reading_compare_places(&row->track.now, place) != 0)
			break;
		group.members += !row->track.closed && !row->track.now.connected;
		add_rates(&group, row);
		group.count++;
	}
	return group;
}

/* Connected sockets alone are clients; they are shown beside those that they share a port with. */
static bool is_shown(const struct view *view, const struct view_group *group, bool only_groups)
{
	size_t connected = 0;

	for (size_t i = 0; i < group->count; i++)
		connected += view->rows[group->first + i].track.now.connected;
	return connected < group->count && (!only_groups || group->members >= 2);
}

static int make_groups(struct view *view, const struct history *history, bool only_groups)
{
	size_t kept = 0;
	int error = 0;

	for (size_t first = 0; !error && first < view->row_count;) {
		struct view_group group = make_group(view, first);
		size_t count = group.count;

		if (is_shown(view, &group, only_groups)) {
			memmove(view->rows + kept, view->rows + first, count * sizeof(*view->rows));
			group.first = kept;
			error = window_describe(history, &group, view->rows + kept);
			kept += count;
			view->groups[view->group_count++] = group;
		}
		first += count;
	}
	view->row_count = kept;
	return error;
}

int view_make(struct view *view, const struct history *history, bool only_groups)
{
	const struct reading *last = history_reading(history, 0);

	*view = (struct view){
		.elapsed = last ? last->time - history->started : 0,
		.interval = history->interval,
		.readings = history->reading_count,
		.rows = calloc(history->track_count + 1, sizeof(*view->rows)),
		.groups = calloc(history->track_count + 1, sizeof(*view->groups)),
	};
	if (!view->rows || !view->groups)
		return -ENOMEM;
	for (size_t i = 0; i < history->track_count; i++)
		view->rows[view->row_count++] = make_row(&history->tracks[i]);
	qsort(view->rows, view->row_count, sizeof(*view->rows), by_place);
	return make_groups(view, history, only_groups);
}

void view_free(struct view *view)
{
	free(view->rows);
	free(view->groups);
	*view = (struct view){ .readings = 0 };
}
