/* Processes that are started together, and serve or not together. */
#ifndef FAIRPORT_RECEIVER_COHORT_H
#define FAIRPORT_RECEIVER_COHORT_H

#include <stdbool.h>
#include <stddef.h>

#include "receiver/pool/pool.h"

/* They write a byte each into the pipe when they are ready. */
struct cohort {
	struct pool *pool;
	int pipe[2];
	struct life *lives[POOL_SLOTS + 1];
	size_t count;
};

/* False after an error message. */
bool cohort_open(struct cohort *cohort, struct pool *pool);

/* life_fork() of one more; NULL as there. */
struct life *cohort_fork(struct cohort *cohort, struct member *member, const char *front,
			 size_t slot);

/*
 * COMPLETE: all were forked. Waits until all are ready, and serve. False where one is not, or the
 * pool is told to stop.
 */
bool cohort_await(struct cohort *cohort, bool complete);

/* Those that were not told to leave yet are to leave what they read to others. */
void cohort_dismiss(struct cohort *cohort);

#endif
