#include "probes/top/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define RING (HISTORY_WINDOW + 1)

const struct reading *history_reading(const struct history *history, size_t ago)
{
	if (ago >= history->reading_count || ago >= RING)
		return NULL;
	return &history->readings[(history->reading_count - 1 - ago) % RING];
}

double track_value(const struct track *track, size_t ago)
{
	if (ago >= track->value_count || ago >= HISTORY_VALUES)
		return (double)NAN;
	return track->values[(track->value_count - 1 - ago) % HISTORY_VALUES];
}

static int by_cookie(const void *a, const void *b)
{
	const struct track *left = a, *right = b;

	return (left->now.cookie > right->now.cookie) - (left->now.cookie < right->now.cookie);
}

static const struct track *find_track(const struct history *history, uint64_t cookie)
{
	const struct track key = { .now = { .cookie = cookie } };

	return history->track_count ? bsearch(&key, history->tracks, history->track_count,
					      sizeof(key), by_cookie)
				    : NULL;
}

static double fill(const struct reading_member *member)
{
	return member->room ? (double)member->queue / (double)member->room : 0;
}

static void push(struct track *track, double value)
{
	track->values[track->value_count++ % HISTORY_VALUES] = value;
}

/* A member that was not there BEFORE has counted from 0, as it was opened meanwhile. */
static void follow(struct track *track, const struct reading_member *before, uint64_t interval)
{
	static const struct reading_member nothing = { .cookie = 0 };
	const struct reading_member *now = &track->now, *from = before ? before : &nothing;

	track->arrived = track->taken = (double)NAN;
	track->dropped = clock_rate((uint32_t)(now->dropped - from->dropped), interval);
	if (now->counted) {
		track->arrived = clock_rate(now->arrived - from->arrived, interval);
		track->taken = clock_rate(now->taken - from->taken, interval);
	}
	track->unread =
		now->counted && now->taken == from->taken && now->queue > 0 && from->queue > 0;
	push(track, now->counted ? track->arrived : fill(now));
}

static void begin(struct track *track)
{
	track->arrived = track->taken = track->dropped = (double)NAN;
}

/* What a track is after another reading, which names its member. */
static void update(struct track *track, const struct history *history,
		   const struct reading_member *member, const struct reading *before,
		   uint64_t interval)
{
	const struct track *old = find_track(history, member->cookie);

	if (old)
		*track = *old;
	else
		*track = (struct track){ .value_count = 0 };
	track->now = *member;
	track->closed = false;
	track->fresh = before && !old;
	if (before)
		follow(track, reading_find(before, member->cookie), interval);
	else
		begin(track);
}

static void close_track(struct track *track, const struct track *old)
{
	*track = *old;
	track->closed = true;
	track->fresh = track->unread = false;
	track->arrived = track->taken = track->dropped = (double)NAN;
	push(track, (double)NAN);
}

static int replace_tracks(struct history *history, const struct reading *reading,
			  const struct reading *before, uint64_t interval)
{
	struct track *tracks = calloc(reading->count + history->track_count + 1, sizeof(*tracks));
	size_t count = 0;

	if (!tracks)
		return -ENOMEM;
	for (size_t i = 0; i < reading->count; i++)
		update(&tracks[count++], history, &reading->members[i], before, interval);
	for (size_t i = 0; i < history->track_count; i++) {
		const struct track *old = &history->tracks[i];

		if (!old->closed && !reading_find(reading, old->now.cookie))
			close_track(&tracks[count++], old);
	}
	qsort(tracks, count, sizeof(*tracks), by_cookie);
	free(history->tracks);
	history->tracks = tracks;
	history->track_count = count;
	return 0;
}

int history_add(struct history *history, struct reading *reading)
{
	const struct reading *before = history_reading(history, 0);
	uint64_t interval = before ? reading->time - before->time : 0;
	int error = replace_tracks(history, reading, before, interval);
	struct reading *place;

	if (error)
		return error;
	if (!before)
		history->started = reading->time;
	history->interval = interval;
	place = &history->readings[history->reading_count++ % RING];
	reading_free(place);
	*place = *reading;
	*reading = (struct reading){ .time = 0 };
	return 0;
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < RING; i++)
		reading_free(&history->readings[i]);
	free(history->tracks);
	*history = (struct history){ .reading_count = 0 };
}
