/* Which processes have which sockets open: /proc/PID/fd. */
#ifndef FAIRPORT_OWNERS_H
#define FAIRPORT_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OWNER_COMMAND 32

struct socket_owner {
	uint64_t inode; /* of the socket */
	pid_t pid;
	size_t sockets;              /* how many of those that were asked for it has */
	char state;                  /* proc_pid_stat(5): 'R', 'S', 'T' stopped, ...; '?' unknown */
	char command[OWNER_COMMAND]; /* 15 characters of it, or more where the program's file has
					more */
};

struct owner_list {
	struct socket_owner *items; /* by inode, then pid; each pair once */
	size_t count;
	bool all_visible; /* no process was there that we may not look into */
};

/*
 * Finds who has the sockets INODES[0..COUNT), which are in ascending order. 0 or -errno;
 * owner_list_free() in any case.
 */
int owners_find(struct owner_list *out, const uint64_t *inodes, size_t count);
void owner_list_free(struct owner_list *list);

/* Whether processes have the numbers here that the kernel knows them by: in the first pid
 * namespace. */
bool owners_first_namespace(void);

#endif
