/* Many datagrams a call. */
#include <errno.h>
#include <sys/socket.h>

#include "receiver/engines/buffers.h"
#include "receiver/engines/engine.h"

static int prepare(int socket)
{
	int on = 1, off = 0;

	if (setsockopt(socket, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) != 0)
		return -errno;
	/* Somebody may have asked for trains before; a channel knows no such option. */
	setsockopt(socket, SOL_UDP, UDP_GRO, &off, sizeof(off));
	return 0;
}

/* What the last call filled is offered again. */
static void offer_again(struct taking *taking, struct engine_buffers *buffers)
{
	for (size_t i = 0; i < buffers->filled; i++) {
		struct mmsghdr *message = &taking->messages[i];

		message->msg_len = TAKING_NOTHING;
		message->msg_hdr.msg_namelen = sizeof(buffers->from[i].room);
		message->msg_hdr.msg_controllen = TAKING_CONTROL;
	}
	buffers->filled = 0;
}

static void describe(struct engine_buffers *buffers, struct taking *taking, size_t i,
		     struct message *message)
{
	const struct mmsghdr *got = &taking->messages[i];
	struct address *from = &buffers->from[i].address;
	size_t size = got->msg_len;

	*message = (struct message){ .text = buffers->memory + i * BUFFER_STRIDE,
				     .length = size < BUFFER_SIZE ? size : BUFFER_SIZE,
				     .size = size,
				     .from = from };
	from->length = got->msg_hdr.msg_namelen;
	if (got->msg_hdr.msg_controllen) {
		struct control control =
			control_read(taking->control[i], got->msg_hdr.msg_controllen);

		message->segment = control.segment;
		message->overflows = control.overflows;
		message->overflows_known = control.overflows_known;
	}
}

int buffers_take(struct engine *engine, struct message *messages)
{
	struct engine_buffers *buffers = engine->buffers;
	struct taking *taking = engine->taking;
	int count;

	offer_again(taking, buffers);
	taking_begin(taking, TAKING_MANY);
	/* As a flag of the call, MSG_TRUNC makes msg_len the size of what was sent. */
	count = recvmmsg(engine->socket, taking->messages, (unsigned int)buffers->count,
			 MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (count < 0)
		return -errno;
	buffers->filled = (size_t)count;
	if (buffers->channel && taking->messages[count - 1].msg_len == 0 && buffers_at_end(engine))
		while (count > 0 && taking->messages[count - 1].msg_len == 0)
			count--;
	for (int i = 0; i < count; i++)
		describe(buffers, taking, (size_t)i, &messages[i]);
	return count ? count : -EPIPE;
}

const struct engine_ops engine_recvmmsg = {
	.name = "recvmmsg",
	.batch = TAKING_MESSAGES,
	.prepare = prepare,
	.take = buffers_take,
};
