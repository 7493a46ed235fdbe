/* File systems of the kernel's that probes look for. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define BPFFS "/sys/fs/bpf"

void check_tracefs(const struct host *host, struct finding *finding)
{
	/* Where common/tracefs.c looks. */
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	struct statfs info;

	for (size_t i = 0; i < 2; i++)
		if (statfs(places[i], &info) == 0 && info.f_type == TRACEFS_MAGIC) {
			found_text(finding, "tracefs", places[i]);
			found(finding, LEVEL_OK, "tracefs is mounted at %s%s", places[i],
			      access(places[i], R_OK | X_OK) == 0
				      ? ""
				      : ", readable for root alone (fairport-probe does without)");
			return;
		}
	found(finding, LEVEL_NOTE, "tracefs is not mounted%s",
	      host->first_user_namespace && host_can(host, CAP_SYS_ADMIN)
		      ? "; fairport-probe mounts it for itself alone, other tools ask for it"
		      : ": fairport-probe sees recvmmsg(2) return by a slower program, bpftrace "
			"finds "
			"no tracepoint");
	found_remedy(finding, "mount -t tracefs tracefs /sys/kernel/tracing");
}

void check_bpffs(const struct host *host, struct finding *finding)
{
	struct statfs info;
	bool mounted = statfs(BPFFS, &info) == 0 && info.f_type == BPF_FS_MAGIC;

	(void)host;
	found_bool(finding, "bpffs", mounted);
	found(finding, LEVEL_OK, "the BPF file system is %s at " BPFFS "; fairport pins nothing",
	      mounted ? "mounted" : "not mounted");
}

void check_cgroup2(const struct host *host, struct finding *finding)
{
	const char *place = host_cgroup2();

	(void)host;
	if (place) {
		found_text(finding, "cgroup2", place);
		found(finding, LEVEL_OK, "cgroup v2 is mounted at %s", place);
		return;
	}
	found(finding, LEVEL_NOTE,
	      "cgroup v2 is mounted neither at /sys/fs/cgroup nor at /sys/fs/cgroup/unified: no "
	      "fairport-probe --with arrivals");
	found_remedy(finding, "mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 "
			      "/sys/fs/cgroup/unified");
}
