/* The user side of sockets.bpf.c. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probes/sockets/bpf_details.h"
#include "probes/sockets/list.h"
#include "probes/sockets/sockets.h"
#include "probes/sockets/sockets_shared.h"

/* Generated. */
#include "probes/sockets/sockets.skel.h"

struct socket_iterators {
	struct sockets_bpf *bpf;
};

/* Bytes that a reader got so far. */
struct got {
	char *bytes;
	size_t count, room;
};

int socket_iterators_open(struct socket_iterators **out)
{
	struct socket_iterators *iterators = calloc(1, sizeof(*iterators));
	int error;

	*out = NULL;
	if (!iterators)
		return -ENOMEM;
	bpf_details_show();
	iterators->bpf = sockets_bpf__open_and_load();
	error = iterators->bpf ? sockets_bpf__attach(iterators->bpf) : -errno;
	if (error) {
		socket_iterators_close(iterators);
		return error;
	}
	*out = iterators;
	return 0;
}

void socket_iterators_close(struct socket_iterators *iterators)
{
	if (!iterators)
		return;
	sockets_bpf__destroy(iterators->bpf);
	free(iterators);
}

/* Reads the rest of FD. */
static int read_all(struct got *got, int fd)
{
	for (;;) {
		ssize_t length;

		if (got->room - got->count < 4096) {
			size_t room = got->room ? 2 * got->room : 65536;
			char *grown = realloc(got->bytes, room);

			if (!grown)
				return -ENOMEM;
			got->bytes = grown;
			got->room = room;
		}
		length = read(fd, got->bytes + got->count, got->room - got->count);
		if (length == 0)
			return 0;
		if (length > 0)
			got->count += (size_t)length;
		else if (errno != EINTR &&
			 errno != EAGAIN) /* after a million sockets: bpf_iter.c */
			return -errno;
	}
}

/* The sockets of the namespace that this process is in now. */
static int run(struct got *got, const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));
	int error;

	if (fd < 0)
		return -errno;
	error = read_all(got, fd);
	close(fd);
	return error;
}

static int by_cookie(const void *a, const void *b)
{
	const struct iterated *left = a, *right = b;

	return (left->cookie > right->cookie) - (left->cookie < right->cookie);
}

static void take(struct socket_details *details, const struct iterated *from)
{
	*details = (struct socket_details){
		.known = true,
		.reuseport = from->reuseport,
		.grouped = from->group != 0,
		.group = from->group,
		.members = from->members,
		.slot = from->slot,
		.has_connected = from->has_connected,
		.program_type = from->program_type,
		.program = from->program,
		.incoming_cpu = from->incoming_cpu,
		.queue_packets = from->queue_packets,
		.queue_head = from->queue_head,
		.order = from->order,
		.of_kernel = from->of_kernel,
	};
	memcpy(details->program_name, from->program_name, sizeof(details->program_name));
}

static void join(struct socket_list *list, struct got *got)
{
	struct iterated *all = (struct iterated *)(void *)got->bytes;
	size_t count = got->count / sizeof(*all);

	if (count == 0)
		return;
	/* They come as they stand in the tables that a packet's socket is looked up in. */
	for (size_t i = 0; i < count; i++)
		all[i].order = (uint32_t)i;
	qsort(all, count, sizeof(*all), by_cookie);
	for (size_t i = 0; i < list->count; i++) {
		const struct iterated key = { .cookie = list->items[i].cookie };
		const struct iterated *found = bsearch(&key, all, count, sizeof(*all), by_cookie);

		if (found)
			take(&list->items[i].details, found);
	}
	list_sort(list);
}

int socket_iterators_read(struct socket_iterators *iterators, struct socket_list *list)
{
	struct sockets_bpf *bpf = iterators->bpf;
	struct got got = { .bytes = NULL };
	int error;

	memset(bpf->bss->ports, 0, sizeof(bpf->bss->ports));
	for (size_t i = 0; i < list->count; i++) {
		uint16_t port = address_port(&list->items[i].local);

		bpf->bss->ports[port / 64] |= 1ull << port % 64;
	}
	error = run(&got, bpf->links.each_udp);
	if (!error)
		error = run(&got, bpf->links.each_tcp);
	if (!error)
		join(list, &got);
	free(got.bytes);
	return error;
}
