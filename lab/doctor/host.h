/* What several checks need to know of this host and this process. */
#ifndef FAIRPORT_DOCTOR_HOST_H
#define FAIRPORT_DOCTOR_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/utsname.h>

#include "lab/doctor/versions.h"

enum tier {
	TIER_NONE,
	TIER_BPF,  /* CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN */
	TIER_ROOT, /* these, and user 0 */
	TIERS
};

extern const char *const tier_names[TIERS];

struct host {
	struct utsname names;
	struct kernel_version version;
	bool version_known;
	uint64_t capabilities;     /* effective, a bit each; see host_can() */
	bool first_user_namespace; /* only there they count for BPF */
	enum tier tier;
	uint32_t netns; /* inode number of the network namespace, as the kernel's records have it */
	int signal_fd;  /* readable once the user wants it to end */
};

void host_look(struct host *host, int signal_fd);

/* Whether CAPABILITY (CAP_NET_ADMIN, ...) is effective, wherever it counts. */
bool host_can(const struct host *host, int capability);

/* The first line of the file at PATH, without its end. False where it cannot be read. */
bool host_read(const char *path, char *text, size_t size);

/* The first number in the file at PATH. */
bool host_read_count(const char *path, uint64_t *value);

/* The directory where cgroup v2 is mounted; NULL: nowhere that we know. */
const char *host_cgroup2(void);

#endif
