#include "receiver/pool/bound.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* States as proc(5) shows them, of the kernel's tcp_states.h. */
#define STATE_ESTABLISHED 0x01
#define STATE_LISTEN      0x0a

#define COMMAND_KEPT 15

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

/* The inode of the socket that descriptor NAME in the directory is, 0 if it is none. */
static uint64_t socket_inode(int directory, const char *name)
{
	char target[64];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);
	uint64_t inode = 0;

	if (length <= 0)
		return 0;
	target[length] = '\0';
	return sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1 ? inode : 0;
}

/* Calls FOUND for every socket that the process has, PID in digits. */
static int each_socket(const char *pid, int (*found)(struct bound *, const char *pid, uint64_t),
		       struct bound *bound)
{
	char path[64];
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	directory = opendir(path);
	if (!directory)
		return 0; /* of another user, or gone */
	while (!error && (entry = readdir(directory))) {
		uint64_t inode = socket_inode(dirfd(directory), entry->d_name);

		if (inode)
			error = found(bound, pid, inode);
	}
	closedir(directory);
	return error;
}

static int leave_out(struct bound *bound, const char *pid, uint64_t inode)
{
	size_t kept = 0;

	(void)pid;
	for (size_t i = 0; i < bound->socket_count; i++)
		if (bound->sockets[i].inode != inode)
			bound->sockets[kept++] = bound->sockets[i];
	bound->socket_count = kept;
	return 0;
}

/* The kernel keeps 15 characters of a command; where the file's name begins so, it has the rest. */
static void complete_command(char command[static BOUND_COMMAND], const char *pid)
{
	char path[64], target[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return;
	target[length] = '\0';
	name = strrchr(target, '/');
	if (name && strncmp(name + 1, command, COMMAND_KEPT) == 0)
		snprintf(command, BOUND_COMMAND, "%.*s", BOUND_COMMAND - 1, name + 1);
}

static void read_command(char command[static BOUND_COMMAND], const char *pid)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file || !fgets(command, BOUND_COMMAND, file))
		strcpy(command, "?");
	command[strcspn(command, "\n")] = '\0';
	if (file)
		fclose(file);
	if (strlen(command) == COMMAND_KEPT)
		complete_command(command, pid);
}

static int add_owner(struct bound *bound, const char *pid, uint64_t inode)
{
	for (size_t i = 0; i < bound->socket_count; i++) {
		struct bound_owner *owner;
		void *grown;

		if (bound->sockets[i].inode != inode)
			continue;
		grown = grow(bound->owners, bound->owner_count, sizeof(*bound->owners));
		if (!grown)
			return -ENOMEM;
		bound->owners = grown;
		owner = &bound->owners[bound->owner_count++];
		owner->socket = i;
		owner->pid = (pid_t)strtol(pid, NULL, 10);
		read_command(owner->command, pid);
		bound->sockets[i].seen = true;
	}
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct bound_owner *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static int find_owners(struct bound *bound)
{
	struct dirent *entry;
	DIR *directory = opendir("/proc");
	int error = 0;

	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			error = each_socket(entry->d_name, add_owner, bound);
	closedir(directory);
	if (bound->owner_count)
		qsort(bound->owners, bound->owner_count, sizeof(*bound->owners), by_pid);
	return error;
}

int bound_find(struct bound *out, uint16_t port, bool tcp)
{
	int error;

	*out = (struct bound){ .socket_count = 0 };
	error = read_table(out, tcp ? "/proc/net/tcp" : "/proc/net/udp", port, tcp);
	if (!error)
		error = read_table(out, tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, tcp);
	if (!error)
		error = each_socket("self", leave_out, out);
	/* Most often there is nothing, and no need to look into every process. */
	if (!error && out->socket_count)
		error = find_owners(out);
	return error;
}

void bound_free(struct bound *bound)
{
	free(bound->sockets);
	free(bound->owners);
	*bound = (struct bound){ .socket_count = 0 };
}
