/*
 * Datagrams from sockets: one a call (sendto), many a call (sendmmsg), or one large buffer that the
 * kernel cuts into datagrams (UDP_SEGMENT, "generic segmentation offload", Linux 4.18).
 */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

#include "faker/engines/engine.h"
#include "faker/engines/udp_sockets.h"
#include "faker/packet.h"

/* UDP_MAX_SEGMENTS of older kernels. */
#define SEGMENTS_BEFORE 64

static int send_one(struct engine *engine, const struct packet *packets, unsigned int count)
{
	const struct udp *udp = engine->state;
	int fd;

	(void)count;
	if (udp->brief)
		return udp_send_briefly(engine, packets);
	fd = udp_socket(engine, packets->slot, packets->renew);
	if (fd < 0)
		return fd;
	return udp_result(engine, packets,
			  send(fd, packets->data, packets->length, MSG_DONTWAIT) < 0 ? -1 : 1, 1);
}

static int send_many(struct engine *engine, const struct packet *packets, unsigned int count)
{
	struct udp *udp = engine->state;
	unsigned int run = engine_run(packets, count);
	int fd;

	if (udp->brief)
		return udp_send_briefly(engine, packets);
	fd = udp_socket(engine, packets->slot, packets->renew);
	if (fd < 0)
		return fd;
	for (unsigned int i = 0; i < run; i++) {
		udp->pieces[i] = (struct iovec){ (void *)packets[i].data, packets[i].length };
		udp->messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = &udp->pieces[i], .msg_iovlen = 1 };
	}
	return udp_result(engine, packets, sendmmsg(fd, udp->messages, run, MSG_DONTWAIT),
			  (int)run);
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
		return udp_send_briefly(engine, packets);
	fd = udp_socket(engine, packets->slot, packets->renew);
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
	return udp_result(engine, packets, sent, (int)run);
}

const struct engine_row engine_sendto = {
	.name = "sendto",
	.meaning = "one packet a call",
	.batch = 1,
	.open = udp_open,
	.send = send_one,
	.look = udp_look,
	.close = udp_close,
};

const struct engine_row engine_sendmmsg = {
	.name = "sendmmsg",
	.meaning = "up to 128 packets of one source a call",
	.batch = BATCH_PACKETS,
	.open = udp_open,
	.send = send_many,
	.look = udp_look,
	.close = udp_close,
};

const struct engine_row engine_gso = {
	.name = "gso",
	.meaning = "up to 128 packets of one source and size a call",
	.batch = BATCH_PACKETS,
	.open = udp_open,
	.send = send_segmented,
	.look = udp_look,
	.close = udp_close,
};
