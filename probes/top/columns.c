#include "probes/top/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "probes/top/model.h"

/* What cells are made of. */
struct cell_input {
	const struct view *view;
	const struct view_group *group;
	const struct view_row *row;
	const struct look *look;
	size_t width;
};

struct column_row {
	const char *title;
	size_t least, most; /* widths */
	unsigned int rank;  /* where there is no room for all, the highest goes first */
	bool left;          /* aligned */
	bool attached;      /* to the one before, without a blank */
	bool drawn;         /* not for lines */
	void (*fill)(char *text, const struct cell_input *input);
};

static void fill_mark(char *text, const struct cell_input *input)
{
	static const char marks[] = {
		[MARK_STOPPED] = 'T', [MARK_ORPHANED] = '?',  [MARK_UNREAD] = '!',
		[MARK_CLOSED] = 'x',  [MARK_CONNECTED] = 'c', [MARK_FRESH] = '+',
		[MARK_NONE] = ' ',
	};

	snprintf(text, FRAME_BYTES, "%c", marks[input->row->mark]);
}

static void fill_slot(char *text, const struct cell_input *input)
{
	uint32_t slot = input->row->track.now.slot;

	if (slot == UINT32_MAX)
		snprintf(text, FRAME_BYTES, "-");
	else
		snprintf(text, FRAME_BYTES, "%u", slot);
}

static void fill_pid(char *text, const struct cell_input *input)
{
	if (input->row->track.now.pid)
		snprintf(text, FRAME_BYTES, "%d", (int)input->row->track.now.pid);
	else
		snprintf(text, FRAME_BYTES, "-");
}

/* Anybody may call a process whatever they like, even what moves a terminal's cursor. */
static void fill_command(char *text, const struct cell_input *input)
{
	const char *command = input->row->track.now.command;
	size_t i;

	for (i = 0; i < input->width && command[i]; i++)
		text[i] = command[i] >= ' ' && command[i] <= '~' ? command[i] : '?';
	text[i] = '\0';
	if (i == 0)
		snprintf(text, FRAME_BYTES, "-");
}

/* Against the busiest member, whose bar is full. */
static void fill_bar(char *text, const struct cell_input *input)
{
	const struct view_group *group = input->group;
	double most = 0;

	for (size_t i = 0; i < group->count; i++)
		most = fmax(most, input->view->rows[group->first + i].share);
	bar_text(text, input->width, most > 0 ? input->row->share / most : 0, input->look->utf8);
}

static void fill_percent(char *text, double share, int digits)
{
	if (isnan(share))
		snprintf(text, FRAME_BYTES, "-");
	else
		snprintf(text, FRAME_BYTES, "%.*f%%", digits, 100 * share);
}

static void fill_share(char *text, const struct cell_input *input)
{
	fill_percent(text, input->row->share, 1);
}

static void fill_full(char *text, const struct cell_input *input)
{
	fill_percent(text, input->row->full, 0);
}

static void fill_rate(char *text, const struct cell_input *input)
{
	short_number(text, input->row->track.arrived);
}

static void fill_taken(char *text, const struct cell_input *input)
{
	short_number(text, input->row->track.taken);
}

/* Packets; bytes, where these are all that is known. */
static void fill_queue(char *text, const struct cell_input *input)
{
	const struct reading_member *now = &input->row->track.now;

	if (input->row->track.closed)
		snprintf(text, FRAME_BYTES, "-");
	else if (now->packets_known)
		short_number(text, (double)now->queue_packets);
	else
		short_bytes(text, (double)now->queue);
}

static void fill_buffer(char *text, const struct cell_input *input)
{
	const struct reading_member *now = &input->row->track.now;

	if (now->tcp)
		short_number(text, (double)now->room);
	else
		short_bytes(text, (double)now->room);
}

static void fill_drops(char *text, const struct cell_input *input)
{
	short_number(text, input->row->track.dropped);
}

static void fill_flows(char *text, const struct cell_input *input)
{
	short_number(text, input->row->flows);
}

/* The last intervals, against the highest of all members, so that they compare. */
static void fill_spark(char *text, const struct cell_input *input)
{
	const struct view_group *group = input->group;
	double values[HISTORY_VALUES], most = 0;

	for (size_t i = 0; i < group->count; i++)
		for (size_t ago = 0; ago < input->width; ago++)
			most = fmax(most,
				    track_value(&input->view->rows[group->first + i].track, ago));
	for (size_t i = 0; i < input->width; i++)
		values[i] = track_value(&input->row->track, input->width - 1 - i);
	spark_text(text, values, input->width, most, input->look->utf8);
}

static const struct column_row rows[COLUMN_COUNT] = {
	[COLUMN_MARK] = { "", 1, 1, 0, true, true, false, fill_mark },
	[COLUMN_SLOT] = { "SLOT", 4, 4, 1, false, true, false, fill_slot },
	[COLUMN_PID] = { "PID", 7, 7, 2, false, false, false, fill_pid },
	[COLUMN_COMMAND] = { "COMMAND", 8, 15, 7, true, false, false, fill_command },
	[COLUMN_BAR] = { "", 6, 40, 9, true, false, true, fill_bar },
	[COLUMN_SHARE] = { "SHARE", 6, 6, 0, false, false, false, fill_share },
	[COLUMN_RATE] = { "RATE/S", 6, 6, 3, false, false, false, fill_rate },
	[COLUMN_TAKEN] = { "TAKEN/S", 7, 7, 11, false, false, false, fill_taken },
	[COLUMN_QUEUE] = { "QUEUE", 5, 5, 4, false, false, false, fill_queue },
	[COLUMN_FULL] = { "FULL", 4, 4, 6, false, false, false, fill_full },
	[COLUMN_BUFFER] = { "BUFFER", 6, 6, 12, false, false, false, fill_buffer },
	[COLUMN_DROPS] = { "DROP/S", 6, 6, 5, false, false, false, fill_drops },
	[COLUMN_FLOWS] = { "FLOWS", 5, 5, 8, false, false, false, fill_flows },
	[COLUMN_SPARK] = { "PAST", 6, 60, 10, true, false, true, fill_spark },
};

static size_t width_of(const struct columns *columns)
{
	size_t width = 0;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (columns->widths[i])
			width += columns->widths[i] + (width && !rows[i].attached);
	return width;
}

static bool drop_one(struct columns *columns)
{
	size_t worst = COLUMN_COUNT;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (columns->widths[i] && rows[i].rank > 0 &&
		    (worst == COLUMN_COUNT || rows[i].rank > rows[worst].rank))
			worst = i;
	if (worst == COLUMN_COUNT)
		return false;
	columns->widths[worst] = 0;
	return true;
}

static bool widen(struct columns *columns, enum column column)
{
	if (columns->widths[column] == 0 || columns->widths[column] >= rows[column].most)
		return false;
	columns->widths[column]++;
	return true;
}

void columns_fit(struct columns *columns, const struct look *look)
{
	static const enum column growing[] = { COLUMN_COMMAND, COLUMN_SPARK, COLUMN_BAR };
	bool grown = true;

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		columns->widths[i] = look->drawn || !rows[i].drawn ? rows[i].least : 0;
	if (!look->flows)
		columns->widths[COLUMN_FLOWS] = 0;
	if (look->tier == TIER_NONE)
		columns->widths[COLUMN_BAR] = columns->widths[COLUMN_TAKEN] = 0;
	while (width_of(columns) > look->width && drop_one(columns))
		continue;
	while (grown) {
		grown = false;
		for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++)
			if (width_of(columns) < look->width)
				grown |= widen(columns, growing[i]);
	}
}

/* Appends TEXT, filled up with blanks to the width of its column. */
static char *append(char *end, const struct columns *columns, enum column column, const char *text)
{
	size_t width = text_width(text), wanted = columns->widths[column];
	size_t blanks = width < wanted ? wanted - width : 0;

	if (!rows[column].attached)
		*end++ = ' ';
	if (!rows[column].left)
		end = (char *)memset(end, ' ', blanks) + blanks;
	end = stpcpy(end, text);
	if (rows[column].left)
		end = (char *)memset(end, ' ', blanks) + blanks;
	*end = '\0';
	return end;
}

static void trim(char *text, char *end)
{
	while (end > text && end[-1] == ' ')
		*--end = '\0';
}

void columns_titles(char *text, const struct columns *columns, const struct look *look)
{
	char *end = text;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		const char *title = rows[i].title;

		if (columns->widths[i] == 0)
			continue;
		/* What is drawn there then. */
		if (i == COLUMN_SPARK && look->tier == TIER_NONE)
			title = "QUEUED";
		end = append(end, columns, (enum column)i, title);
	}
	trim(text, end);
}

void columns_row(char *text, const struct columns *columns, const struct view *view,
		 const struct view_group *group, const struct view_row *row,
		 const struct look *look)
{
	struct cell_input input = { .view = view, .group = group, .row = row, .look = look };
	char cell[FRAME_BYTES], *end = text;

	for (size_t i = 0; i < COLUMN_COUNT; i++) {
		input.width = columns->widths[i];
		if (input.width == 0)
			continue;
		rows[i].fill(cell, &input);
		end = append(end, columns, (enum column)i, cell);
	}
	trim(text, end);
}
