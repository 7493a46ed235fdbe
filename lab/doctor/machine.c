/* CPUs, their clock, and the memory near them. */
#include <glob.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define CLOCK_READINGS 10000

/* QUOTA and PERIOD in microseconds; of two, the one that leaves fewer CPUs. */
static void take_quota(double *cpus, double quota, double period)
{
	if (quota > 0 && period > 0 && quota / period < *cpus)
		*cpus = quota / period;
}

/* cgroup v2: "max 100000" or "50000 100000", in any group from GROUP up to the root at MOUNT. */
static void quota_of_v2(const char *mount, char *group, double *cpus)
{
	char path[1280], text[64];
	double quota, period;

	for (char *slash; (slash = strrchr(group, '/')); *slash = '\0') {
		snprintf(path, sizeof(path), "%s%s/cpu.max", mount, group);
		if (host_read(path, text, sizeof(text)) &&
		    sscanf(text, "%lf %lf", &quota, &period) == 2)
			take_quota(cpus, quota, period);
	}
}

/* The same of cgroup v1, where no quota is -1. */
static void quota_of_v1(char *group, double *cpus)
{
	char path[1280];
	char text[64], period[64];

	for (char *slash; (slash = strrchr(group, '/')); *slash = '\0') {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu%s/cpu.cfs_quota_us", group);
		if (!host_read(path, text, sizeof(text)))
			continue;
		snprintf(path, sizeof(path), "/sys/fs/cgroup/cpu%s/cpu.cfs_period_us", group);
		if (host_read(path, period, sizeof(period)))
			take_quota(cpus, strtod(text, NULL), strtod(period, NULL));
	}
}

/* How many CPUs' time the process may use, if that is less than CPUS. */
static double quota(double cpus)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	const char *mount = host_cgroup2();
	char line[1024];

	/* "0::/a/b", or "4:cpu,cpuacct:/a/b" */
	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *group = strchr(line, '/');

		line[strcspn(line, "\n")] = '\0';
		if (!controllers || !group)
			continue;
		if (strncmp(line, "0::", 3) == 0 && mount)
			quota_of_v2(mount, group, &cpus);
		else if (strncmp(controllers, ":cpu:", 5) == 0 ||
			 strncmp(controllers, ":cpu,", 5) == 0)
			quota_of_v1(group, &cpus);
	}
	if (file)
		fclose(file);
	return cpus;
}

void check_cpus(const struct host *host, struct finding *finding)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN), allowed = online;
	cpu_set_t set;
	double share;

	(void)host;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		allowed = CPU_COUNT(&set);
	share = quota((double)allowed);
	found_count(finding, "online", (uint64_t)online);
	found_count(finding, "allowed", (uint64_t)allowed);
	found_count(finding, "quota_percent", (uint64_t)(share * 100));
	if (share < (double)allowed) {
		found(finding, LEVEL_NOTE,
		      "a cgroup's quota grants the time of %.2f CPUs, of %ld that may be used: "
		      "receivers are stopped for moments, in which queues overflow",
		      share, allowed);
		found_remedy(finding, "run it in a cgroup without cpu.max");
	} else if (allowed == 1) {
		found(finding, LEVEL_NOTE,
		      "one CPU of %ld may be used: sender, receivers and kernel take turns, so "
		      "rates say little",
		      online);
		found_remedy(finding,
			     online > 1 ? "taskset -acp 0-%ld $$"
					: "send from another host, or add a CPU",
			     online - 1);
	} else {
		found(finding, LEVEL_OK, "%ld CPUs of %ld may be used", allowed, online);
	}
}

/* A system call, and a slow device, for each reading. */
static bool is_slow(const char *source)
{
	static const char *const slow[] = { "hpet", "acpi_pm", "jiffies", "refined-jiffies",
					    "pit" };

	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++)
		if (strcmp(source, slow[i]) == 0)
			return true;
	return false;
}

void check_clock(const struct host *host, struct finding *finding)
{
	char source[64] = "unknown";
	uint64_t start = clock_now(), each;

	(void)host;
	for (int i = 0; i < CLOCK_READINGS; i++)
		clock_now();
	each = (clock_now() - start) / CLOCK_READINGS;
	host_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
		  sizeof(source));
	found_text(finding, "clocksource", source);
	found_count(finding, "reading_ns", each);
	found(finding, is_slow(source) ? LEVEL_NOTE : LEVEL_OK,
	      "reading the clock (%s) takes %" PRIu64 " ns%s", source, each,
	      is_slow(source) ? ": pacing and time stamps cost that for each packet" : "");
	if (is_slow(source))
		found_remedy(finding, "choose a faster one of "
				      "/sys/devices/system/clocksource/clocksource0/"
				      "available_clocksource, e.g. tsc");
}

void check_numa(const struct host *host, struct finding *finding)
{
	glob_t nodes = { .gl_pathc = 0 };
	size_t count = 1;

	(void)host;
	if (glob("/sys/devices/system/node/node[0-9]*", 0, NULL, &nodes) == 0)
		count = nodes.gl_pathc;
	globfree(&nodes);
	found_count(finding, "nodes", count);
	if (count == 1) {
		found(finding, LEVEL_OK, "one memory node: all CPUs are equally near");
		return;
	}
	found(finding, LEVEL_NOTE,
	      "%zu memory nodes: a receiver on another node than the card, or the sender, reads "
	      "packets from afar",
	      count);
	found_remedy(finding, "measure on one: numactl --cpunodebind=0 --membind=0 COMMAND");
}
