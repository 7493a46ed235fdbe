/* Over how many CPUs the packets of a network card are spread before any socket is chosen. */
#include <dirent.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define CLASS_NET "/sys/class/net"

/* Reads PATH of interface NAME below CLASS_NET. */
static bool read_attribute(const char *name, const char *path, char *text, size_t size)
{
	char whole[512];

	snprintf(whole, sizeof(whole), CLASS_NET "/%s/%s", name, path);
	return host_read(whole, text, size);
}

/*
 * sysfs shows the network namespace of whoever mounted it. Whether that is ours: both have the
 * same interfaces by name and index.
 */
static bool sysfs_is_ours(const struct if_nameindex *list)
{
	DIR *directory = opendir(CLASS_NET);
	size_t ours = 0, there = 0;
	char text[32];

	if (!directory)
		return false;
	for (const struct dirent *entry; (entry = readdir(directory));)
		there += entry->d_name[0] != '.' &&
			 read_attribute(entry->d_name, "ifindex", text, sizeof(text));
	closedir(directory);
	for (; list->if_index; list++, ours++)
		if (!read_attribute(list->if_name, "ifindex", text, sizeof(text)) ||
		    strtoul(text, NULL, 10) != list->if_index)
			return false;
	return ours == there;
}

/* How many receive queues, and whether RPS hands any of them on to other CPUs. */
static size_t look_at_queues(const char *name, bool *spread)
{
	char path[256], mask[256];
	DIR *directory;
	size_t queues = 0;

	*spread = false;
	snprintf(path, sizeof(path), CLASS_NET "/%.64s/queues", name);
	directory = opendir(path);
	if (!directory)
		return 0;
	for (const struct dirent *entry; (entry = readdir(directory));) {
		if (strncmp(entry->d_name, "rx-", 3) != 0)
			continue;
		queues++;
		snprintf(path, sizeof(path), "queues/%.64s/rps_cpus", entry->d_name);
		if (read_attribute(name, path, mask, sizeof(mask)) &&
		    strspn(mask, "0,") < strlen(mask))
			*spread = true;
	}
	closedir(directory);
	return queues;
}

static bool is_up(const char *name)
{
	char text[32];

	return read_attribute(name, "flags", text, sizeof(text)) &&
	       (strtoul(text, NULL, 16) & IFF_UP);
}

/* The first one whose packets all come in by one CPU; in *SEEN, how many are up. */
static const char *find_narrow(const struct if_nameindex *list, size_t *seen)
{
	const char *narrow = NULL;
	bool spread;

	*seen = 0;
	for (; list->if_index; list++) {
		if (strcmp(list->if_name, "lo") == 0 || !is_up(list->if_name))
			continue;
		++*seen;
		if (!narrow && look_at_queues(list->if_name, &spread) == 1 && !spread)
			narrow = list->if_name;
	}
	return narrow;
}

static void tell(struct finding *finding, const struct if_nameindex *list)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	size_t seen;
	const char *narrow = find_narrow(list, &seen);

	found_count(finding, "interfaces", seen);
	if (seen == 0) {
		found(finding, LEVEL_OK, "no interface but loopback is up here");
	} else if (!narrow || cpus < 2) {
		found(finding, LEVEL_OK,
		      "each of %zu interface%s that %s up has several receive queues, RPS, or one "
		      "CPU to serve",
		      seen, seen == 1 ? "" : "s", seen == 1 ? "is" : "are");
	} else {
		found_text(finding, "one_queue", narrow);
		found(finding, LEVEL_NOTE,
		      "%s has one receive queue and no RPS: one CPU takes in all its packets, "
		      "however many workers there are",
		      narrow);
		found_remedy(finding, "echo %lx >" CLASS_NET "/%s/queues/rx-0/rps_cpus",
			     cpus < 32 ? (1ul << cpus) - 1 : 0xfffffffful, narrow);
	}
}

void check_interfaces(const struct host *host, struct finding *finding)
{
	struct if_nameindex *list = if_nameindex();

	(void)host;
	if (list && sysfs_is_ours(list)) {
		tell(finding, list);
	} else {
		found(finding, LEVEL_OK,
		      "the queues of interfaces cannot be seen: " CLASS_NET " is that of another "
		      "network namespace");
	}
	if (list)
		if_freenameindex(list);
}
