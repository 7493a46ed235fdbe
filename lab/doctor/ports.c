/* How many sources there can be: ports, the tables they take room in, descriptors. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "common/units.h"
#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define FEW_PORTS       16384
#define TOO_FEW_PORTS   1000
#define TIME_WAIT       60 /* seconds, TCP_TIMEWAIT_LEN of include/net/tcp.h */
#define MANY_FLOWS      1000000
#define NEARLY_FULL     90    /* percent */
#define CONNECTIONS     10000 /* of a worker of fairport-receive, by default */
#define FILES_FOR_THEM  20000
#define CONNTRACK(name) "/proc/sys/net/netfilter/nf_conntrack_" name

static bool read_range(uint64_t *least, uint64_t *most)
{
	char text[64];

	return host_read("/proc/sys/net/ipv4/ip_local_port_range", text, sizeof(text)) &&
	       sscanf(text, "%" SCNu64 " %" SCNu64, least, most) == 2 && *least <= *most;
}

void check_ports(const struct host *host, struct finding *finding)
{
	char text[UNITS_TEXT];
	uint64_t least, most, count;

	(void)host;
	if (!read_range(&least, &most)) {
		found(finding, LEVEL_OK, "net.ipv4.ip_local_port_range cannot be read");
		return;
	}
	count = most - least + 1;
	found_count(finding, "first_port", least);
	found_count(finding, "last_port", most);
	found_count(finding, "ports", count);
	found(finding,
	      count < TOO_FEW_PORTS ? LEVEL_PROBLEM
	      : count < FEW_PORTS   ? LEVEL_NOTE
				    : LEVEL_OK,
	      "%s ports for sources (%" PRIu64 " to %" PRIu64
	      "): so many flows from one address to one target at a time",
	      units_grouped(text, count), least, most);
	if (count < FEW_PORTS)
		found_remedy(finding, "sysctl -w net.ipv4.ip_local_port_range='32768 60999'");
}

void check_tw_reuse(const struct host *host, struct finding *finding)
{
	uint64_t reuse, least, most;

	(void)host;
	if (!host_read_count("/proc/sys/net/ipv4/tcp_tw_reuse", &reuse)) {
		found(finding, LEVEL_OK, "net.ipv4.tcp_tw_reuse cannot be read");
		return;
	}
	found_count(finding, "tcp_tw_reuse", reuse);
	if (reuse || !read_range(&least, &most)) {
		found(finding, LEVEL_OK,
		      "net.ipv4.tcp_tw_reuse is %" PRIu64 ": ports of closed connections are taken "
		      "again %s",
		      reuse, reuse == 2 ? "on loopback" : "at once");
		return;
	}
	found(finding, LEVEL_NOTE,
	      "net.ipv4.tcp_tw_reuse is 0: the port of a closed connection rests for %d s, so "
	      "%" PRIu64 " connections a second to one target, and no more",
	      TIME_WAIT, (most - least + 1) / TIME_WAIT);
	found_remedy(finding, "sysctl -w net.ipv4.tcp_tw_reuse=2");
}

void check_conntrack(const struct host *host, struct finding *finding)
{
	char text[UNITS_TEXT], rate[UNITS_TEXT];
	uint64_t most, now = 0, seconds = 30;

	(void)host;
	if (!host_read_count(CONNTRACK("max"), &most)) {
		found(finding, LEVEL_OK, "connection tracking is not loaded");
		return;
	}
	host_read_count(CONNTRACK("count"), &now);
	host_read_count(CONNTRACK("udp_timeout"), &seconds);
	found_count(finding, "nf_conntrack_max", most);
	found_count(finding, "nf_conntrack_count", now);
	found_count(finding, "nf_conntrack_udp_timeout", seconds);
	units_grouped(text, most);
	if (now == 0 || most == 0) {
		found(finding, LEVEL_OK,
		      "connection tracking is loaded, and tracks nothing in this network "
		      "namespace");
		return;
	}
	units_grouped(rate, most / (seconds ? seconds : 1));
	if (now * 100 >= most * NEARLY_FULL)
		found(finding, LEVEL_PROBLEM,
		      "connection tracking is nearly full: %" PRIu64 " of %s entries; packets of "
		      "new flows are dropped then",
		      now, text);
	else if (most < MANY_FLOWS)
		found(finding, LEVEL_NOTE,
		      "connection tracking has room for %s flows, each for %" PRIu64
		      " s: more than "
		      "%s new sources a second lose packets, which no socket tells of",
		      text, seconds, rate);
	else
		found(finding, LEVEL_OK, "connection tracking has room for %s flows", text);
	if (finding->level != LEVEL_OK)
		found_remedy(
			finding,
			"sysctl -w net.netfilter.nf_conntrack_max=%d, or leave the port out of "
			"it (nft: notrack)",
			2 * MANY_FLOWS);
}

void check_open_files(const struct host *host, struct finding *finding)
{
	struct rlimit limit = { 0 };
	char text[UNITS_TEXT];

	(void)host;
	getrlimit(RLIMIT_NOFILE, &limit);
	found_count(finding, "soft_limit", limit.rlim_cur);
	found_count(finding, "hard_limit", limit.rlim_max);
	units_grouped(text, limit.rlim_cur);
	if (limit.rlim_cur > CONNECTIONS) {
		found(finding, LEVEL_OK,
		      "%s open files: enough for the %d connections that a worker takes by default",
		      limit.rlim_cur == RLIM_INFINITY ? "any number of" : text, CONNECTIONS);
		return;
	}
	found(finding, LEVEL_NOTE,
	      "%s open files: a pool of more sources, and a worker with more connections (%d by "
	      "default), meet this limit",
	      text, CONNECTIONS);
	if (limit.rlim_max >= FILES_FOR_THEM)
		found_remedy(finding, "ulimit -n %d", FILES_FOR_THEM);
	else
		found_remedy(finding, "as root: prlimit --pid $$ --nofile=%d:%d", FILES_FOR_THEM,
			     FILES_FOR_THEM);
}
