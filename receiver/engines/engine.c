#include "receiver/engines/engine.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/message.h"
#include "receiver/engines/buffers.h"

static const struct engine_ops *const table[] = { &engine_recvfrom, &engine_recvmmsg, &engine_gro };

/* "auto", then in the order of the table. */
const char *const receive_engine_names[] = { "auto", "recvfrom", "recvmmsg", "gro", NULL };

static bool is_channel(int socket)
{
	int domain = AF_UNSPEC;
	socklen_t length = sizeof(domain);

	return getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 &&
	       domain == AF_UNIX;
}

const struct engine_ops *engine_by_choice(size_t choice)
{
	return choice ? table[choice - 1] : &engine_recvmmsg;
}

const struct engine_ops *engine_choose(size_t choice, int socket)
{
	const struct engine_ops *ops = engine_by_choice(choice);
	int error;

	if (ops == &engine_gro && is_channel(socket))
		ops = &engine_recvmmsg;
	error = ops->prepare(socket);
	if (!error)
		return ops;
	message_error("could not prepare a socket for engine %s: %s", ops->name, strerror(-error));
	if (ops == &engine_gro)
		message_hint("UDP_GRO needs Linux 5.0; recvmmsg does without");
	return NULL;
}

/* Pages that no packet has reached are not there. */
static char *allocate_memory(size_t count)
{
	char *memory = mmap(NULL, count * BUFFER_STRIDE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* A huge page would be there as a whole for its first byte. */
	madvise(memory, count * BUFFER_STRIDE, MADV_NOHUGEPAGE);
	return memory;
}

static void offer(struct taking *taking, struct engine_buffers *buffers, size_t i)
{
	struct mmsghdr *message = &taking->messages[i];

	buffers->parts[i].iov_base = buffers->memory + i * BUFFER_STRIDE;
	buffers->parts[i].iov_len = BUFFER_SIZE;
	message->msg_hdr = (struct msghdr){ .msg_name = &buffers->from[i],
					    .msg_namelen = sizeof(buffers->from[i].room),
					    .msg_iov = &buffers->parts[i],
					    .msg_iovlen = 1,
					    .msg_control = taking->control[i],
					    .msg_controllen = TAKING_CONTROL };
}

bool engine_open(struct engine *engine, const struct engine_ops *ops, int socket,
		 struct taking *taking)
{
	struct engine_buffers *buffers = calloc(1, sizeof(*buffers));

	if (!buffers)
		return false;
	*engine = (struct engine){
		.ops = ops, .socket = socket, .taking = taking, .buffers = buffers
	};
	buffers->count = ops->batch;
	buffers->channel = is_channel(socket);
	buffers->memory = allocate_memory(ops->batch);
	if (!buffers->memory) {
		free(buffers);
		engine->buffers = NULL;
		return false;
	}
	taking_end(taking);
	for (size_t i = 0; i < TAKING_MESSAGES; i++)
		taking->messages[i].msg_len = TAKING_NOTHING;
	for (size_t i = 0; i < ops->batch; i++)
		offer(taking, buffers, i);
	return true;
}

void engine_close(struct engine *engine)
{
	if (!engine->buffers)
		return;
	taking_end(engine->taking);
	munmap(engine->buffers->memory, engine->buffers->count * BUFFER_STRIDE);
	free(engine->buffers);
	engine->buffers = NULL;
}

/*
 * An empty packet of a channel and its end look the same, and recvmmsg(2) takes the end for as many
 * of them as it has room for.
 */
bool buffers_at_end(const struct engine *engine)
{
	struct pollfd look = { .fd = engine->socket, .events = POLLRDHUP };

	return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLHUP));
}

size_t message_datagrams(const struct message *message)
{
	return datagrams_in(message->size, message->segment);
}

size_t message_cut(const struct message *message)
{
	if (message->length >= message->size)
		return 0;
	return message_datagrams(message) -
	       (message->segment ? message->length / message->segment : 0);
}

struct datagram message_datagram(const struct message *message, size_t index)
{
	size_t start = index * message->segment;
	size_t size = message->size - start;
	size_t here = start < message->length ? message->length - start : 0;

	if (message->segment && message->segment < size)
		size = message->segment;
	return (struct datagram){ .text = message->text + message->length - here,
				  .length = here < size ? here : size,
				  .cut = here < size };
}
