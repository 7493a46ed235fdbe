/* What several looks at the same sockets tell: who reads, and who does not. */
#ifndef FAIRPORT_GROUPS_WATCHED_H
#define FAIRPORT_GROUPS_WATCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group_list;
struct socket_info;
struct socket_list;
struct survey;

/* One socket, over all looks. */
struct watched {
	size_t place;
	uint64_t cookie;
	size_t looks;
	uint64_t first_queue, last_queue, last_head;
	uint64_t ran; /* ns that its processes had run at the first look */
	bool full;    /* at some look there was no room for more */
	bool taken; /* at some look the queue was empty, smaller than before, or had another head */
	bool owned; /* at some look some process had it */
	bool awake; /* at some look a process that had it was not stopped */
};

/*
 * Takes in what the last look found. The first look decides which sockets are watched: those whose
 * queue is not empty, or that no process has, or only stopped ones. 0 or -ENOMEM.
 */
int watched_update(struct survey *survey);

/* Marks the members of which it is certain that nobody reads them. */
void watched_mark(struct group_list *groups, const struct survey *survey);

#endif
