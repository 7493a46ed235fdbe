#include "lab/isolation.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int raise_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
		error = -errno;
	request.ifr_flags |= IFF_UP;
	if (!error && ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		error = -errno;
	close(fd);
	return error;
}

/* The namespace that this process came from, once it has left it. */
static int home = -1;

void isolation_end(void)
{
	if (home >= 0)
		setns(home, CLONE_NEWNET);
}

int isolation_network(void)
{
	int error;

	if (home < 0)
		home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return -errno;
	if (unshare(CLONE_NEWNET) != 0)
		return -errno;
	error = raise_loopback();
	if (error)
		isolation_end();
	return error;
}

/* /proc/net/snmp: a line of names behind "Udp:", then one of values. */
static void read_snmp(struct udp_counters *counters)
{
	FILE *file = fopen("/proc/self/net/snmp", "re");
	char names[512] = "", values[512];

	while (file && fgets(values, sizeof(values), file)) {
		char *name_at, *value_at, *name, *value;

		if (strncmp(values, "Udp: ", 5) != 0 || strncmp(names, "Udp: ", 5) != 0) {
			strcpy(names, values);
			continue;
		}
		name = strtok_r(names, " \n", &name_at);
		value = strtok_r(values, " \n", &value_at);
		for (; name && value; name = strtok_r(NULL, " \n", &name_at),
				      value = strtok_r(NULL, " \n", &value_at)) {
			if (strcmp(name, "NoPorts") == 0)
				counters->no_ports += strtoull(value, NULL, 10);
			else if (strcmp(name, "RcvbufErrors") == 0)
				counters->rcvbuf_errors += strtoull(value, NULL, 10);
		}
		break;
	}
	if (file)
		fclose(file);
}

static void read_snmp6(struct udp_counters *counters)
{
	FILE *file = fopen("/proc/self/net/snmp6", "re");
	char name[64];
	uint64_t value;

	while (file && fscanf(file, "%63s %" SCNu64, name, &value) == 2) {
		if (strcmp(name, "Udp6NoPorts") == 0)
			counters->no_ports += value;
		else if (strcmp(name, "Udp6RcvbufErrors") == 0)
			counters->rcvbuf_errors += value;
	}
	if (file)
		fclose(file);
}

void isolation_read_counters(struct udp_counters *counters)
{
	*counters = (struct udp_counters){ .no_ports = 0 };
	read_snmp(counters);
	read_snmp6(counters);
}
