#include "faker/engines/udp_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "faker/options.h"
#include "faker/plan.h"

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
	int fd = socket(plan->target.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
	struct address local;

	if (fd < 0)
		return -errno;
	engine_tell_drops(fd, plan->target.any.sa_family);
	if (engine_origin(engine, slot, &local) && bind(fd, &local.any, local.length) != 0) {
		error = -errno;
		engine->failed = local;
	} else if (connected && connect(fd, &plan->target.any, plan->target.length) != 0) {
		/* Of a socket that has no port yet, this says that there is none. */
		error = errno == EAGAIN ? -EADDRNOTAVAIL : -errno;
	} else {
		return fd;
	}
	close(fd);
	return error;
}

int udp_socket(struct engine *engine, uint32_t slot, bool renew)
{
	struct udp *udp = engine->state;

	if (renew)
		close_slot(engine, slot);
	if (udp->fds[slot] < 0)
		udp->fds[slot] = open_socket(engine, slot, true);
	return udp->fds[slot];
}

int udp_open(struct engine *engine)
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
		fd = udp_socket(engine, i, false);
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

void udp_look(struct engine *engine)
{
	struct udp *udp = engine->state;

	while (udp->sample_count > 0) {
		ask(engine, udp->samples[--udp->sample_count]);
		close(udp->samples[udp->sample_count]);
	}
}

void udp_close(struct engine *engine)
{
	struct udp *udp = engine->state;

	for (uint32_t i = 0; udp->fds && udp->counts && i < engine->slots; i++)
		close_slot(engine, i);
	udp_look(engine);
	free(udp->fds);
	free(udp->counts);
	free(udp);
	engine->state = NULL;
}

/*
 * What ends sendmmsg(2) early is not told; if it was an answer to an earlier packet, the queue of
 * these is.
 */
int udp_result(struct engine *engine, const struct packet *packets, int count, int wanted)
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

int udp_send_briefly(struct engine *engine, const struct packet *packet)
{
	const struct address *target = &engine->plan->target;
	struct udp *udp = engine->state;
	bool sampled = udp->sample_count < UDP_SAMPLES;
	int fd = open_socket(engine, packet->slot, sampled);
	ssize_t sent;

	if (fd < 0)
		return fd;
	sent = sendto(fd, packet->data, packet->length, MSG_DONTWAIT, sampled ? NULL : &target->any,
		      sampled ? 0 : target->length);
	if (sent < 0) {
		/* A new socket has room; what it has not got is a port. */
		int error = errno == EAGAIN ? -EADDRNOTAVAIL : -errno;

		close(fd);
		udp_look(engine);
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
