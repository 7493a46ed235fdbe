/* What the members of one group got since their group became what it is. */
#ifndef FAIRPORT_TOP_WINDOW_H
#define FAIRPORT_TOP_WINDOW_H

struct history;
struct view_group;
struct view_row;

/*
 * Fills the counts, shares and flows of the ROWS of GROUP, and its distribution. The window is as
 * long as HISTORY_WINDOW and no member came or went in it: a group that changed begins anew. 0 or
 * -ENOMEM.
 */
int window_describe(const struct history *history, struct view_group *group, struct view_row *rows);

#endif
