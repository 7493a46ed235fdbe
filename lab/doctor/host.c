#include "lab/doctor/host.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "common/capability.h"

/* PROC_USER_INIT_INO of include/linux/proc_ns.h. */
#define FIRST_USER_NAMESPACE 0xeffffffdu

const char *const tier_names[TIERS] = {
	[TIER_NONE] = "none",
	[TIER_BPF] = "bpf",
	[TIER_ROOT] = "root",
};

bool host_can(const struct host *host, int capability)
{
	return host->capabilities >> capability & 1;
}

/* CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON (capabilities(7)). */
static enum tier choose_tier(const struct host *host)
{
	bool admin = host_can(host, CAP_SYS_ADMIN);

	if (!host->first_user_namespace || !host_can(host, CAP_NET_ADMIN) ||
	    !(admin || (host_can(host, CAP_BPF) && host_can(host, CAP_PERFMON))))
		return TIER_NONE;
	return geteuid() == 0 ? TIER_ROOT : TIER_BPF;
}

void host_look(struct host *host, int signal_fd)
{
	struct stat namespace;

	*host = (struct host){ .signal_fd = signal_fd, .capabilities = capability_effective() };
	uname(&host->names);
	host->version_known =
		kernel_version_parse(&host->version, host->names.release, host->names.version);
	/* Where /proc says nothing, it is the first one: others came with it. */
	host->first_user_namespace = stat("/proc/self/ns/user", &namespace) != 0 ||
				     namespace.st_ino == FIRST_USER_NAMESPACE;
	if (stat("/proc/self/ns/net", &namespace) == 0)
		host->netns = (uint32_t) namespace.st_ino;
	host->tier = choose_tier(host);
}

bool host_read(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");
	bool done = file && fgets(text, (int)size, file);

	if (file)
		fclose(file);
	if (done)
		text[strcspn(text, "\n")] = '\0';
	return done;
}

bool host_read_count(const char *path, uint64_t *value)
{
	char text[64], *end;

	if (!host_read(path, text, sizeof(text)))
		return false;
	*value = strtoull(text, &end, 10);
	return end != text;
}

const char *host_cgroup2(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs info;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (statfs(places[i], &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
			return places[i];
	return NULL;
}
