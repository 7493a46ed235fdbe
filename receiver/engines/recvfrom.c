/* One datagram a call: what the founding story is about. */
#include <errno.h>
#include <sys/socket.h>

#include "receiver/engines/buffers.h"
#include "receiver/engines/engine.h"

/* Somebody may have asked for trains before, which recvfrom(2) cannot tell from datagrams. */
static int prepare(int socket)
{
	int off = 0;

	setsockopt(socket, SOL_UDP, UDP_GRO, &off, sizeof(off));
	return 0;
}

static int take(struct engine *engine, struct message *messages)
{
	struct engine_buffers *buffers = engine->buffers;
	struct taking *taking = engine->taking;
	struct address *from = &buffers->from[0].address;
	ssize_t size;

	taking->from_length = TAKING_ADDRESS;
	taking_begin(taking, TAKING_SINGLE);
	size = recvfrom(engine->socket, buffers->memory, BUFFER_SIZE, MSG_DONTWAIT | MSG_TRUNC,
			&from->any, &taking->from_length);
	if (size < 0)
		return -errno;
	if (size == 0 && buffers->channel && buffers_at_end(engine))
		return -EPIPE;
	from->length = taking->from_length;
	messages[0] = (struct message){ .text = buffers->memory,
					.length = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE,
					.size = (size_t)size,
					.from = from };
	return 1;
}

const struct engine_ops engine_recvfrom = {
	.name = "recvfrom",
	.batch = 1,
	.prepare = prepare,
	.take = take,
};
