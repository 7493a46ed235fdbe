/* The sockets of this network namespace that are bound to a port, and the processes they are of. */
#ifndef FAIRPORT_RECEIVER_BOUND_H
#define FAIRPORT_RECEIVER_BOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/address.h"
#include "common/owners.h"

struct bound_socket {
	struct address address;
	uint64_t inode;
	uid_t user;     /* the effective one when it was opened */
	bool connected; /* UDP: it takes from its peer only */
	bool seen;      /* some process that we may look into has it */
};

struct bound_owner {
	size_t socket; /* index */
	pid_t pid;
	char command[OWNER_COMMAND];
};

struct bound {
	struct bound_socket *sockets; /* by inode */
	struct bound_owner *owners;   /* by pid; several may have a socket, and one several */
	size_t socket_count, owner_count;
};

/*
 * TCP: those that listen. Sockets that this process has are left out, whoever else has them.
 * 0 or -errno; bound_free() in any case.
 */
int bound_find(struct bound *out, uint16_t port, bool tcp);
void bound_free(struct bound *bound);

#endif
