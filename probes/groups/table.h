/* The members of a group as a table. */
#ifndef FAIRPORT_GROUPS_TABLE_H
#define FAIRPORT_GROUPS_TABLE_H

#include <stdbool.h>

struct group;

/*
 * A line for each member, or with EVERY false one for many in a row that are alike and have nothing
 * to tell. What no member has gets no column.
 */
void print_table(const struct group *group, bool every);

#endif
