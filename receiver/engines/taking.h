/*
 * What a receive call takes out of the kernel is gone from there; a process that is killed before
 * it has counted and read it takes it along. So the kernel writes the results of a call into memory
 * that the parent shares, which can tell afterwards what that was, whenever the process was killed:
 * in the call, before it, or at any step behind it.
 */
#ifndef FAIRPORT_RECEIVER_TAKING_H
#define FAIRPORT_RECEIVER_TAKING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define TAKING_MESSAGES 64
#define TAKING_CONTROL  64 /* bytes of control data a message: room for two integers */
#define TAKING_NOTHING  UINT32_MAX

/* Where the kernel leaves the results of the call under way. */
enum taking_way {
	TAKING_NONE,  /* no call under way, and all that the last one took was read */
	TAKING_MANY,  /* recvmmsg(2): in MESSAGES */
	TAKING_SINGLE /* recvfrom(2): in FROM_LENGTH */
};

/* All 0 at first. */
struct taking {
	/* msg_len is TAKING_NOTHING until the kernel has filled a message. */
	struct mmsghdr messages[TAKING_MESSAGES];
	char control[TAKING_MESSAGES][TAKING_CONTROL] __attribute__((aligned(8)));
	/*
	 * recvfrom(2) has no such header, but it writes the length of the sender's address, for
	 * which more room is offered than any address takes: TAKING_ADDRESS.
	 */
	socklen_t from_length;
	uint32_t way;  /* enum taking_way; set last before the call, cleared first at the end */
	uint32_t done; /* datagrams of the call whose lines were taken, or that were handed on */
	/* The counts before the call: it need not be known how far adding to them has come. */
	struct {
		uint64_t packets, bytes, messages, receive_calls;
	} before;
};

#define TAKING_ADDRESS 4096

/*
 * One process writes and the other looks when that one is dead: what must be in memory first need
 * not be seen first by another processor, but the compiler must not move it.
 */
static inline void taking_begin(struct taking *taking, enum taking_way way)
{
	atomic_signal_fence(memory_order_seq_cst);
	__atomic_store_n(&taking->way, (uint32_t)way, __ATOMIC_RELAXED);
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void taking_end(struct taking *taking)
{
	taking_begin(taking, TAKING_NONE);
}

/* Behind each datagram. */
static inline void taking_done(struct taking *taking, uint32_t datagrams)
{
	atomic_signal_fence(memory_order_seq_cst);
	__atomic_store_n(&taking->done, taking->done + datagrams, __ATOMIC_RELAXED);
}

/*
 * The same for what a dispatcher hands on, which takes it more time than all the rest: those that
 * were sent when it was killed are with the workers, and not lost. All 0 at first.
 */
#define GIVING_MESSAGES 128

struct giving {
	/* msg_len is TAKING_NOTHING until the kernel has sent a message. */
	struct mmsghdr messages[GIVING_MESSAGES];
	uint32_t offered; /* to the call under way; 0: there is none */
	/* Before the call. */
	uint32_t done;
	uint64_t handed_on;
};

static inline void giving_begin(struct giving *giving, uint32_t offered)
{
	atomic_signal_fence(memory_order_seq_cst);
	__atomic_store_n(&giving->offered, offered, __ATOMIC_RELAXED);
	atomic_signal_fence(memory_order_seq_cst);
}

static inline void giving_end(struct giving *giving)
{
	giving_begin(giving, 0);
}

/* What the kernel tells beside a message. */
struct control {
	size_t segment;     /* UDP_GRO: bytes of each datagram in it; 0: it is one */
	uint32_t overflows; /* SO_RXQ_OVFL */
	bool overflows_known;
};

/* DATA, LENGTH bytes, is aligned as a struct cmsghdr is. */
struct control control_read(void *data, size_t length);

/* How many datagrams a message of SIZE bytes is. An empty one is one too. */
static inline size_t datagrams_in(size_t size, size_t segment)
{
	return segment && size > segment ? (size + segment - 1) / segment : 1;
}

/* What the call that was under way has taken. False: nothing. */
struct taken {
	uint64_t packets, messages;
	uint64_t bytes; /* with recvfrom(2) not known, and 0 */
};

bool taking_settle(const struct taking *taking, struct taken *taken);

/* How many the call that was under way has sent. */
uint32_t giving_settle(const struct giving *giving);

#endif
