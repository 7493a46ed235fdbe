/* Giving up root in the workers, once the sockets are open. */
#ifndef FAIRPORT_RECEIVER_PRIVILEGE_H
#define FAIRPORT_RECEIVER_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

struct identity {
	char name[64]; /* of the user */
	uid_t user;
	gid_t group;
};

/* Looks up USER[:GROUP], names or numbers. False after saying what is wrong, also without root. */
bool identity_find(struct identity *out, const char *text);

/*
 * Becomes that user for good: supplementary groups, group, user, no capability left. False after
 * saying what is wrong.
 */
bool identity_assume(const struct identity *identity);

#endif
