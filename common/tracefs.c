#include "common/tracefs.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#define TRACEFS "/sys/kernel/tracing"

/* The old place inside of debugfs is where libbpf and bpftrace look first. */
static int check(void)
{
	static const char *const events[] = { "/sys/kernel/debug/tracing/events",
					      TRACEFS "/events" };

	for (int i = 0; i < 2; i++)
		if (access(events[i], F_OK) == 0)
			return access(events[i], R_OK | X_OK) == 0 ? 0 : -errno;
	return -ENOENT;
}

int tracefs_prepare(void)
{
	int error = check();

	if (error != -ENOENT)
		return error;
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tracefs", TRACEFS, "tracefs", 0, NULL) != 0)
		return -errno;
	return check();
}
