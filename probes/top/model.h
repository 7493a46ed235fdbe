/*
 * What is shown: numbers, without a word of how they look. Made of the history alone, so that it
 * is the same on a terminal, in lines and in tests.
 */
#ifndef FAIRPORT_TOP_MODEL_H
#define FAIRPORT_TOP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/distribution.h"
#include "probes/top/history.h"

/* What is wrong with a member, or at least worth a word; the gravest first. */
enum mark {
	MARK_STOPPED,   /* its process is stopped (SIGSTOP, a debugger) */
	MARK_ORPHANED,  /* no process has it open */
	MARK_UNREAD,    /* packets wait and nobody takes them */
	MARK_CLOSED,    /* it is gone */
	MARK_CONNECTED, /* takes from its peer only */
	MARK_FRESH,     /* it has just been opened */
	MARK_NONE,
};

/* NAN stands for unknown. */
struct view_row {
	struct track track;
	enum mark mark;
	uint64_t count; /* packets, or connections, of the window */
	double share;   /* of the group's; of 1 */
	double full;    /* the filled part of the queue; of 1 */
	double flows;   /* of the window */
};

struct view_group {
	size_t first, count; /* rows */
	size_t members;      /* of the rows, those that others share with: open, not connected */
	bool judged;         /* the distribution is known */
	bool steered;        /* a program chooses, or did in the window */
	size_t split_flows;  /* flows that reached more than one member, as no hash does */
	struct distribution distribution;
	uint64_t window;         /* ns that shares and verdict are of */
	double arrived, dropped; /* per second, of all members */
};

struct view {
	uint64_t elapsed, interval; /* ns */
	size_t readings;
	struct view_row *rows;
	size_t row_count;
	struct view_group *groups; /* by protocol, port and address */
	size_t group_count;
};

enum sort_key {
	SORT_SLOT,
	SORT_PID,
	SORT_COMMAND,
	SORT_SHARE,
	SORT_RATE,
	SORT_QUEUE,
	SORT_DROPS,
	SORT_FLOWS,
	SORT_KEYS,
};

extern const char *const sort_names[]; /* NULL-ended */

/*
 * Makes VIEW of HISTORY, its rows in the order of their slots. With ONLY_GROUPS, what has one
 * member alone is left out. 0 or -ENOMEM; view_free() in any case.
 */
int view_make(struct view *view, const struct history *history, bool only_groups);

/* Sorts the rows of each group; numbers the most first, unless REVERSE. */
void view_sort(struct view *view, enum sort_key key, bool reverse);

void view_free(struct view *view);

#endif
