#include "receiver/engines/taking.h"

#include <string.h>

#include "receiver/engines/buffers.h"

struct control control_read(void *data, size_t length)
{
	struct msghdr header = { .msg_control = data, .msg_controllen = length };
	struct control control = { .segment = 0 };
	int value;

	for (struct cmsghdr *entry = CMSG_FIRSTHDR(&header); entry;
	     entry = CMSG_NXTHDR(&header, entry)) {
		if (entry->cmsg_len < CMSG_LEN(sizeof(value)))
			continue;
		memcpy(&value, CMSG_DATA(entry), sizeof(value));
		if (entry->cmsg_level == SOL_UDP && entry->cmsg_type == UDP_GRO && value > 0)
			control.segment = (size_t)value;
		if (entry->cmsg_level == SOL_SOCKET && entry->cmsg_type == SO_RXQ_OVFL) {
			control.overflows = (uint32_t)value;
			control.overflows_known = true;
		}
	}
	return control;
}

bool taking_settle(const struct taking *taking, struct taken *taken)
{
	_Alignas(struct cmsghdr) char data[TAKING_CONTROL];

	*taken = (struct taken){ .packets = 0 };
	if (taking->way == TAKING_SINGLE && taking->from_length != TAKING_ADDRESS)
		taken->packets = taken->messages = 1;
	if (taking->way != TAKING_MANY)
		return taken->messages > 0;
	for (size_t i = 0; i < TAKING_MESSAGES; i++) {
		const struct mmsghdr *message = &taking->messages[i];
		size_t length = message->msg_hdr.msg_controllen;
		struct control control;

		if (message->msg_len == TAKING_NOTHING)
			break;
		/* Not by its pointers: they are the other process's. */
		memcpy(data, taking->control[i], sizeof(data));
		control = control_read(data, length < sizeof(data) ? length : sizeof(data));
		taken->packets += datagrams_in(message->msg_len, control.segment);
		taken->bytes += message->msg_len;
		taken->messages++;
	}
	return taken->messages > 0;
}

uint32_t giving_settle(const struct giving *giving)
{
	uint32_t sent = 0;

	while (sent < giving->offered && giving->messages[sent].msg_len != TAKING_NOTHING)
		sent++;
	return sent;
}
