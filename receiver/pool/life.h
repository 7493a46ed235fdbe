/* One process of the pool, from its fork to its record. */
#ifndef FAIRPORT_RECEIVER_LIFE_H
#define FAIRPORT_RECEIVER_LIFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/received.h"
#include "receiver/account.h"

struct member;
struct pool;
struct rusage;

enum life_state { LIFE_STARTING, LIFE_SERVING, LIFE_LEAVING, LIFE_ENDED };

extern const char *const life_states[];

/* What stands before the workers where it is no process. */
#define LIFE_SHARED_SOCKET "shared socket"

struct life {
	struct life *next; /* in the pool's list, oldest first */
	struct account *account;
	struct member *member;   /* what it reads; NULL once that was closed */
	uint64_t cookie, rcvbuf; /* of it */
	const char *front;       /* what it is in front of the workers; NULL: a worker */
	size_t slot;             /* of a worker */
	unsigned int generation;
	enum life_state state;
	pid_t pid; /* 0: no process, but a socket that workers share */
	int exit_status;
	uint64_t started;       /* clock_now() */
	uint64_t kill_at;       /* when leaving takes too long */
	uint64_t cpu, peak_rss; /* ns of user and system time, bytes; once it ended */
	bool killed;            /* by the parent */
	bool served;            /* it was ready once */
	bool told;              /* its record is written */
	struct received last;   /* as of the last interval */
};

/*
 * Forks the process that reads MEMBER: a worker, or with FRONT the model's front, which hands on
 * to all workers. It writes a byte to READY_FD when it is ready. NULL after an error message.
 */
struct life *life_fork(struct pool *pool, struct member *member, const char *front, size_t slot,
		       int ready_fd);

/* A socket that workers share, so that its drops stand somewhere. */
struct life *life_of_socket(struct pool *pool, struct member *member, const char *name);

/* It is ready. */
void life_serves(struct life *life);

/* Tells the process to end, as ORDER says. */
void life_leave(struct pool *pool, struct life *life, enum order order);

/* Process PID ended, as wait4(2) tells. NULL: it is none of the pool's. */
struct life *life_ended(struct pool *pool, pid_t pid, int status, const struct rusage *usage);

/* Credits what the kernel dropped at the members meanwhile to those that read them. */
void lives_read_drops(struct pool *pool);

/*
 * What all processes of SLOT, or with FRONT those in front of the workers, did so far: those that
 * have ended too, so that no counter ever goes back.
 */
struct received lives_total(const struct pool *pool, bool front, size_t slot);

/*
 * Writes the records of all that ended and whose accounts will not change any more. Frees those
 * whose last interval was reported too.
 */
void lives_tell(struct pool *pool);
void lives_forget(struct pool *pool);

#endif
