/*
 * How datagrams are taken out of a socket: one row of the table in engine.c per way. An engine
 * takes a batch; its owner looks at each message and counts (batch.h).
 *
 * A Unix socket (SOCK_SEQPACKET), the channel from a dispatcher, is read as a UDP socket is, but
 * for gro, which it knows nothing of: there recvmmsg takes its place without a word, because the
 * engine asked for is the dispatcher's.
 */
#ifndef FAIRPORT_RECEIVER_ENGINE_H
#define FAIRPORT_RECEIVER_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct address;
struct taking;
struct engine_buffers;

/* One message of a batch: a datagram, or with gro a train of them from one flow. */
struct message {
	char *text;         /* one byte behind LENGTH is writable */
	size_t length;      /* bytes in TEXT */
	size_t size;        /* as it was sent: larger than LENGTH where it was cut (MSG_TRUNC) */
	size_t segment;     /* of each datagram in it, the last may be shorter; 0: it is one */
	uint32_t overflows; /* SO_RXQ_OVFL: messages that the socket had dropped before this one */
	bool overflows_known;
	const struct address *from; /* length 0 where the input is a channel */
};

/* One datagram of a message; what is behind it may be the next one. */
struct datagram {
	char *text;
	size_t length;
	bool cut; /* it was longer */
};

struct engine {
	const struct engine_ops *ops;
	int socket;
	struct taking *taking; /* in shared memory */
	struct engine_buffers *buffers;
};

struct engine_ops {
	const char *name;
	size_t batch; /* messages of one call at most; never more than TAKING_MESSAGES */

	/*
	 * Prepares the socket (UDP_GRO, SO_RXQ_OVFL). -errno where the kernel has no such thing;
	 * then nothing was changed. May be done again, to a socket that is in use too; what is
	 * queued already keeps the form in which it came.
	 */
	int (*prepare)(int socket);

	/*
	 * One receive call that does not block: how many messages it took, or -errno; -EPIPE at
	 * the end of a channel. MESSAGES, at least BATCH of them, are valid until the next call.
	 * From before the call TAKING is under way; the owner ends it when all was read.
	 */
	int (*take)(struct engine *engine, struct message *messages);
};

/* For the command line, NULL-ended: "auto" and the names of the table. */
extern const char *const receive_engine_names[];

/*
 * What receive_engine_names[CHOICE] means for UDP. "auto" is recvmmsg: gro is cheaper where packets
 * come in trains, but then the kernel counts a train that it drops as one, and the account would
 * not balance.
 */
const struct engine_ops *engine_by_choice(size_t choice);

/*
 * The same on SOCKET, which is prepared for it. A channel has no trains: gro means recvmmsg there.
 * NULL after an error, when the kernel has not got what was asked for.
 */
const struct engine_ops *engine_choose(size_t choice, int socket);

/* Allocates the buffers. SOCKET is non-blocking and prepared. False: out of memory. */
bool engine_open(struct engine *engine, const struct engine_ops *ops, int socket,
		 struct taking *taking);
void engine_close(struct engine *engine);

/* How many datagrams MESSAGE is. */
size_t message_datagrams(const struct message *message);

/* How many of them did not come whole. */
size_t message_cut(const struct message *message);

/* The one of them at INDEX. */
struct datagram message_datagram(const struct message *message, size_t index);

extern const struct engine_ops engine_recvfrom, engine_recvmmsg, engine_gro;

#endif
