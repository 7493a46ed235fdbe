#include "probes/sockets/namespace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/message.h"
#include "probes/sockets/sockets.h"

#define NAMES     "/run/netns"
#define PATH_TEXT (sizeof(NAMES) + NAMESPACE_NAME + 1)

/* Older than some headers: linux/magic.h. */
#ifndef NSFS_MAGIC
#define NSFS_MAGIC 0x6e736673
#endif

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static void path_of(char path[static PATH_TEXT], const struct namespace *namespace)
{
	if (namespace->own)
		snprintf(path, PATH_TEXT, "/proc/self/fd/%d", namespace->fd);
	else if (namespace->name[0])
		snprintf(path, PATH_TEXT, NAMES "/%s", namespace->name);
	else
		snprintf(path, PATH_TEXT, "/proc/%d/ns/net", (int)namespace->pid);
}

/* A file in /run/netns that nothing is mounted on is no namespace. */
static int open_namespace(const struct namespace *namespace, uint64_t *inode)
{
	char path[PATH_TEXT];
	struct statfs kind;
	struct stat status;
	int error = 0, fd;

	path_of(path, namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) != 0 || fstatfs(fd, &kind) != 0)
		error = -errno;
	else if ((unsigned long)kind.f_type != NSFS_MAGIC)
		error = -EINVAL;
	if (error) {
		close(fd);
		return error;
	}
	*inode = status.st_ino;
	return fd;
}

int namespace_own(struct namespace *out)
{
	struct stat status;

	*out = (struct namespace){ .own = true, .pid = getpid() };
	out->fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (out->fd < 0)
		return -errno;
	if (fstat(out->fd, &status) != 0) {
		int error = -errno;

		namespace_leave(out);
		return error;
	}
	out->inode = status.st_ino;
	return 0;
}

void namespace_leave(struct namespace *own)
{
	if (own->own && own->fd >= 0)
		close(own->fd);
	own->fd = -1;
}

int namespace_enter(const struct namespace *namespace)
{
	struct stat own = { .st_ino = 0 };
	uint64_t inode = 0;
	int fd, error = 0;

	/* The kernel wants CAP_SYS_ADMIN even from who is there already. */
	if (stat("/proc/self/ns/net", &own) == 0 && own.st_ino == namespace->inode)
		return 0;
	fd = open_namespace(namespace, &inode);
	if (fd < 0)
		return fd == -ENOENT ? -ESTALE : fd;
	if (namespace->inode && inode != namespace->inode)
		error = -ESTALE;
	else if (namespace->inode == 0 && inode == own.st_ino)
		error = 0;
	else if (setns(fd, CLONE_NEWNET) != 0)
		error = -errno;
	close(fd);
	return error;
}

static struct namespace *find(const struct namespace_list *list, uint64_t inode)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].inode == inode)
			return &list->items[i];
	return NULL;
}

/* Takes the first name, and the lowest pid, of each. */
static int add(struct namespace_list *list, const struct namespace *found)
{
	struct namespace *known = find(list, found->inode);

	if (!known) {
		void *grown = reallocarray(list->items, list->count + 1, sizeof(*list->items));

		if (!grown)
			return -ENOMEM;
		list->items = grown;
		list->items[list->count++] = *found;
		return 0;
	}
	if (!known->name[0])
		strcpy(known->name, found->name);
	if (!known->own && found->pid && (!known->pid || found->pid < known->pid))
		known->pid = found->pid;
	return 0;
}

/* What the entries of DIRECTORY lead to: names, or the pids of processes. */
static int look_into(struct namespace_list *list, const char *directory_path, bool pids)
{
	DIR *directory = opendir(directory_path);
	struct dirent *entry;
	int error = 0;

	if (!directory)
		return errno == ENOENT && !pids ? 0 : -errno;
	while (!error && (entry = readdir(directory))) {
		struct namespace found = { .inode = 0 };
		int fd;

		if (entry->d_name[0] == '.' || (pids && !is_number(entry->d_name)))
			continue;
		if (pids)
			found.pid = (pid_t)strtol(entry->d_name, NULL, 10);
		else
			snprintf(found.name, sizeof(found.name), "%s", entry->d_name);
		/* What may not be looked into, or is gone, is left out. */
		fd = open_namespace(&found, &found.inode);
		if (fd < 0)
			continue;
		close(fd);
		error = add(list, &found);
	}
	closedir(directory);
	return error;
}

static int compare(const void *a, const void *b)
{
	const struct namespace *left = a, *right = b;

	if (left->own != right->own)
		return left->own ? -1 : 1;
	if (!left->name[0] != !right->name[0])
		return left->name[0] ? -1 : 1;
	if (left->name[0])
		return strcmp(left->name, right->name);
	return (left->pid > right->pid) - (left->pid < right->pid);
}

int namespaces_find(struct namespace_list *out)
{
	struct namespace own;
	int error = namespace_own(&own);

	*out = (struct namespace_list){ .count = 0 };
	if (error)
		return error;
	error = add(out, &own);
	if (error)
		namespace_leave(&own);
	else
		error = look_into(out, NAMES, false);
	if (!error)
		error = look_into(out, "/proc", true);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), compare);
	return error;
}

void namespaces_free(struct namespace_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		namespace_leave(&list->items[i]);
	free(list->items);
	*list = (struct namespace_list){ .count = 0 };
}

const char *namespace_text(char buffer[static NAMESPACE_TEXT], const struct namespace *namespace)
{
	if (namespace->name[0])
		snprintf(buffer, NAMESPACE_TEXT, "%s", namespace->name);
	else if (namespace->pid)
		snprintf(buffer, NAMESPACE_TEXT, "of pid %d", (int)namespace->pid);
	else
		snprintf(buffer, NAMESPACE_TEXT, "%" PRIu64, namespace->inode);
	return buffer;
}

static void explain_refusal(const char *text, bool pid, int error)
{
	const char *of = pid ? "of process" : "named";

	if (error == -EPERM || error == -EACCES) {
		message_error("could not enter the network namespace %s %s: %s", of, text,
			      strerror(-error));
		message_hint("this needs CAP_SYS_ADMIN, and for another user's process "
			     "CAP_SYS_PTRACE: run it as root");
	} else if (error == -ESTALE) {
		message_error("could not enter the network namespace %s %s: there is no such %s",
			      of, text, pid ? "process" : "name in " NAMES);
		message_hint("'ip netns' lists the names; a process is named by its pid");
	} else {
		message_error("could not enter the network namespace %s %s: %s", of, text,
			      error == -EINVAL ? "that is none" : strerror(-error));
	}
}

bool sockets_enter_namespace(const char *text)
{
	struct namespace wanted = { .inode = 0 };
	bool pid;
	int error;

	if (!text)
		return true;
	pid = is_number(text) && strlen(text) < 10;
	if (pid)
		wanted.pid = (pid_t)strtol(text, NULL, 10);
	else
		snprintf(wanted.name, sizeof(wanted.name), "%s", text);
	if (strchr(text, '/') || strlen(text) >= sizeof(wanted.name) || text[0] == '.')
		error = -ESTALE;
	else
		error = namespace_enter(&wanted);
	if (error)
		explain_refusal(text, pid, error);
	return error == 0;
}
