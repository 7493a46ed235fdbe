/* Network namespaces: finding them, and going into one. */
#ifndef FAIRPORT_SOCKETS_NAMESPACE_H
#define FAIRPORT_SOCKETS_NAMESPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define NAMESPACE_NAME 256 /* a file name */

struct namespace
{
	uint64_t inode;            /* by which the kernel tells them apart */
	char name[NAMESPACE_NAME]; /* in /run/netns; empty: it has none there */
	pid_t pid; /* a process in it, the one with the lowest pid; 0: none visible */
	bool own;  /* this process was in it when it looked */
	int fd;    /* if OWN: the way back, as pids lead to where one is; closed with the list */
};

struct namespace_list {
	struct namespace *items; /* ours first, then by name, then by pid */
	size_t count;
};

/* All that processes and names in /run/netns lead to. 0 or -errno; namespaces_free() in any case.
 */
int namespaces_find(struct namespace_list *out);
void namespaces_free(struct namespace_list *list);

/* What this process is in; namespace_leave() closes the way back to it. */
int namespace_own(struct namespace *out);
void namespace_leave(struct namespace *own);

/* Goes in. 0 or -errno: -EPERM without CAP_SYS_ADMIN, -ESTALE if it is gone. */
int namespace_enter(const struct namespace *namespace);

#define NAMESPACE_TEXT (NAMESPACE_NAME + 8)

/* "blue", "of pid 4711", "4026531840". */
const char *namespace_text(char buffer[static NAMESPACE_TEXT], const struct namespace *namespace);

#endif
