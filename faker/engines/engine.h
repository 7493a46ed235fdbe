/*
 * Engines: the system calls that packets leave by. One row of the table per engine; to add one,
 * write its functions in a file of its own and name its row in engine_choice.c.
 *
 * A source is a slot: a socket, a connection, or a name that raw packets carry. An engine opens a
 * slot when the first packet comes from it, and anew before a packet that says so.
 */
#ifndef FAIRPORT_FAKER_ENGINES_ENGINE_H
#define FAIRPORT_FAKER_ENGINES_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/address.h"
#include "common/counters.h"
#include "common/rng.h"
#include "faker/flows.h"

struct errors;
struct packet;
struct plan;
struct engine_row;
struct tcp_results;

/* What the calls took, never what was asked for. */
struct sent {
	uint64_t packets, bytes, lines;
	uint64_t invalid_lines;  /* among the lines: wrong on purpose */
	uint64_t short_packets;  /* with fewer lines than asked for: no more would fit */
	uint64_t send_errors;    /* calls that failed: nothing was sent by them */
	uint64_t unsent_packets; /* given up: their connection failed */
	uint64_t calls;          /* that sent something */
	/*
	 * Whether somebody listens: calls after which an ICMP answer would be seen, and those after
	 * which one said that there is no socket.
	 */
	uint64_t watched_calls, refused_calls;
};

extern const struct counter sent_counters[];

/* One per thread; nothing in it is written by another thread, but STOP. */
struct engine {
	const struct engine_row *row;
	const struct plan *plan;
	const atomic_bool *stop; /* set from outside: come to an end */
	struct sent *sent;       /* read by another thread meanwhile */
	struct errors *errors;   /* failed calls */
	struct tcp_results *tcp; /* of connections */
	const int *shared;       /* sockets by slot that all threads have; NULL: open your own */
	struct flows flows;      /* what was sent, by source address and port */
	struct rng rng;          /* for addresses and ports */
	uint32_t slots;          /* of this thread: 0 .. slots - 1 */
	uint32_t first_slot, slot_stride; /* slot i is source first_slot + i * slot_stride of all */
	/* clock_now() of the last count; kept by engines whose send() only takes over. */
	uint64_t last_sent;
	struct address failed; /* what open() could not bind a socket to; length 0: nothing */
	void *state;
};

struct engine_row {
	const char *name;
	const char *meaning; /* for the parameters: "one packet a call" */
	unsigned int batch;  /* packets that one call can take */

	/* 0 or -errno, with what it had opened closed again. */
	int (*open)(struct engine *engine);

	/*
	 * Sends from the first of COUNT packets on, as many as one call takes, and counts them with
	 * engine_count(). Returns how many it is done with; 0 when none can be taken now; -errno
	 * when the first could not be sent (it may be tried again). Does not block for long.
	 */
	int (*send)(struct engine *engine, const struct packet *packets, unsigned int count);

	/* NULL where there is nothing to see. Called every 10 ms or so while packets are sent. */
	void (*look)(struct engine *engine);

	/*
	 * NULL where there is nothing to tend. Deals with what sockets have to tell until it was
	 * something, or until UNTIL (clock_now()) at the latest.
	 */
	void (*tend)(struct engine *engine, uint64_t until);

	/*
	 * NULL where nothing is outstanding after send(). Deals with what is outstanding; returns
	 * when nothing is or *STOP_NOW is set.
	 */
	void (*drain)(struct engine *engine, const atomic_bool *stop_now);

	/* Closes everything; flows are complete then. */
	void (*close)(struct engine *engine);
};

/* Counts COUNT packets as sent, by one call. */
void engine_count(struct engine *engine, const struct packet *packets, unsigned int count);

/* Counts a call that failed with ERROR (errno or -errno). */
void engine_error(struct engine *engine, int error);

/* origins_choose() for a slot of this thread. */
bool engine_origin(struct engine *engine, uint32_t slot, struct address *out);

/* How many of COUNT packets in a row, from the first on, come from one source as it is. */
unsigned int engine_run(const struct packet *packets, unsigned int count);

extern const struct engine_row engine_sendto, engine_sendmmsg, engine_gso, engine_raw, engine_tcp,
	engine_print;

/*
 * For sockets that send datagrams: makes the kernel tell when the queue of the network device drops
 * a packet (ENOBUFS, and answers by ICMP on the error queue; IP_RECVERR of ip(7)).
 */
void engine_tell_drops(int fd, int family);

/* After EAGAIN: waits up to 10 ms for room. Returns 0, for send() to return. */
int engine_await_room(int fd);

/* What --engine can name, NULL-ended. */
extern const char *const engine_names[];

/*
 * Sets the engine of PLAN, whose other members are set: the one asked for, or with "auto" the
 * fastest that keeps the meaning of the source strategy. False after an error message.
 */
bool engine_choose(struct plan *plan);

#endif
