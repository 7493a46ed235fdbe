/* What happens to TCP connections that wait to be accepted. */
#include <inttypes.h>

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/host.h"

#define BACKLOG 4096 /* of fairport-receive by default, and somaxconn's default since Linux 5.4 */

void check_migrate_req(const struct host *host, struct finding *finding)
{
	static const char loss[] = "what waits in the accept queue of a listener that is closed is "
				   "reset, also where others of its group go on";
	uint64_t value;

	(void)host;
	if (!host_read_count("/proc/sys/net/ipv4/tcp_migrate_req", &value)) {
		found(finding, LEVEL_NOTE, "there is no net.ipv4.tcp_migrate_req here: %s", loss);
		found_remedy(
			finding,
			"use Linux 5.14 or later, or hand the listener on (--handover inherit)");
		return;
	}
	found_count(finding, "tcp_migrate_req", value);
	if (value) {
		found(finding, LEVEL_OK,
		      "net.ipv4.tcp_migrate_req is %" PRIu64
		      ": connections that wait for a listener "
		      "that is closed move on to others of its group",
		      value);
		return;
	}
	found(finding, LEVEL_NOTE, "net.ipv4.tcp_migrate_req is 0: %s", loss);
	found_remedy(finding, "sysctl -w net.ipv4.tcp_migrate_req=1");
}

void check_listen_queue(const struct host *host, struct finding *finding)
{
	uint64_t most, half_open;

	(void)host;
	if (!host_read_count("/proc/sys/net/core/somaxconn", &most)) {
		found(finding, LEVEL_OK, "net.core.somaxconn cannot be read");
		return;
	}
	found_count(finding, "somaxconn", most);
	if (host_read_count("/proc/sys/net/ipv4/tcp_max_syn_backlog", &half_open))
		found_count(finding, "tcp_max_syn_backlog", half_open);
	if (most >= BACKLOG) {
		found(finding, LEVEL_OK, "%" PRIu64 " connections may wait to be accepted", most);
		return;
	}
	found(finding, LEVEL_NOTE,
	      "%" PRIu64 " connections may wait to be accepted, whatever listen(2) asked for "
	      "(net.core.somaxconn); fairport-receive asks for %d",
	      most, BACKLOG);
	found_remedy(finding, "sysctl -w net.core.somaxconn=%d", BACKLOG);
}
