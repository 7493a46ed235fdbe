/* Who asks, and what the kernel says of itself. */
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define SECURITYFS "/sys/kernel/security"
#define LOCKDOWN   SECURITYFS "/lockdown"

void check_tier(const struct host *host, struct finding *finding)
{
	static const char everything[] = "probes, eBPF steering, buffers beyond rmem_max";

	found_text(finding, "tier", tier_names[host->tier]);
	found_count(finding, "uid", geteuid());
	switch (host->tier) {
	case TIER_ROOT:
		found(finding, LEVEL_OK, "root, with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN: %s",
		      everything);
		return;
	case TIER_BPF:
		found(finding, LEVEL_OK,
		      "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN without root: %s; private network "
		      "namespaces take root",
		      everything);
		return;
	default:
		found(finding, LEVEL_NOTE,
		      "none%s: sock_diag, SO_MEMINFO, SO_RXQ_OVFL, /proc, the pool's own counters, "
		      "steering by classic BPF; no probes, no eBPF steering",
		      host->first_user_namespace ? "" : " in this user namespace");
		found_remedy(finding,
			     "run it as root, or give the programs CAP_BPF, CAP_PERFMON and "
			     "CAP_NET_ADMIN (setcap) in the first user namespace");
	}
}

void check_kernel(const struct host *host, struct finding *finding)
{
	const struct kernel_feature *last = kernel_features, *feature;
	char lacks[FINDING_TEXT / 2] = "";
	size_t lacking, used = 0;

	found_text(finding, "release", host->names.release);
	if (!host->version_known) {
		found(finding, LEVEL_NOTE, "release \"%s\" is not a version that is known here",
		      host->names.release);
		found_remedy(finding, "go by the checks that try things for real");
		return;
	}
	while (last[1].name)
		last++;
	lacking = kernel_features_lacking(&host->version);
	found_count(finding, "features_lacking", lacking);
	if (lacking == 0) {
		found(finding, LEVEL_OK, "Linux %u.%u.%u has all that fairport can use",
		      host->version.version, host->version.patchlevel, host->version.sublevel);
		return;
	}
	/* The oldest are what everything rests on. */
	feature = last + 1 - lacking;
	for (size_t i = 0; i < lacking && i < 3 && used < sizeof(lacks); i++)
		used += (size_t)snprintf(lacks + used, sizeof(lacks) - used, "%s%s (%s)",
					 i ? ", " : "", feature[i].name, feature[i].carries);
	found(finding, lacking == (size_t)(last + 1 - kernel_features) ? LEVEL_PROBLEM : LEVEL_NOTE,
	      "Linux %u.%u.%u lacks, by its version, %s%s", host->version.version,
	      host->version.patchlevel, host->version.sublevel, lacks, lacking > 3 ? ", ..." : "");
	found_remedy(finding, "for all of it, run Linux %u.%u or later", last->since.version,
		     last->since.patchlevel);
}

/* In a child whose mounts are its own, so that nothing is left. */
static bool read_lockdown_mounted(char *text, size_t size)
{
	int ends[2];
	ssize_t length;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	child = fork();
	if (child == 0) {
		char line[64];

		if (unshare(CLONE_NEWNS) == 0 &&
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
		    mount("securityfs", SECURITYFS, "securityfs", MS_RDONLY, NULL) == 0 &&
		    host_read(LOCKDOWN, line, sizeof(line)) &&
		    write(ends[1], line, strlen(line)) == (ssize_t)strlen(line))
			_exit(0);
		_exit(1);
	}
	close(ends[1]);
	length = child > 0 ? read(ends[0], text, size - 1) : -1;
	close(ends[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static bool take_lockdown(char *text)
{
	char *from = strchr(text, '['), *to = from ? strchr(from, ']') : NULL;

	if (!to)
		return false;
	*to = '\0';
	memmove(text, from + 1, strlen(from + 1) + 1);
	return true;
}

void check_lockdown(const struct host *host, struct finding *finding)
{
	char text[64];

	(void)host;
	if (!(host_read(LOCKDOWN, text, sizeof(text)) ||
	      read_lockdown_mounted(text, sizeof(text))) ||
	    !take_lockdown(text)) {
		found(finding, LEVEL_OK,
		      "the kernel says nothing of lockdown (" LOCKDOWN "); the trials below tell "
		      "what it allows");
		return;
	}
	found_text(finding, "lockdown", text);
	if (strcmp(text, "confidentiality") == 0) {
		found(finding, LEVEL_NOTE,
		      "confidentiality: BPF programs may not read the kernel's memory, so "
		      "fairport-probe and --steer least-queue do not load");
		found_remedy(finding, "boot with lockdown=integrity or without it");
	} else {
		found(finding, LEVEL_OK, "%s: it is not in the way of what fairport loads", text);
	}
}

void check_unprivileged_bpf(const struct host *host, struct finding *finding)
{
	uint64_t value;

	(void)host;
	if (!host_read_count("/proc/sys/kernel/unprivileged_bpf_disabled", &value)) {
		found(finding, LEVEL_OK,
		      "kernel.unprivileged_bpf_disabled cannot be read; fairport does not ask for "
		      "BPF without privilege");
		return;
	}
	found_count(finding, "unprivileged_bpf_disabled", value);
	if (value) {
		found(finding, LEVEL_OK,
		      "kernel.unprivileged_bpf_disabled is %" PRIu64
		      ": eBPF takes CAP_BPF, classic BPF steering does not",
		      value);
		return;
	}
	found(finding, LEVEL_NOTE,
	      "kernel.unprivileged_bpf_disabled is 0: any user may load some eBPF programs, which "
	      "fairport has no use for");
	found_remedy(finding, "sysctl -w kernel.unprivileged_bpf_disabled=1");
}
