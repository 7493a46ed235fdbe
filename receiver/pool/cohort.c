#include "receiver/pool/cohort.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/message.h"
#include "receiver/pool/life.h"

/* New processes are ready within this, or are given up on; connecting to a database takes time. */
#define READY_LIMIT (60 * NS_PER_SECOND)

bool cohort_open(struct cohort *cohort, struct pool *pool)
{
	cohort->pool = pool;
	cohort->count = 0;
	if (pipe2(cohort->pipe, O_CLOEXEC) == 0)
		return true;
	message_error("could not open a pipe: %s", strerror(errno));
	return false;
}

struct life *cohort_fork(struct cohort *cohort, struct member *member, const char *front,
			 size_t slot)
{
	struct life *life = life_fork(cohort->pool, member, front, slot, cohort->pipe[1]);

	if (life)
		cohort->lives[cohort->count++] = life;
	return life;
}

static bool one_has_died(const struct cohort *cohort)
{
	for (size_t i = 0; i < cohort->count; i++)
		if (cohort->lives[i]->state == LIFE_ENDED)
			return true;
	return false;
}

static bool await_bytes(struct cohort *cohort)
{
	struct pool *pool = cohort->pool;
	uint64_t limit = clock_now() + READY_LIMIT;
	size_t ready = 0;
	char bytes[64];

	if (pool->started && pool->end < limit)
		limit = pool->end;
	while (ready < cohort->count) {
		struct pollfd fds[2] = { { .fd = cohort->pipe[0], .events = POLLIN },
					 { .fd = pool->signal_fd, .events = POLLIN } };
		ssize_t got;

		poll(fds, 2, 100);
		if (fds[0].revents) {
			got = read(cohort->pipe[0], bytes, sizeof(bytes));
			ready += got > 0 ? (size_t)got : 0;
		}
		pool_look_at_signals(pool);
		if (one_has_died(cohort) || pool->told_to_stop)
			return false;
		if (clock_now() > limit) {
			message_error("%zu of %zu processes did not get ready",
				      cohort->count - ready, cohort->count);
			return false;
		}
	}
	return true;
}

bool cohort_await(struct cohort *cohort, bool complete)
{
	close(cohort->pipe[1]);
	complete = complete && await_bytes(cohort);
	close(cohort->pipe[0]);
	for (size_t i = 0; complete && i < cohort->count; i++)
		if (cohort->lives[i]->state == LIFE_STARTING)
			life_serves(cohort->lives[i]);
	return complete;
}

void cohort_dismiss(struct cohort *cohort)
{
	for (size_t i = 0; i < cohort->count; i++)
		life_leave(cohort->pool, cohort->lives[i], ORDER_LEAVE);
}
