#include "probes/top/frame.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "probes/top/columns.h"
#include "probes/top/model.h"
#include "probes/top/verdict.h"

/* A line to write to, NULL without memory. */
static char *add_line(struct frame *frame, enum line_style style)
{
	if (frame->count == frame->room) {
		size_t room = frame->room ? 2 * frame->room : 32;
		struct frame_line *grown = realloc(frame->lines, room * sizeof(*grown));

		if (!grown)
			return NULL;
		frame->lines = grown;
		frame->room = room;
	}
	frame->lines[frame->count].style = style;
	frame->lines[frame->count].text[0] = '\0';
	return frame->lines[frame->count++].text;
}

static const char *tier_text(const struct look *look)
{
	if (look->tier == TIER_NONE)
		return "tier none";
	if (look->tier == TIER_RECEPTIONS)
		return "tier receptions";
	return look->flows ? "tier arrivals, with flows" : "tier arrivals";
}

static void write_title(char *text, const struct view *view, const struct look *look)
{
	/* A reading is a little late or early. */
	uint64_t seconds = (view->elapsed + 50 * NS_PER_MS) / NS_PER_SECOND;
	const char *right = look->paused ? "PAUSED" : tier_text(look);
	int used = snprintf(text, FRAME_BYTES,
			    "fairport-top  %s  every %.3g s  %" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
			    look->subject ? look->subject : "all groups",
			    (double)look->interval / (double)NS_PER_SECOND, seconds / 3600,
			    seconds / 60 % 60, seconds % 60);

	if (used >= 0 && (size_t)used + 2 + strlen(right) <= look->width)
		snprintf(text + used, FRAME_BYTES - (size_t)used, "%*s", (int)look->width - used,
			 right);
}

static const char *missing_text(const struct look *look)
{
	if (look->tier == TIER_NONE)
		return "Who gets how much needs CAP_BPF and CAP_PERFMON: root has them.";
	return NULL;
}

static enum line_style row_style(const struct view_row *row)
{
	switch (row->mark) {
	case MARK_STOPPED:
	case MARK_ORPHANED:
	case MARK_UNREAD:
		return STYLE_ROW_BAD;
	case MARK_CLOSED:
	case MARK_CONNECTED:
		return STYLE_ROW_DIM;
	default:
		return row->track.dropped > 0 ? STYLE_ROW_BAD : STYLE_ROW;
	}
}

static int add_head(struct frame *frame, const struct view *view, const struct view_group *group,
		    const struct columns *columns, const struct look *look)
{
	enum line_style style;
	char text[FRAME_BYTES], *line;

	style = verdict_title(text, view, group);
	line = add_line(frame, style);
	if (line)
		strcpy(line, text);
	line = line ? add_line(frame, STYLE_PLAIN) : NULL;
	if (line)
		verdict_numbers(line, group);
	if (line && verdict_remark(text, view, group)) {
		line = add_line(frame, STYLE_REMARK);
		if (line)
			strcpy(line, text);
	}
	line = line ? add_line(frame, STYLE_COLUMNS) : NULL;
	if (line)
		columns_titles(line, columns, look);
	return line ? 0 : -ENOMEM;
}

static int add_group(struct frame *frame, const struct view *view, const struct view_group *group,
		     const struct columns *columns, const struct look *look)
{
	int error = add_head(frame, view, group, columns, look);

	/* One group's head stays in sight. */
	if (!error && view->group_count == 1)
		frame->fixed = frame->count;
	for (size_t i = 0; !error && i < group->count; i++) {
		const struct view_row *row = &view->rows[group->first + i];
		char *line = add_line(frame, row_style(row));

		if (line)
			columns_row(line, columns, view, group, row, look);
		else
			error = -ENOMEM;
	}
	return error;
}

int frame_make(struct frame *frame, const struct view *view, const struct look *look)
{
	const char *missing = missing_text(look);
	struct columns columns;
	char *line;
	int error = 0;

	frame->count = 0;
	columns_fit(&columns, look);
	line = add_line(frame, STYLE_TITLE);
	if (!line)
		return -ENOMEM;
	write_title(line, view, look);
	if (missing) {
		line = add_line(frame, STYLE_NOTE);
		if (!line)
			return -ENOMEM;
		strcpy(line, missing);
	}
	frame->fixed = frame->count;
	if (view->group_count == 0) {
		line = add_line(frame, STYLE_PLAIN);
		if (!line)
			return -ENOMEM;
		if (look->subject)
			snprintf(line, FRAME_BYTES, "  no socket on %s now", look->subject);
		else
			snprintf(line, FRAME_BYTES, "  no two sockets share a port here now");
	}
	for (size_t i = 0; !error && i < view->group_count; i++)
		error = add_group(frame, view, &view->groups[i], &columns, look);
	for (size_t i = 0; i < frame->count; i++)
		text_clip(frame->lines[i].text, look->width);
	return error;
}

void frame_free(struct frame *frame)
{
	free(frame->lines);
	*frame = (struct frame){ .count = 0 };
}
