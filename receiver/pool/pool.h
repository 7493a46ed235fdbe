/*
 * The pool: the parent of all workers. It holds every socket, so that a worker can die, or be
 * replaced by another, and what the kernel has queued for it is still there.
 */
#ifndef FAIRPORT_RECEIVER_POOL_H
#define FAIRPORT_RECEIVER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/imbalance.h"
#include "common/received.h"
#include "receiver/pool/group.h"
#include "receiver/steering/steering.h"

struct control;
struct identity;
struct life;
struct model;
struct ndjson;
struct openmetrics;
struct receive_options;

#define POOL_SLOTS 512

enum pool_reason { POOL_SIGNAL, POOL_DURATION, POOL_DRAINED, POOL_ABORTED };

/* A worker's place, whichever process has it at the moment. */
struct seat {
	struct life *life;     /* NULL: none now */
	struct member *member; /* what it reads */
	unsigned int failures; /* crashes in a row */
	uint64_t respawn_at;   /* clock_now() time; 0: not wanted */
};

/* What the processes of one place did that have ended. */
struct tally {
	struct received counts;
	size_t lives;
	int pid; /* of the last */
};

/* How evenly what came in the last interval was distributed. */
struct evenness {
	uint64_t before[POOL_SLOTS]; /* packets or connections of each slot, at its end */
	struct imbalance last;
};

struct pool {
	const struct receive_options *options;
	const struct model *model;
	struct ndjson *records;
	const struct identity *user;     /* whom workers become; NULL: nobody else */
	struct control *control;         /* NULL: none */
	struct openmetrics *openmetrics; /* NULL: none */
	void *sink_shared;               /* what the sink prepared for all workers */
	struct group group;
	struct member *socket; /* where there is one for all */
	struct seat front;     /* where the model has one */
	struct seat seats[POOL_SLOTS];
	size_t count; /* workers wanted */
	unsigned int generation;

	struct policy policy;
	char *policy_text;         /* of one that the control socket set */
	struct steering *steering; /* NULL: one socket, nothing to choose */
	uint64_t decisions[STEERING_SLOTS], fallbacks;
	bool decisions_counted; /* by programs, in the whole run */

	struct life *lives;     /* all processes, oldest first */
	struct member *retired; /* to be closed when all that read them have ended */
	size_t slots_used;      /* the highest slot so far + 1 */
	struct tally tallies[POOL_SLOTS], fronts;
	struct histogram latency, committed;
	struct evenness evenness;

	int signal_fd;
	bool on_terminal; /* standard error was one at the start */
	bool told_to_stop, told_to_restart;
	unsigned int signals; /* to stop, from the user, so far */
	uint64_t started;     /* clock_now() when all workers were ready */
	uint64_t end;         /* when --duration is over; UINT64_MAX: never */
	uint64_t elapsed;     /* ns, at the end */
	size_t crashed;       /* ended otherwise than asked to */
	size_t respawns, restarts;
	enum pool_reason reason;
};

/* Called at every interval while the pool runs. */
struct pool_watch {
	void (*interval)(void *context, struct pool *pool, uint64_t elapsed);
	void *context;
};

/*
 * Opens the sockets, forks the workers and waits until all are ready. POOL->options, records,
 * user, signal_fd and group (resolved) are set, everything else is 0. False, after an error, when
 * something could not start; nothing is left running then.
 */
bool pool_start(struct pool *pool);

/*
 * Watches until a signal, --duration, or "drain", then lets the workers drain and flush. A second
 * signal ends them at once (POOL_ABORTED). Workers that die are replaced.
 */
void pool_watch(struct pool *pool, const struct pool_watch *watch);

void pool_free(struct pool *pool);

/* Takes the signals that wait and the processes that ended. */
void pool_look_at_signals(struct pool *pool);

/* Closes retired members that nobody reads any more, and credits what was left in them. */
void pool_settle(struct pool *pool);

/* Adds what the steering program decided since. */
void pool_read_decisions(struct pool *pool);

/* Processes that have not ended; FRONTS: only those in front of the workers. */
size_t pool_running(const struct pool *pool, bool fronts);

/* The first socket that was opened; all are alike. */
const struct member *pool_first_member(const struct pool *pool);

const char *pool_reason_text(enum pool_reason reason);

#endif
