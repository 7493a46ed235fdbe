/*
 * A view as lines of text: what the screen draws and what goes to a file. Nothing here knows a
 * terminal.
 */
#ifndef FAIRPORT_TOP_FRAME_H
#define FAIRPORT_TOP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/top/reading.h"
#include "probes/top/spark.h"

struct view;

#define FRAME_MOST_COLUMNS 250
#define FRAME_BYTES        DRAWN_BYTES(FRAME_MOST_COLUMNS)

/* How a view is to look. */
struct look {
	size_t width; /* columns, at most FRAME_MOST_COLUMNS */
	bool utf8;
	bool drawn; /* with bars and sparklines */
	bool paused;
	enum tier tier;
	bool flows;          /* they are counted */
	uint64_t interval;   /* ns, as it is asked for */
	const char *subject; /* "port 8089"; NULL: every group of two and more */
};

enum line_style {
	STYLE_TITLE,
	STYLE_NOTE,   /* what the tier lacks */
	STYLE_GOOD,   /* a group's verdict */
	STYLE_MEDIUM, /* uneven for a known reason */
	STYLE_BAD,
	STYLE_PLAIN,
	STYLE_REMARK,  /* what is wrong with a member */
	STYLE_COLUMNS, /* the titles of the table */
	STYLE_ROW,
	STYLE_ROW_BAD,
	STYLE_ROW_DIM,
};

struct frame_line {
	enum line_style style;
	char text[FRAME_BYTES];
};

struct frame {
	struct frame_line *lines;
	size_t count, room;
	size_t fixed; /* the first ones, which do not scroll */
};

/* 0 or -ENOMEM; FRAME is used again, and frame_free()d once. */
int frame_make(struct frame *frame, const struct view *view, const struct look *look);

void frame_free(struct frame *frame);

#endif
