/* One thread that sends: schedule, source, packets, engine; and what came of it. */
#ifndef FAIRPORT_FAKER_SENDER_H
#define FAIRPORT_FAKER_SENDER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/histogram.h"
#include "faker/engines/engine.h"
#include "faker/errors.h"
#include "faker/schedule.h"
#include "faker/source.h"
#include "faker/engines/tcp.h"

struct packer;
struct plan;

enum stop_reason {
	STOP_COUNT,
	STOP_DURATION,
	STOP_END, /* of what is replayed */
	STOP_SIGNAL,
	STOP_FAILED,
};

/* Where all threads and the one that watches them meet. */
struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint32_t opened; /* threads that are ready to send, or have failed to be */
	bool started;
	uint64_t start;    /* clock_now() when sending starts; set before STARTED */
	const int *shared; /* sockets of all threads; NULL: none */
	atomic_uint ended; /* threads */
	atomic_bool stop;  /* come to an end */
	atomic_bool hurry; /* what is outstanding no longer matters */
};

struct sender {
	pthread_t thread;
	struct meeting *meeting;
	const struct plan *plan;
	uint32_t number; /* of the thread */
	uint64_t share;  /* packets it has to send; UINT64_MAX: no limit */

	struct packer *packer;
	struct source source;
	struct schedule schedule;
	struct engine engine;
	uint64_t taken;     /* packets the engine is done with */
	uint64_t next_look; /* clock_now() */

	/* Results: SENT and the counts of TCP can be read while it runs, the others at its end. */
	struct sent sent;
	struct tcp_results tcp;
	struct errors errors;
	struct histogram late; /* begin of the send call behind schedule; with --rate */
	enum stop_reason reason;
	int failure;         /* -errno of the call that ended it with STOP_FAILED; 0: none */
	const char *opening; /* what it failed to do before anything was sent; NULL: nothing */
	uint64_t bad_line;   /* of the input: why reading it failed; 0: none */
	uint64_t end;        /* clock_now() when the last packet was taken */
};

/* Starts thread NUMBER of PLAN. It opens what it needs and waits for the meeting's start. 0 or
 * -errno. */
int sender_start(struct sender *sender, const struct plan *plan, uint32_t number,
		 struct meeting *meeting);

#endif
