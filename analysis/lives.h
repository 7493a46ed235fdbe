/*
 * Who counted. The receiver tells of processes: a worker that crashed is replaced, a restart
 * makes a new generation, so a worker (an index) has one life or several, each a process with a
 * socket. Lives are what other counters can be compared with; statistics are of workers, which add
 * up their lives.
 */
#ifndef FAIRPORT_ANALYSIS_LIVES_H
#define FAIRPORT_ANALYSIS_LIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/read/key_index.h"
#include "common/received.h"

#define LIFE_NAME 32

struct life {
	char name[LIFE_NAME]; /* of a front, which has no index: "dispatcher"; else "" */
	uint64_t index;       /* of a worker */
	uint64_t pid, cookie; /* pid 0: a socket that is no process's own */
	uint64_t generation;  /* from 1; 0: unknown */
	uint64_t rcvbuf;      /* bytes granted; 0: unknown */
	uint64_t pending;     /* lines in a worker that died */
	struct received counts;
	bool final; /* its last record was read: COUNTS cover all of it */
};

struct lives {
	struct life *list; /* in the order of their first records */
	size_t count, room;
	struct key_index index; /* of those that lives_find() added */
	size_t next;            /* where the next search begins: records come in the same order */
};

struct worker {
	uint64_t pid, cookie; /* of the last life */
	uint64_t rcvbuf;
	uint64_t pending;
	uint64_t generation;
	struct received counts; /* of all lives */
	size_t lives;           /* 0: no record names it */
	bool partial;           /* some life is not final */
	bool moved;             /* its lives had different sockets */
};

/*
 * The life with the name, index, pid and cookie of WHO, new where there is none. NULL: out of
 * memory. Valid until the next call.
 */
struct life *lives_find(struct lives *lives, const struct life *who);

/*
 * An array of workers up to the highest index, *COUNT long, for free(3). NULL: out of memory, or no
 * lives.
 */
struct worker *lives_workers(const struct lives *lives, size_t *count);

void lives_free(struct lives *lives);

#define LIFE_TEXT 48

/* "worker 2", "dispatcher". */
const char *life_text(char buffer[static LIFE_TEXT], const struct life *life);

#endif
