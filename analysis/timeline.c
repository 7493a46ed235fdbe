#include "analysis/timeline.h"

#include <stdlib.h>
#include <string.h>

static size_t points_for(size_t width)
{
	size_t most = TIMELINE_CELLS / width;

	if (most > TIMELINE_POINTS)
		return TIMELINE_POINTS;
	return most > 0 ? most : 1;
}

struct timeline_cell *timeline_cell(const struct timeline *timeline, size_t point, size_t worker)
{
	return &timeline->cells[point * timeline->width + worker];
}

static void add_cells(struct timeline_cell *into, const struct timeline_cell *what, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		into[i].packets += what[i].packets;
		into[i].connections += what[i].connections;
		into[i].drops += what[i].drops;
	}
}

static void add_point(struct timeline_point *into, const struct timeline_point *what)
{
	into->end = what->end;
	into->time += what->time;
	into->records += what->records;
	into->front_drops += what->front_drops;
}

/* Each two neighbours become one; of an odd number, the last stays alone. */
static void halve(struct timeline *timeline)
{
	size_t width = timeline->width;

	for (size_t i = 0; i < timeline->count; i++) {
		struct timeline_point *from = &timeline->points[i];
		struct timeline_cell *cells = timeline_cell(timeline, i, 0);

		if (i % 2) {
			add_point(&timeline->points[i / 2], from);
			add_cells(timeline_cell(timeline, i / 2, 0), cells, width);
		} else if (i > 0) {
			timeline->points[i / 2] = *from;
			memcpy(timeline_cell(timeline, i / 2, 0), cells, width * sizeof(*cells));
		}
	}
	timeline->count = (timeline->count + 1) / 2;
	timeline->merge *= 2;
}

/* Makes room for more workers, or for the first ones. */
static bool widen(struct timeline *timeline, size_t workers)
{
	size_t width = timeline->width ? timeline->width : 1;
	struct timeline wider;

	while (width < workers && width < TIMELINE_WIDEST)
		width *= 2;
	if (width < workers)
		return false;
	while (timeline->count > points_for(width))
		halve(timeline);
	wider = *timeline;
	wider.width = width;
	wider.points = calloc(points_for(width), sizeof(*wider.points));
	wider.cells = calloc(points_for(width) * width, sizeof(*wider.cells));
	if (!wider.points || !wider.cells) {
		free(wider.points);
		free(wider.cells);
		return false;
	}
	for (size_t i = 0; i < timeline->count; i++) {
		wider.points[i] = timeline->points[i];
		memcpy(timeline_cell(&wider, i, 0), timeline_cell(timeline, i, 0),
		       timeline->width * sizeof(*wider.cells));
	}
	free(timeline->points);
	free(timeline->cells);
	*timeline = wider;
	return true;
}

struct timeline_point *timeline_extend(struct timeline *timeline, uint64_t end, uint64_t length,
				       size_t workers)
{
	struct timeline_point *point;

	if (!timeline->merge)
		timeline->merge = 1;
	if ((workers > timeline->width || !timeline->width) && !widen(timeline, workers))
		return NULL;
	if (timeline->count == points_for(timeline->width) &&
	    timeline->points[timeline->count - 1].records >= timeline->merge)
		halve(timeline);
	if (timeline->count && timeline->points[timeline->count - 1].records < timeline->merge) {
		point = &timeline->points[timeline->count - 1];
	} else {
		point = &timeline->points[timeline->count++];
		*point = (struct timeline_point){ .start = end - length };
		memset(timeline_cell(timeline, timeline->count - 1, 0), 0,
		       timeline->width * sizeof(*timeline->cells));
	}
	point->end = end;
	point->time += length;
	point->records++;
	return point;
}

bool timeline_note_start(struct timeline *timeline, const struct timeline_start *start)
{
	if (timeline->start_count == TIMELINE_STARTS) {
		timeline->starts_untold++;
		return true;
	}
	if (!timeline->starts)
		timeline->starts = calloc(TIMELINE_STARTS, sizeof(*timeline->starts));
	if (!timeline->starts)
		return false;
	timeline->starts[timeline->start_count++] = *start;
	return true;
}

bool timeline_reorder(struct timeline *timeline, const size_t *columns, size_t count)
{
	struct timeline_cell *cells = calloc(timeline->count * count + 1, sizeof(*cells));

	if (!cells)
		return false;
	for (size_t point = 0; point < timeline->count; point++)
		for (size_t i = 0; i < count; i++)
			if (columns[i] < timeline->width)
				cells[point * count + i] =
					*timeline_cell(timeline, point, columns[i]);
	free(timeline->cells);
	timeline->cells = cells;
	timeline->width = count;
	return true;
}

void timeline_free(struct timeline *timeline)
{
	free(timeline->points);
	free(timeline->cells);
	free(timeline->starts);
}
