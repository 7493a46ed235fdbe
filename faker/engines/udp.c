/*
 * Datagrams from sockets: one a call (sendto), many a call (sendmmsg), or one large buffer that the
 * kernel cuts into datagrams (UDP_SEGMENT, "generic segmentation offload", Linux 4.18).
 */
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faker/engines/engine.h"
#include "faker/errors.h"
#include "faker/options.h"
#include "faker/packet.h"
#include "faker/plan.h"

/* UDP_MAX_SEGMENTS of older kernels. */
#define SEGMENTS_BEFORE 64

/* Of the sockets for one packet, so many are kept between two looks, some 10 ms. */
#define SAMPLES 16

struct udp {
	int *fds;         /* by slot; -1: not open */
	uint64_t *counts; /* packets of each since it was opened */
	/*
	 * A socket that lives for one packet is gone when an ICMP answer comes. So some are
	 * connected and kept for a while, to be asked.
	 */
	bool brief;
	int samples[SAMPLES];
	unsigned int sample_count;

	unsigned int segments; /* what one UDP_SEGMENT call takes (UDP_MAX_SEGMENTS) */

	struct mmsghdr messages[BATCH_PACKETS];
	struct iovec pieces[BATCH_PACKETS];
};

/* What the network had to say about earlier packets of a connected socket. */
static void ask(struct engine *engine, int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error == ECONNREFUSED)
		counter_add(&engine->sent->refused_calls, 1);
}

/* Empties the queue of ICMP answers, which IP_RECVERR fills. Whether there were any. */
static bool drop_answers(int fd)
{
	bool any = false;

	for (;;) {
		char byte;
		struct iovec piece = { &byte, 1 };
		struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return any;
		any = true;
	}
}

/* Counts what the socket of SLOT sent under its own address and port, and closes it. */
static void close_slot(struct engine *engine, uint32_t slot)
{
	struct udp *udp = engine->state;
	struct address name = { .length = sizeof(name.v6) };
	int fd = udp->fds[slot];

	if (fd < 0)
		return;
	if (!udp->brief)
		ask(engine, fd);
	if (udp->counts[slot] > 0 && getsockname(fd, &name.any, &name.length) == 0)
		flows_add(&engine->flows, &name, udp->counts[slot]);
	udp->counts[slot] = 0;
	udp->fds[slot] = -1;
	if (!engine->shared)
		close(fd);
}

/* A new socket, bound where that was asked for and, with CONNECTED, connected to the target. */
static int open_socket(struct engine *engine, uint32_t slot, bool connected)
{
	const struct plan *plan = engine->plan;
	uint64_t number = engine->first_slot + (uint64_t)slot * engine->slot_stride;
	int fd = socket(plan->target.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
	struct address local;

	if (fd < 0)
		return -errno;
	engine_tell_drops(fd, plan->target.any.sa_family);
	if (origins_choose(&plan->origins, number, &engine->rng, &local) &&
	    bind(fd, &local.any, local.length) != 0) {
		error = -errno;
		engine->failed = local;
	} else if (connected && connect(fd, &plan->target.any, plan->target.length) != 0) {
		error = -errno;
	} else {
		return fd;
	}
	close(fd);
	return error;
}

/* The socket of SLOT, a new one where that is due, or -errno. */
static int socket_of(struct engine *engine, uint32_t slot, bool renew)
{
	struct udp *udp = engine->state;

	if (renew)
		close_slot(engine, slot);
	if (udp->fds[slot] < 0)
		udp->fds[slot] = open_socket(engine, slot, true);
	return udp->fds[slot];
}

static int open_sockets(struct engine *engine)
{
	struct udp *udp = calloc(1, sizeof(*udp));

	if (!udp)
		return -ENOMEM;
	engine->state = udp;
	udp->segments = BATCH_PACKETS;
	udp->brief = source_per_packet(&engine->plan->options->source);
	udp->fds = malloc(engine->slots * sizeof(*udp->fds));
	udp->counts = calloc(engine->slots, sizeof(*udp->counts));
	for (uint32_t i = 0; udp->fds && i < engine->slots; i++)
		udp->fds[i] = -1;
	if (!udp->fds || !udp->counts) {
		engine->row->close(engine);
		return -ENOMEM;
	}
	/* All at once where they stay, so that a limit shows before anything is sent. */
	for (uint32_t i = 0; !source_renews(&engine->plan->options->source) && i < engine->slots;
	     i++) {
		int fd;

		if (engine->shared)
			udp->fds[i] = engine->shared[i];
		fd = socket_of(engine, i, false);
		if (fd < 0) {
			engine->row->close(engine);
			return fd;
		}
	}
	return 0;
}

int *udp_open_shared(const struct plan *plan, int *error)
{
	struct engine engine = { .plan = plan, .slot_stride = 1 };
	int *fds = malloc(plan->slots * sizeof(*fds));

	*error = fds ? 0 : -ENOMEM;
	rng_seed(&engine.rng, plan->options->seed, STREAM_NAMES);
	for (uint64_t i = 0; fds && i < plan->slots; i++) {
		fds[i] = *error ? -1 : open_socket(&engine, (uint32_t)i, true);
		if (fds[i] < 0 && !*error)
			*error = fds[i];
	}
	if (*error && fds) {
		udp_close_shared(plan, fds);
		fds = NULL;
	}
	return fds;
}

void udp_close_shared(const struct plan *plan, int *shared)
{
	for (uint64_t i = 0; shared && i < plan->slots; i++)
		if (shared[i] >= 0)
			close(shared[i]);
	free(shared);
}

static void look(struct engine *engine)
{
	struct udp *udp = engine->state;

	while (udp->sample_count > 0) {
		ask(engine, udp->samples[--udp->sample_count]);
		close(udp->samples[udp->sample_count]);
	}
}

static void close_sockets(struct engine *engine)
{
	struct udp *udp = engine->state;

	for (uint32_t i = 0; udp->fds && udp->counts && i < engine->slots; i++)
		close_slot(engine, i);
	look(engine);
	free(udp->fds);
	free(udp->counts);
	free(udp);
	engine->state = NULL;
}

/*
 * COUNT packets of WANTED left by the socket of their slot; or the call failed. What ends
 * sendmmsg(2) early is not told; if it was an answer to an earlier packet, the queue of these is.
 */
static int result(struct engine *engine, const struct packet *packets, int count, int wanted)
{
	struct udp *udp = engine->state;
	int fd = udp->fds[packets->slot];

	if (count < 0 && errno == EAGAIN)
		return engine_await_room(fd);
	if (count < 0) {
		int error = -errno;

		if (drop_answers(fd) || error == -ECONNREFUSED)
			counter_add(&engine->sent->refused_calls, 1);
		return error;
	}
	if (count < wanted && drop_answers(fd))
		counter_add(&engine->sent->refused_calls, 1);
	counter_add(&engine->sent->watched_calls, 1);
	udp->counts[packets->slot] += (uint64_t)count;
	engine_count(engine, packets, (unsigned int)count);
	return count;
}

/* Counts one packet under the name of its socket. */
static void count_flow(struct engine *engine, int fd)
{
	struct address name = { .length = sizeof(name.v6) };
	const struct address *local = &engine->plan->local;

	if (getsockname(fd, &name.any, &name.length) != 0)
		return;
	/* A socket that is neither bound nor connected has a port, but no address. */
	if (name.any.sa_family == AF_INET && name.v4.sin_addr.s_addr == INADDR_ANY)
		name.v4.sin_addr = local->v4.sin_addr;
	else if (name.any.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&name.v6.sin6_addr))
		name.v6.sin6_addr = local->v6.sin6_addr;
	flows_add(&engine->flows, &name, 1);
}

/* A socket for this packet alone. */
static int send_briefly(struct engine *engine, const struct packet *packet)
{
	const struct address *target = &engine->plan->target;
	struct udp *udp = engine->state;
	bool sampled = udp->sample_count < SAMPLES;
	int fd = open_socket(engine, packet->slot, sampled);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = sendto(fd, packet->data, packet->length, MSG_DONTWAIT, sampled ? NULL : &target->any,
		      sampled ? 0 : target->length);
	if (sent < 0) {
		int error = errno == EAGAIN ? engine_await_room(fd) : -errno;

		close(fd);
		return error;
	}
	count_flow(engine, fd);
	engine_count(engine, packet, 1);
	if (sampled) {
		udp->samples[udp->sample_count++] = fd;
		counter_add(&engine->sent->watched_calls, 1);
	} else {
		close(fd);
	}
	return 1;
}

static int send_one(struct engine *engine, const struct packet *packets, unsigned int count)
{
	const struct udp *udp = engine->state;
	int fd;

	(void)count;
	if (udp->brief)
		return send_briefly(engine, packets);
	fd = socket_of(engine, packets->slot, packets->renew);
	if (fd < 0)
		return fd;
	return result(engine, packets,
		      send(fd, packets->data, packets->length, MSG_DONTWAIT) < 0 ? -1 : 1, 1);
}

static int send_many(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct udp *udp = engine->state;
	unsigned int run = engine_run(packets, count);
	int fd;

	if (udp->brief)
		return send_briefly(engine, packets);
	fd = socket_of(engine, packets->slot, packets->renew);
	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < run; i++) {
		udp->pieces[i] = (struct iovec){ (void *)packets[i].data, packets[i].length };
		udp->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &udp->pieces[i], .msg_iovlen = 1 };
	}
	return result(engine, packets, sendmmsg(fd, udp->messages, run, MSG_DONTWAIT), (int)run);
}

/* How many of COUNT packets fit into one call: of one size, but for a shorter last one. */
static unsigned int train(const struct packet *packets, unsigned int count)
{
	size_t bytes = packets[0].length;
	unsigned int i;

	for (i = 1; i < count; i++) {
		bytes += packets[i].length;
		if (packets[i].length > packets[0].length ||
		    packets[i - 1].length < packets[0].length || bytes > DATAGRAM_MAX - 20)
			break;
	}
	return i;
}

/* Puts COUNT packets into as few pieces as they have in memory. Returns how many. */
static size_t gather(struct iovec *pieces, const struct packet *packets, unsigned int count)
{
	struct iovec *piece = pieces;

	*piece = (struct iovec){ (void *)packets[0].data, packets[0].length };
	for (unsigned int i = 1; i < count; i++) {
		if ((const char *)piece->iov_base + piece->iov_len == packets[i].data)
			piece->iov_len += packets[i].length;
		else
			*++piece = (struct iovec){ (void *)packets[i].data, packets[i].length };
	}
	return (size_t)(piece - pieces) + 1;
}

static int send_segmented(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct udp *udp = engine->state;
	union {
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr header;
	} control = { .header = { .cmsg_level = SOL_UDP,
				  .cmsg_type = UDP_SEGMENT,
				  .cmsg_len = CMSG_LEN(sizeof(uint16_t)) } };
	const uint16_t size = (uint16_t)packets[0].length;
	struct msghdr message = { .msg_iov = udp->pieces };
	unsigned int run = engine_run(packets, count < udp->segments ? count : udp->segments);
	int fd, sent;

	if (udp->brief)
		return send_briefly(engine, packets);
	fd = socket_of(engine, packets->slot, packets->renew);
	if (fd < 0)
		return fd;
	run = train(packets, run);
	message.msg_iovlen = gather(udp->pieces, packets, run);
	if (run > 1) {
		memcpy(CMSG_DATA(&control.header), &size, sizeof(size));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	sent = sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -1 : (int)run;
	if (sent < 0 && errno == EINVAL && run > SEGMENTS_BEFORE) {
		udp->segments = SEGMENTS_BEFORE;
		return 0;
	}
	return result(engine, packets, sent, (int)run);
}

const struct engine_row engine_sendto = {
	.name = "sendto",
	.meaning = "one packet a call",
	.batch = 1,
	.open = open_sockets,
	.send = send_one,
	.look = look,
	.close = close_sockets,
};

const struct engine_row engine_sendmmsg = {
	.name = "sendmmsg",
	.meaning = "up to 128 packets of one source a call",
	.batch = BATCH_PACKETS,
	.open = open_sockets,
	.send = send_many,
	.look = look,
	.close = close_sockets,
};

const struct engine_row engine_gso = {
	.name = "gso",
	.meaning = "up to 128 packets of one source and size a call",
	.batch = BATCH_PACKETS,
	.open = open_sockets,
	.send = send_segmented,
	.look = look,
	.close = close_sockets,
};
