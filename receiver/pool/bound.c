#include "receiver/pool/bound.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/owners.h"

/* States as proc(5) shows them, of the kernel's tcp_states.h. */
#define STATE_ESTABLISHED 0x01
#define STATE_LISTEN      0x0a

/* Room for one more of SIZE bytes in an array that grows by doubling. NULL without memory. */
static void *grow(void *array, size_t count, size_t size)
{
	/* Full whenever COUNT is a power of two. */
	return count & (count - 1) ? array : realloc(array, (count ? 2 * count : 1) * size);
}

/* 8 or 32 hexadecimal digits: words as they stand in memory. */
static bool read_address(struct address *out, const char *hex, unsigned int port)
{
	uint32_t words[4];
	size_t count = strlen(hex) / 8;

	memset(out, 0, sizeof(*out));
	if (strlen(hex) != 8 && strlen(hex) != 32)
		return false;
	for (size_t i = 0; i < count; i++)
		if (sscanf(hex + 8 * i, "%8" SCNx32, &words[i]) != 1)
			return false;
	if (count == 1) {
		out->v4.sin_family = AF_INET;
		out->v4.sin_addr.s_addr = words[0];
		out->length = sizeof(out->v4);
	} else {
		out->v6.sin6_family = AF_INET6;
		memcpy(&out->v6.sin6_addr, words, sizeof(words));
		out->length = sizeof(out->v6);
	}
	address_set_port(out, (uint16_t)port);
	return true;
}

static int add_socket(struct bound *out, const struct bound_socket *socket)
{
	void *grown = grow(out->sockets, out->socket_count, sizeof(*out->sockets));

	if (!grown)
		return -ENOMEM;
	out->sockets = grown;
	out->sockets[out->socket_count++] = *socket;
	return 0;
}

/* One of /proc/net/{udp,udp6,tcp,tcp6}, see proc_net(5). */
static int read_table(struct bound *out, const char *path, uint16_t port, bool tcp)
{
	char line[512];
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return errno == ENOENT ? 0 : -errno; /* a kernel without IPv6 */
	while (!error && fgets(line, sizeof(line), file)) {
		struct bound_socket found = { .seen = false };
		unsigned int local, state;
		char hex[33];

		/* sl local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode */
		if (sscanf(line,
			   " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %u "
			   "%*d %" SCNu64,
			   hex, &local, &state, &found.user, &found.inode) != 5)
			continue;
		if (local != port || (tcp && state != STATE_LISTEN) ||
		    !read_address(&found.address, hex, local))
			continue;
		found.connected = state == STATE_ESTABLISHED;
		error = add_socket(out, &found);
	}
	fclose(file);
	return error;
}

/* The process as /proc numbers it, which may be another pid namespace than ours. */
static pid_t own_pid(void)
{
	char target[32];
	ssize_t length = readlink("/proc/self", target, sizeof(target) - 1);

	if (length <= 0)
		return getpid();
	target[length] = '\0';
	return (pid_t)strtol(target, NULL, 10);
}

static int by_inode(const void *a, const void *b)
{
	const struct bound_socket *left = a, *right = b;

	return (left->inode > right->inode) - (left->inode < right->inode);
}

static int find_owners(const struct bound *bound, struct owner_list *owners)
{
	uint64_t *inodes = calloc(bound->socket_count, sizeof(*inodes));
	int error;

	if (!inodes)
		return -ENOMEM;
	for (size_t i = 0; i < bound->socket_count; i++)
		inodes[i] = bound->sockets[i].inode;
	error = owners_find(owners, inodes, bound->socket_count);
	free(inodes);
	return error;
}

static void leave_out_own(struct bound *bound, const struct owner_list *owners)
{
	pid_t own = own_pid();
	size_t kept = 0, at = 0;

	for (size_t i = 0; i < bound->socket_count; i++) {
		bool ours = false;

		while (at < owners->count && owners->items[at].inode < bound->sockets[i].inode)
			at++;
		for (size_t j = at;
		     j < owners->count && owners->items[j].inode == bound->sockets[i].inode; j++)
			ours |= owners->items[j].pid == own;
		if (!ours)
			bound->sockets[kept++] = bound->sockets[i];
	}
	bound->socket_count = kept;
}

static int by_pid(const void *a, const void *b)
{
	const struct bound_owner *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static int take_owners(struct bound *bound, const struct owner_list *owners)
{
	size_t at = 0;

	bound->owners = calloc(owners->count + 1, sizeof(*bound->owners));
	if (!bound->owners)
		return -ENOMEM;
	for (size_t i = 0; i < owners->count; i++) {
		const struct socket_owner *from = &owners->items[i];
		struct bound_owner *to = &bound->owners[bound->owner_count];

		while (at < bound->socket_count && bound->sockets[at].inode < from->inode)
			at++;
		if (at == bound->socket_count || bound->sockets[at].inode != from->inode)
			continue; /* it is ours as well */
		bound->sockets[at].seen = true;
		to->socket = at;
		to->pid = from->pid;
		memcpy(to->command, from->command, sizeof(to->command));
		bound->owner_count++;
	}
	if (bound->owner_count)
		qsort(bound->owners, bound->owner_count, sizeof(*bound->owners), by_pid);
	return 0;
}

int bound_find(struct bound *out, uint16_t port, bool tcp)
{
	struct owner_list owners = { .count = 0 };
	int error;

	*out = (struct bound){ .socket_count = 0 };
	error = read_table(out, tcp ? "/proc/net/tcp" : "/proc/net/udp", port, tcp);
	if (!error)
		error = read_table(out, tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, tcp);
	/* Most often there is nothing, and no need to look into every process. */
	if (error || !out->socket_count)
		return error;
	qsort(out->sockets, out->socket_count, sizeof(*out->sockets), by_inode);
	error = find_owners(out, &owners);
	if (!error) {
		leave_out_own(out, &owners);
		error = take_owners(out, &owners);
	}
	owner_list_free(&owners);
	return error;
}

void bound_free(struct bound *bound)
{
	free(bound->sockets);
	free(bound->owners);
	*bound = (struct bound){ .socket_count = 0 };
}
