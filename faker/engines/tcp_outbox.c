#include "faker/engines/tcp_outbox.h"

#include <errno.h>
#include <string.h>

#include "faker/packet.h"

int outbox_add(struct outbox *outbox, const struct packet *packet)
{
	char *data = fifo_room(&outbox->bytes, packet->length);
	struct packet *message = (struct packet *)fifo_room(&outbox->messages, sizeof(*packet));

	if (!data || !message)
		return -ENOMEM;
	memcpy(data, packet->data, packet->length);
	*message = *packet;
	message->data = NULL;
	fifo_add(&outbox->bytes, packet->length);
	fifo_add(&outbox->messages, sizeof(*packet));
	return 0;
}

uint32_t outbox_count(const struct outbox *outbox)
{
	return fifo_length(&outbox->messages) / (uint32_t)sizeof(struct packet);
}

uint32_t outbox_bytes(const struct outbox *outbox)
{
	return fifo_length(&outbox->bytes);
}

const char *outbox_data(const struct outbox *outbox)
{
	return fifo_front(&outbox->bytes);
}

const struct packet *outbox_messages(const struct outbox *outbox)
{
	return (const struct packet *)fifo_front(&outbox->messages);
}

uint32_t outbox_sent(struct outbox *outbox, uint32_t length)
{
	const struct packet *messages = outbox_messages(outbox);
	uint32_t count = outbox_count(outbox), complete = 0;

	fifo_drop(&outbox->bytes, length);
	outbox->begun += length;
	while (complete < count && outbox->begun >= messages[complete].length)
		outbox->begun -= messages[complete++].length;
	return complete;
}

void outbox_drop(struct outbox *outbox, uint32_t count)
{
	fifo_drop(&outbox->messages, count * (uint32_t)sizeof(struct packet));
	outbox->moved -= outbox->moved < count ? outbox->moved : count;
}

uint32_t outbox_move(struct outbox *outbox)
{
	const struct packet *messages = outbox_messages(outbox);
	uint32_t lost = outbox->begun > 0;

	if (lost < outbox->moved)
		lost = outbox->moved;
	for (uint32_t i = 0; i < lost; i++) {
		fifo_drop(&outbox->bytes, messages[i].length - outbox->begun);
		outbox->begun = 0;
	}
	outbox_drop(outbox, lost);
	outbox->moved = outbox_count(outbox);
	return lost;
}

uint32_t outbox_clear(struct outbox *outbox)
{
	uint32_t count = outbox_count(outbox);

	fifo_clear(&outbox->bytes);
	fifo_clear(&outbox->messages);
	outbox->begun = outbox->moved = 0;
	return count;
}
