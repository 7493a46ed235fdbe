/*
 * What a sample says about the processes that were asked for: one worker for each process on each
 * socket, or for each thread of it.
 */
#ifndef FAIRPORT_PROBE_VIEW_H
#define FAIRPORT_PROBE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/tap/sample.h"

struct probe_options;

struct worker {
	uint64_t pid, tid, cookie; /* TID 0: all threads of the process */
	uint32_t member;
	char command[TAP_COMMAND];
	struct tap_counters total; /* of the receive calls */
	struct tap_counters by_call[TAP_CALLS];
	uint64_t batches[TAP_BATCHES];
	uint64_t queue_max;
};

struct view {
	const struct sample *sample; /* borrowed */
	struct worker *workers;      /* by pid, cookie, thread */
	size_t count;
	struct worker *members; /* by number, as the sample has them: what its workers did
				 * together; PID is of one of them, 0 where there is none */
	struct tap_counters total;
	struct tap_counters by_call[TAP_CALLS];
};

/* Connections taken out of the accept queue. */
static inline uint64_t worker_accepts(const struct worker *worker)
{
	return worker->by_call[CALL_ACCEPT].packets;
}

/* Packets and connections: what shares are of. */
static inline uint64_t worker_taken(const struct worker *worker)
{
	return worker->total.packets + worker_accepts(worker);
}

uint64_t view_taken(const struct view *view);

/*
 * Replaces VIEW by what SAMPLE, which must outlive it, says of the processes in OPTIONS: of those
 * who have done something by the time of NOW, which is SAMPLE or what it is the last part of. So
 * whoever pauses keeps the place. 0 or -ENOMEM.
 */
int view_make(struct view *view, const struct sample *sample, const struct sample *now,
	      const struct probe_options *options);

/* Whether the process is one of those that OPTIONS ask for. */
bool view_takes(const struct probe_options *options, const struct tap_row *row);

void view_free(struct view *view);

#endif
