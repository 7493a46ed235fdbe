#include "faker/source.h"

#include <errno.h>
#include <unistd.h>

#include "faker/flows.h"

struct source_strategy {
	int (*open)(struct source *source);
	int (*send)(struct source *source, const void *packet, size_t length);
	const char *meaning;
};

/* A new socket, bound where a range asks for it. */
static int open_socket(struct source *source)
{
	int fd = socket(source->target.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (source->range.size > 0) {
		struct address local;

		address_range_pick(&source->range, &source->rng, &local);
		if (bind(fd, &local.any, local.length) != 0) {
			int error = -errno;

			close(fd);
			return error;
		}
	}
	source->fd = fd;
	return 0;
}

/* Asks the socket for its own address and port, and counts what it sent under them. */
static int record_flow(struct source *source, uint64_t packets)
{
	source->name.length = sizeof(source->name.v6);
	if (getsockname(source->fd, &source->name.any, &source->name.length) != 0)
		return -errno;
	flows_add(source->flows, &source->name, packets);
	return 0;
}

static int result_of(ssize_t sent, size_t length)
{
	if (sent < 0)
		return -errno;
	return (size_t)sent == length ? 0 : -EMSGSIZE;
}

static int fixed_open(struct source *source)
{
	int error = open_socket(source);

	/* Connected, so that an absent receiver shows as ECONNREFUSED. */
	if (error == 0 && connect(source->fd, &source->target.any, source->target.length) != 0)
		error = -errno;
	return error;
}

static int fixed_send(struct source *source, const void *packet, size_t length)
{
	int error = result_of(send(source->fd, packet, length, 0), length);

	if (error == 0)
		source->unrecorded++;
	return error;
}

static int per_packet_open(struct source *source)
{
	(void)source;
	return 0;
}

static int per_packet_send(struct source *source, const void *packet, size_t length)
{
	int error = open_socket(source);

	if (error)
		return error;
	error = result_of(sendto(source->fd, packet, length, 0, &source->target.any,
				 source->target.length),
			  length);
	if (error == 0)
		error = record_flow(source, 1);
	close(source->fd);
	source->fd = -1;
	return error;
}

const char *const source_names[] = { "fixed", "per-packet", NULL };

static const struct source_strategy strategies[] = {
	{ fixed_open, fixed_send, "one socket, one flow" },
	{ per_packet_open, per_packet_send, "a new socket for each packet" },
};

const char *source_meaning(size_t index)
{
	return strategies[index].meaning;
}

int source_open(struct source *source, size_t strategy, const struct address *target,
		const struct address_range *range, struct flows *flows, uint64_t seed)
{
	*source = (struct source){ .strategy = &strategies[strategy],
				   .target = *target,
				   .range = *range,
				   .flows = flows,
				   .fd = -1 };
	rng_seed(&source->rng, seed, 1);
	return source->strategy->open(source);
}

int source_send(struct source *source, const void *packet, size_t length)
{
	return source->strategy->send(source, packet, length);
}

void source_close(struct source *source)
{
	if (source->fd < 0)
		return;
	if (source->unrecorded > 0)
		record_flow(source, source->unrecorded);
	close(source->fd);
	source->fd = -1;
}
