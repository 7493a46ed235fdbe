/* The columns of the table: which of them fit, how wide they are, what is in them. */
#ifndef FAIRPORT_TOP_COLUMNS_H
#define FAIRPORT_TOP_COLUMNS_H

#include <stddef.h>

#include "probes/top/frame.h"

struct view;
struct view_group;
struct view_row;

enum column {
	COLUMN_MARK,
	COLUMN_SLOT,
	COLUMN_PID,
	COLUMN_COMMAND,
	COLUMN_BAR,
	COLUMN_SHARE,
	COLUMN_RATE,
	COLUMN_TAKEN,
	COLUMN_QUEUE,
	COLUMN_FULL,
	COLUMN_BUFFER,
	COLUMN_DROPS,
	COLUMN_FLOWS,
	COLUMN_SPARK,
	COLUMN_COUNT,
};

struct columns {
	size_t widths[COLUMN_COUNT]; /* 0: left out */
};

/* As many columns as the width has room for; those that say most stay longest. */
void columns_fit(struct columns *columns, const struct look *look);

/* Both write at most FRAME_BYTES. */
void columns_titles(char *text, const struct columns *columns, const struct look *look);
void columns_row(char *text, const struct columns *columns, const struct view *view,
		 const struct view_group *group, const struct view_row *row,
		 const struct look *look);

#endif
