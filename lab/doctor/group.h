/* A group of two SO_REUSEPORT sockets on loopback, to try on it how the kernel chooses. */
#ifndef FAIRPORT_DOCTOR_GROUP_H
#define FAIRPORT_DOCTOR_GROUP_H

#include <netinet/in.h>
#include <stddef.h>

#define GROUP_MEMBERS 2

struct group {
	int members[GROUP_MEMBERS]; /* in the order of their bind(2) */
	struct sockaddr_in address;
};

/* -errno, e.g. -EADDRNOTAVAIL where loopback is down. group_close() in any case. */
int group_open(struct group *group);
void group_close(struct group *group);

/* A UDP socket on any port of loopback: one source. Its descriptor, or -errno. */
int group_source(void);

/* Sends COUNT packets of a byte to GROUP, each from SOURCE or, where that is -1, from a new one. */
int group_send(const struct group *group, int source, size_t count);

/*
 * Takes out what arrived: COUNTS[i] packets at member i. Waits, a second at most, until EXPECTED
 * are there; how many there were, or -errno.
 */
int group_receive(const struct group *group, size_t expected, size_t counts[static GROUP_MEMBERS]);

#endif
