/* The reuseport group: N sockets on one address, opened in order by the parent. */
#ifndef FAIRPORT_RECEIVER_GROUP_H
#define FAIRPORT_RECEIVER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/address.h"

struct group {
	struct address address; /* with the port that was learnt, when 0 was asked for */
	size_t count;
	int *sockets; /* member i stands at i */
	uint64_t *cookies;
	uint64_t rcvbuf; /* bytes granted to each, as the kernel accounts them */
};

/*
 * Finds out what TEXT names; *WILDCARD tells that no host was given. Says by itself what is wrong;
 * 0 or -errno.
 */
int group_resolve(struct group *group, const char *text, bool *wildcard);

/*
 * Opens COUNT UDP sockets on the address that was resolved. A WILDCARD takes IPv6 and IPv4, or IPv4
 * alone where the host has no IPv6. RCVBUF bytes are asked for, beyond rmem_max where the
 * process may. Says by itself what failed; 0 or -errno.
 */
int group_open(struct group *group, bool wildcard, size_t count, uint64_t rcvbuf);

/* Closes all members but KEEP (none: SIZE_MAX) and frees the lists. */
void group_close(struct group *group, size_t keep);

#endif
