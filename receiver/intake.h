/*
 * How a worker gets what it works on: datagrams, or connections with a stream each. The worker
 * owns the wait point, an epoll(7) instance; an intake adds its descriptors to it and is called
 * when one is ready. Nothing in it blocks.
 */
#ifndef FAIRPORT_RECEIVER_INTAKE_H
#define FAIRPORT_RECEIVER_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

struct account;
struct lines;
struct receive_options;

/* What an intake is made of; the pointers stay valid as long as it. */
struct intake_start {
	const struct receive_options *options;
	struct lines *lines;     /* where what was read goes */
	struct account *account; /* what it counts in */
	int input; /* the socket, listener or channel: the intake's own, non-blocking */
	int epoll;
};

struct intake_ops {
	/* NULL after saying what is wrong. Events that it adds carry a pointer, never NULL. */
	void *(*open)(const struct intake_start *start);

	/*
	 * WHAT, the pointer that an event carried, is ready for EVENTS. Takes a burst (some 64
	 * packets) and comes back, as long as lines_have_room(); what is left shows again
	 * (level-triggered).
	 */
	void (*ready)(void *intake, void *what, uint32_t events);

	/*
	 * Until when, clock_now() time, it need not be ready(): 0, or some time after NOW, when so
	 * much comes that waking up for each packet would be dear. NULL: never.
	 */
	uint64_t (*rest)(const void *intake);

	/* What is due by NOW, clock_now() time. Returns when to be called next; UINT64_MAX: never.
	 */
	uint64_t (*service)(void *intake, uint64_t now);

	/*
	 * From now on, nothing new: with DRAIN, what the kernel has queued at the input is still
	 * taken, because nobody else will; without, it is left to whoever reads the input next.
	 * The input is closed as soon as nothing more is taken from it. Called once.
	 */
	void (*stop)(void *intake, bool drain, uint64_t now);

	/* After stop(): whether all that is to be taken was taken, and all connections ended. */
	bool (*finished)(const void *intake, uint64_t now);

	/*
	 * After a stop() without DRAIN, which here may follow one with it: whether something is
	 * in its hands that the sink has had no room for. NULL: never.
	 */
	bool (*holds)(const void *intake);

	/* Ends what is still open, and frees. */
	void (*close)(void *intake);
};

extern const struct intake_ops intake_datagrams; /* UDP, or packets from a dispatcher */
extern const struct intake_ops intake_listener;  /* TCP: accepts */
extern const struct intake_ops intake_passed;    /* TCP: connections that an accepter passes */

#endif
