/* The pool: forks the workers, watches them, stops them in order. */
#ifndef FAIRPORT_RECEIVER_POOL_H
#define FAIRPORT_RECEIVER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct group;
struct receive_options;
struct slot;

enum pool_reason { POOL_SIGNAL, POOL_DURATION, POOL_ALL_DIED, POOL_ABORTED };

struct pool {
	const struct receive_options *options;
	size_t count;
	struct slot *slots; /* shared with the workers */
	int signal_fd;
	uint64_t started; /* clock_now() when all workers were ready */
	uint64_t elapsed; /* ns, at the end */
	size_t running;
	size_t crashed;       /* ended otherwise than asked to */
	unsigned int signals; /* of the user, so far */
	enum pool_reason reason;
};

/* Called at every interval while the pool runs. */
struct pool_watch {
	void (*interval)(void *context, const struct pool *pool, uint64_t elapsed);
	void *context;
};

/*
 * Forks a worker for each member of GROUP, whose sockets the parent then closes, and waits until
 * all are ready. False, after an error, when one could not start; none is left running then.
 */
bool pool_start(struct pool *pool, const struct receive_options *options, struct group *group,
		int signal_fd);

/*
 * Watches until a signal, --duration, or the death of all workers, then lets them drain and
 * flush. A second signal ends them at once (POOL_ABORTED).
 */
void pool_watch(struct pool *pool, const struct pool_watch *watch);

void pool_free(struct pool *pool);

const char *pool_reason_text(enum pool_reason reason);

#endif
