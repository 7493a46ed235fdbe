#include "receiver/engines/batch.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>

#include "common/message.h"
#include "receiver/account.h"

bool batch_open(struct batch *batch, size_t choice, int socket, struct account *account)
{
	const struct engine_ops *ops = engine_choose(choice, socket);
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t length = sizeof(info);

	batch->account = account;
	batch->overflows = 0;
	batch->count = 0;
	if (!ops)
		return false;
	if (!engine_open(&batch->engine, ops, socket, &account->taking)) {
		message_error("could not allocate buffers to receive: %s", strerror(ENOMEM));
		return false;
	}
	/* An inherited socket may have dropped packets before our time (Linux 4.12). */
	if (getsockopt(socket, SOL_SOCKET, SO_MEMINFO, info, &length) == 0)
		batch->overflows = info[SK_MEMINFO_DROPS];
	return true;
}

void batch_close(struct batch *batch)
{
	engine_close(&batch->engine);
}

static int count_failure(struct received *counts, int error)
{
	if (error == -EAGAIN)
		counter_add(&counts->eagain, 1);
	else if (error != -EINTR && error != -EPIPE)
		counter_add(&counts->receive_errors, 1);
	return error;
}

/*
 * SO_RXQ_OVFL tells the 32 bits that the socket's counter had when the message was queued: one that
 * was queued before we looked, or beside another, may tell less than is known.
 */
static void count_overflows(struct batch *batch, const struct message *message)
{
	uint32_t more = message->overflows - batch->overflows;

	if (!message->overflows_known || more == 0 || more > INT32_MAX)
		return;
	counter_add(&batch->account->counts.overflows_seen, more);
	batch->overflows = message->overflows;
}

static void count_messages(struct batch *batch)
{
	struct received *counts = &batch->account->counts;
	uint64_t bytes = 0, cut = 0;
	size_t packets = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct message *message = &batch->messages[i];

		packets += message_datagrams(message);
		bytes += message->size;
		count_overflows(batch, message);
		cut += message_cut(message);
	}
	batch->packets = packets;
	counter_add(&counts->messages, batch->count);
	counter_add(&counts->packets, packets);
	counter_add(&counts->bytes, bytes);
	if (cut)
		counter_add(&counts->truncated_packets, cut);
}

int batch_take(struct batch *batch)
{
	struct received *counts = &batch->account->counts;
	struct taking *taking = batch->engine.taking;
	int count;

	taking->done = 0;
	taking->before.packets = counts->packets;
	taking->before.bytes = counts->bytes;
	taking->before.messages = counts->messages;
	taking->before.receive_calls = counts->receive_calls;
	count = batch->engine.ops->take(&batch->engine, batch->messages);
	counter_add(&counts->receive_calls, 1);
	batch->count = count > 0 ? (size_t)count : 0;
	batch->packets = 0;
	if (count < 0) {
		taking_end(taking);
		return count_failure(counts, count);
	}
	count_messages(batch);
	return 0;
}
