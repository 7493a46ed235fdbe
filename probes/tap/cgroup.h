/* Control groups, as the probe needs them. */
#ifndef FAIRPORT_TAP_CGROUP_H
#define FAIRPORT_TAP_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tap_cgroup {
	int root;       /* descriptor of the topmost cgroup that is visible; -1: not asked for */
	uint64_t id;    /* of the one that was named, as the kernel numbers them; 0: none was */
	uint32_t level; /* its depth below the root */
};

/*
 * Opens the root of the cgroup v2 hierarchy if ROOT, mounting one that nobody else sees where there
 * is none, and finds out about the directory NAMED unless NULL. 0 or -errno.
 */
int tap_cgroup_open(struct tap_cgroup *out, const char *named, bool root);
void tap_cgroup_close(struct tap_cgroup *cgroup);

/* Whether the process is in the cgroup of the directory NAMED, or below. */
bool tap_cgroup_has(const char *named, pid_t pid);

#endif
