/* What a version of Linux has and where it is known to go wrong, as far as this is certain. */
#ifndef FAIRPORT_DOCTOR_VERSIONS_H
#define FAIRPORT_DOCTOR_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Named as in the kernel's Makefile: 6.1.106. */
struct kernel_version {
	unsigned int version, patchlevel, sublevel;
};

/*
 * Reads what uname(2) has. RELEASE of some distributions stops at the first release of a series
 * ("6.1.0-25-amd64"); Debian then has the true one in BUILD ("#1 SMP Debian 6.1.106-3"). False
 * where there is no number.
 */
bool kernel_version_parse(struct kernel_version *out, const char *release, const char *build);

/* Below 0, 0 or above it as ONE is older than OTHER, the same, or newer. */
int kernel_version_compare(const struct kernel_version *one, const struct kernel_version *other);

struct kernel_feature {
	struct kernel_version since;
	const char *name;    /* "UDP_GRO" */
	const char *carries; /* what of fairport needs it */
};

/* Oldest first; ends with a row without a name. The first one is SO_REUSEPORT. */
extern const struct kernel_feature kernel_features[];

/* How many of them VERSION lacks: the last ones. */
size_t kernel_features_lacking(const struct kernel_version *version);

#define KERNEL_BACKPORTS 4

struct kernel_bug {
	struct kernel_version since, fixed;
	struct kernel_version backports[KERNEL_BACKPORTS]; /* first of a series with the fix */
	const char *commit;
	const char *fixed_in; /* in words */
};

enum kernel_bug_state {
	BUG_NOT_YET, /* older than the bug */
	BUG_PRESENT, /* unless whoever built the kernel took the fix over */
	BUG_FIXED,
};

extern const struct kernel_bug bug_incoming_cpu, bug_connected_members;

enum kernel_bug_state kernel_bug_state(const struct kernel_bug *bug,
				       const struct kernel_version *version);

#endif
