/* Generations of fairport-receive: its control socket is asked, where it has one. */
#ifndef FAIRPORT_GROUPS_GENERATIONS_H
#define FAIRPORT_GROUPS_GENERATIONS_H

struct group_list;

/*
 * Sets the generation of members whose receiver answers, and marks those of an earlier one than
 * the one that serves. The socket is found in the receiver's command line, and nothing is sent to
 * one that is not the receiver's own. What is not answered in a second is unknown. 0 or -ENOMEM.
 */
int generations_find(struct group_list *list);

#endif
