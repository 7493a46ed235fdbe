#include "probes/probe/poll.h"

#include <errno.h>
#include <stdlib.h>

#include "common/address.h"
#include "common/clock.h"
#include "probes/sockets/sockets.h"
#include "probes/tap/sample.h"

struct poll_socket {
	uint64_t cookie;
	uint16_t port;
	bool tcp;
	uint64_t dropped;    /* since it was seen first */
	uint32_t last_drops; /* the kernel's count, which has 32 bits */
};

/* One that has come since the start has dropped all that it has since then. */
static struct poll_socket *find(struct poll_known *known, const struct socket_info *socket)
{
	struct poll_socket *grown;

	for (size_t i = 0; i < known->count; i++)
		if (known->items[i].cookie == socket->cookie)
			return &known->items[i];
	grown = realloc(known->items, (known->count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	known->items = grown;
	grown[known->count] = (struct poll_socket){ .cookie = socket->cookie,
						    .port = address_port(&socket->local),
						    .tcp = socket->tcp };
	return &grown[known->count++];
}

static void fill(struct sample_member *out, struct poll_socket *known,
		 const struct socket_info *socket)
{
	known->dropped += (uint32_t)socket->drops - known->last_drops;
	known->last_drops = (uint32_t)socket->drops;
	out->open = true;
	if (socket->tcp)
		out->queue_packets = out->queue_max = socket->queue;
	else
		out->queue_bytes = socket->queue;
	out->rcvbuf = socket->tcp ? socket->backlog : socket->rcvbuf;
}

int poll_begin(struct poll_known *known, const struct socket_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct poll_socket *socket = find(known, &list->items[i]);

		if (!socket)
			return -ENOMEM;
		socket->last_drops = (uint32_t)list->items[i].drops;
	}
	return 0;
}

int poll_sample(struct poll_known *known, const struct socket_list *list, struct sample *sample)
{
	sample_free(sample);
	for (size_t i = 0; i < list->count; i++)
		if (!find(known, &list->items[i]))
			return -ENOMEM;
	/* Place 0 is none, here too. */
	sample->members = calloc(known->count + 1, sizeof(*sample->members));
	if (!sample->members)
		return -ENOMEM;
	sample->time = clock_now();
	sample->member_count = known->count + 1;
	for (size_t i = 0; i < list->count; i++) {
		struct poll_socket *socket = find(known, &list->items[i]);

		fill(&sample->members[1 + (socket - known->items)], socket, &list->items[i]);
	}
	for (size_t i = 0; i < known->count; i++) {
		struct sample_member *member = &sample->members[1 + i];

		member->cookie = known->items[i].cookie;
		member->port = known->items[i].port;
		member->tcp = known->items[i].tcp;
		member->known = true;
		member->counters.dropped = known->items[i].dropped;
	}
	return 0;
}

void poll_forget(struct poll_known *known)
{
	free(known->items);
	*known = (struct poll_known){ .items = NULL };
}
