#include "receiver/models/channels.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "receiver/account.h"

/* No packet is longer, and of its send buffer a Unix socket keeps 32 bytes back. */
#define LONGEST 65536

/* The kernel grants twice what it is asked for. */
static void widen(int fd)
{
	int granted = 0, wanted = LONGEST;
	socklen_t length = sizeof(granted);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &granted, &length) == 0 && granted < 2 * wanted)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted));
}

bool channels_open(struct channels *channels, const int *fds, size_t count, struct account *account)
{
	*channels = (struct channels){ .count = count, .account = account };
	channels->all = calloc(count, sizeof(*channels->all));
	channels->open = calloc(count, sizeof(struct channel *));
	if (!channels->all || !channels->open) {
		message_error("could not prepare %zu channels: %s", count, strerror(ENOMEM));
		channels_close(channels);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		channels->all[i].fd = fds[i];
		widen(fds[i]);
	}
	giving_end(&account->giving);
	for (size_t i = 0; i < CHANNELS_PACKETS; i++)
		account->giving.messages[i].msg_hdr = (struct msghdr){ .msg_iovlen = 1 };
	return true;
}

void channels_close(struct channels *channels)
{
	free(channels->all);
	free(channels->open);
	*channels = (struct channels){ .count = 0 };
}

static size_t find_open(struct channels *channels)
{
	size_t count = 0;

	for (size_t i = 0; i < channels->count; i++) {
		struct channel *channel = &channels->all[(channels->turn + i) % channels->count];

		channel->sent = 0;
		if (!channel->gone && !channel->full)
			channels->open[count++] = channel;
	}
	return count;
}

/* What becomes of a channel that took nothing. */
static void note_refusal(struct channel *channel, int error, size_t *impossible)
{
	switch (error) {
	case EMSGSIZE:
		(*impossible)++;
		channel->sent++;
		break;
	case EAGAIN:
	case EINTR:
	case ENOBUFS:
	case ENOMEM:
		channel->full = true;
		break;
	default:
		channel->gone = true;
	}
}

/* Sends packets FIRST, FIRST + STEP and so on, as many as CHANNEL takes. */
static void send_some(struct channels *channels, struct channel *channel, struct iovec *packets,
		      size_t count, size_t first, size_t step, size_t *impossible)
{
	struct account *account = channels->account;
	struct giving *giving = &account->giving;
	uint32_t wanted = 0;
	int sent;

	for (size_t i = first; i < count; i += step) {
		giving->messages[wanted].msg_hdr.msg_iov = &packets[i];
		giving->messages[wanted++].msg_len = TAKING_NOTHING;
	}
	giving->done = account->taking.done;
	giving->handed_on = account->counts.handed_on;
	giving_begin(giving, wanted);
	sent = sendmmsg(channel->fd, giving->messages, wanted, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) {
		note_refusal(channel, errno, impossible);
	} else {
		/* Why it took no more, the next try tells. */
		channel->sent = (size_t)sent;
		counter_add(&account->counts.handed_on, (uint64_t)sent);
		taking_done(&account->taking, (uint32_t)sent);
	}
	giving_end(giving);
}

size_t channels_send(struct channels *channels, struct iovec *packets, size_t count,
		     size_t *impossible)
{
	for (size_t i = 0; i < channels->count; i++)
		channels->all[i].full = false;
	while (count > 0) {
		size_t step = find_open(channels), left = 0;

		if (step == 0)
			break;
		for (size_t i = 0; i < step && i < count; i++)
			send_some(channels, channels->open[i], packets, count, i, step, impossible);
		channels->turn = (size_t)(channels->open[(count - 1) % step] - channels->all + 1) %
				 channels->count;
		for (size_t i = 0; i < count; i++)
			if (i / step >= channels->open[i % step]->sent)
				packets[left++] = packets[i];
		count = left;
	}
	return count;
}

size_t channels_wait_for(const struct channels *channels, struct pollfd *waits)
{
	size_t there = 0;

	for (size_t i = 0; i < channels->count; i++) {
		const struct channel *channel = &channels->all[i];

		waits[i] = (struct pollfd){ .fd = channel->gone ? -1 : channel->fd,
					    .events = POLLOUT };
		there += !channel->gone;
	}
	return there;
}
