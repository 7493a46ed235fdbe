/*
 * What two counters say of the same thing, brought together by pid, or by pid and socket cookie:
 * sums over what cannot be told apart.
 */
#ifndef FAIRPORT_ANALYSIS_JOINED_H
#define FAIRPORT_ANALYSIS_JOINED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct life;
struct lives;
struct tally;

#define JOINED_NONE SIZE_MAX

struct joined {
	uint64_t pid, cookie;           /* COOKIE 0: joined by pid only */
	uint64_t seen, own;             /* by the counter beside; by the lives themselves */
	size_t first_entry, first_life; /* where each list has it first; JOINED_NONE: not at all */
};

/*
 * An array for free(3), *COUNT long, in no order that means anything. TAKEN says what counts of a
 * life. NULL: out of memory.
 */
struct joined *joined_make(size_t *count, const struct tally *tally, const struct lives *lives,
			   bool by_cookie, uint64_t (*taken)(const struct life *life, bool tcp),
			   bool tcp);

/* Puts them in the order in which the counter beside has them, or the lives. */
void joined_by_entry(struct joined *list, size_t count);
void joined_by_life(struct joined *list, size_t count);

#endif
