/* A listening Unix stream socket at a path, for its owner only. */
#ifndef FAIRPORT_RECEIVER_UNIX_LISTENER_H
#define FAIRPORT_RECEIVER_UNIX_LISTENER_H

#include <stdbool.h>
#include <sys/types.h>

struct unix_listener {
	int fd;     /* non-blocking, close-on-exec */
	char *path; /* owned */
	dev_t device;
	ino_t inode; /* of what stands at the path */
};

/*
 * A socket at PATH on which nobody listens any more is replaced; whatever else is there is an
 * error. False after saying what is wrong.
 */
bool unix_listener_open(struct unix_listener *out, const char *path);

/* Closes it, removes what stands at the path if that is still ours, and frees the path. */
void unix_listener_remove(struct unix_listener *listener);

#endif
