/*
 * Who has sockets open: often a master has all, and each worker one of them, or all as well where
 * they were inherited.
 */
#ifndef FAIRPORT_ANALYSIS_READ_SHARERS_H
#define FAIRPORT_ANALYSIS_READ_SHARERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct observed;
struct observed_member;

struct sharers {
	uint64_t *pids; /* one for each socket that a process has open, in their order */
	size_t count;
};

/* Of the members with these indexes. False: out of memory. */
bool sharers_list(struct sharers *out, const struct observed *observed, const size_t *members,
		  size_t count);

/* Of those who have it the one with fewest sockets, as a master has all. 0: nobody has it. */
uint64_t sharers_owner(const struct sharers *sharers, const struct observed_member *member);

void sharers_free(struct sharers *sharers);

#endif
