#include "common/owners.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND_KEPT 15 /* characters that the kernel keeps of a command: TASK_COMM_LEN - 1 */

/* The first pid namespace, from where every process can be seen: PROC_PID_INIT_INO. */
#define FIRST_PID_NAMESPACE 0xeffffffcu

struct search {
	struct owner_list *out;
	const uint64_t *inodes;
	size_t inode_count, room;
	struct socket_owner process; /* the one that is looked into */
	bool named;                  /* its state and command were read */
};

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

static int by_number(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return (*left > *right) - (*left < *right);
}

/* Where the name of the program's file begins with the command, it has the rest of it. */
static void complete_command(struct socket_owner *process)
{
	char path[64], target[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)process->pid);
	length = readlink(path, target, sizeof(target) - 1);
	if (length <= 0)
		return;
	target[length] = '\0';
	name = strrchr(target, '/');
	if (name && strncmp(name + 1, process->command, COMMAND_KEPT) == 0)
		snprintf(process->command, OWNER_COMMAND, "%.*s", OWNER_COMMAND - 1, name + 1);
}

/* "PID (COMMAND) STATE ...": the command may have any character in it, ')' too. */
static void name_process(struct socket_owner *process)
{
	char path[64], line[128];
	char *begin, *end;
	FILE *file;
	size_t length = 0;

	process->state = '?';
	strcpy(process->command, "?");
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)process->pid);
	file = fopen(path, "re");
	if (file) {
		length = fread(line, 1, sizeof(line) - 1, file);
		fclose(file);
	}
	line[length] = '\0';
	begin = strchr(line, '(');
	end = strrchr(line, ')');
	if (!begin || !end || end - begin - 1 > COMMAND_KEPT || end[1] != ' ')
		return;
	process->state = end[2];
	snprintf(process->command, OWNER_COMMAND, "%.*s", (int)(end - begin - 1), begin + 1);
	if (strlen(process->command) == COMMAND_KEPT)
		complete_command(process);
}

static int add_owner(struct search *search, uint64_t inode)
{
	struct owner_list *out = search->out;

	if (!search->named) {
		name_process(&search->process);
		search->named = true;
	}
	if (out->count == search->room) {
		size_t room = search->room ? 2 * search->room : 16;
		void *grown = reallocarray(out->items, room, sizeof(*out->items));

		if (!grown)
			return -ENOMEM;
		out->items = grown;
		search->room = room;
	}
	search->process.inode = inode;
	out->items[out->count++] = search->process;
	return 0;
}

/* Adds the process as the owner of what DIRECTORY lists; *SEEN: how many descriptors that is. */
static int look_at_descriptors(struct search *search, int directory_fd, size_t *seen)
{
	DIR *directory = fdopendir(directory_fd);
	struct dirent *entry;
	int error = 0;

	if (!directory) {
		close(directory_fd);
		return 0;
	}
	while (!error && (entry = readdir(directory))) {
		uint64_t inode;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		(*seen)++;
		inode = socket_inode(directory_fd, entry->d_name);
		if (inode && search->inode_count &&
		    bsearch(&inode, search->inodes, search->inode_count, sizeof(inode), by_number))
			error = add_owner(search, inode);
	}
	closedir(directory);
	return error;
}

/* A process whose first thread has ended keeps its descriptors with the other threads. */
static int look_at_threads(struct search *search, const char *pid, size_t *seen)
{
	char path[96];
	struct dirent *entry;
	DIR *tasks;
	int error = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return 0;
	while (!error && *seen == 0 && (entry = readdir(tasks))) {
		int fd;

		if (!isdigit((unsigned char)entry->d_name[0]) || strcmp(entry->d_name, pid) == 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/task/%.20s/fd", pid, entry->d_name);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			error = look_at_descriptors(search, fd, seen);
	}
	closedir(tasks);
	return error;
}

static int look_at_process(struct search *search, const char *pid)
{
	char path[64];
	size_t seen = 0;
	int error, fd;

	snprintf(path, sizeof(path), "/proc/%.20s/fd", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		/* Else it is gone. */
		if (errno == EACCES || errno == EPERM)
			search->out->all_visible = false;
		return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? -errno : 0;
	}
	search->named = false;
	search->process.pid = (pid_t)strtol(pid, NULL, 10);
	error = look_at_descriptors(search, fd, &seen);
	if (!error && seen == 0)
		error = look_at_threads(search, pid, &seen);
	return error;
}

bool owners_first_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) == 0 && status.st_ino == FIRST_PID_NAMESPACE;
}

/* Whether /proc lists every process of the system: in the first pid namespace, without hidepid. */
static bool lists_all(void)
{
	return owners_first_namespace() && access("/proc/1", F_OK) == 0;
}

static int by_inode(const void *a, const void *b)
{
	const struct socket_owner *left = a, *right = b;

	if (left->inode != right->inode)
		return left->inode < right->inode ? -1 : 1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

static int by_pid(const void *a, const void *b)
{
	const struct socket_owner *left = a, *right = b;

	return left->pid != right->pid ? (left->pid > right->pid) - (left->pid < right->pid)
				       : by_inode(a, b);
}

/* A process may have several descriptors of a socket. */
static void drop_doubles(struct owner_list *list)
{
	size_t kept = 0;

	for (size_t i = 1; i < list->count; i++)
		if (by_pid(&list->items[kept], &list->items[i]) != 0)
			list->items[++kept] = list->items[i];
	list->count = kept + 1;
}

static void count_sockets(const struct owner_list *list)
{
	for (size_t first = 0, end; first < list->count; first = end) {
		end = first;
		while (end < list->count && list->items[end].pid == list->items[first].pid)
			end++;
		for (size_t i = first; i < end; i++)
			list->items[i].sockets = end - first;
	}
}

static void sort_owners(struct owner_list *list)
{
	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_pid);
	drop_doubles(list);
	count_sockets(list);
	qsort(list->items, list->count, sizeof(*list->items), by_inode);
}

int owners_find(struct owner_list *out, const uint64_t *inodes, size_t count)
{
	struct search search = { .out = out, .inodes = inodes, .inode_count = count };
	struct dirent *entry;
	DIR *directory;
	int error = 0;

	*out = (struct owner_list){ .all_visible = lists_all() };
	directory = opendir("/proc");
	if (!directory)
		return -errno;
	while (!error && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			error = look_at_process(&search, entry->d_name);
	closedir(directory);
	sort_owners(out);
	return error;
}

void owner_list_free(struct owner_list *list)
{
	free(list->items);
	*list = (struct owner_list){ .count = 0 };
}
