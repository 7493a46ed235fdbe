/* Control groups, as the probe needs them. */
#ifndef FAIRPORT_TAP_CGROUP_H
#define FAIRPORT_TAP_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

struct tap_cgroup {
	int root;  /* descriptor of the root of all cgroups; -1: not asked for */
	int named; /* of the one that was named; -1: none was */
};

/*
 * Opens the root of the cgroup v2 hierarchy if ROOT, mounting one that nobody else sees where there
 * is none, and the directory NAMED unless NULL. 0 or -errno: -ENOTSUP if that is no cgroup of
 * version 2, -EXDEV if the root cannot be had from inside a cgroup namespace.
 */
int tap_cgroup_open(struct tap_cgroup *out, const char *named, bool root);
void tap_cgroup_close(struct tap_cgroup *cgroup);

/* Whether the process is in the cgroup of the directory NAMED, or below. */
bool tap_cgroup_has(const char *named, pid_t pid);

#endif
