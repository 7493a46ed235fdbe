/* This network namespace, and what sockets may be opened in it. */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/doctor/check.h"
#include "lab/doctor/families.h"
#include "lab/doctor/group.h"
#include "lab/doctor/host.h"

void check_loopback(const struct host *host, struct finding *finding)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);

	(void)host;
	if (fd >= 0)
		close(fd);
	found_bool(finding, "up", up);
	if (up) {
		found(finding, LEVEL_OK, "the loopback interface is up");
		return;
	}
	found(finding, LEVEL_PROBLEM,
	      "the loopback interface is down in this network namespace: nothing can be sent to "
	      "127.0.0.1 and ::1");
	found_remedy(finding, "ip link set lo up");
}

void check_ipv6(const struct host *host, struct finding *finding)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	(void)host;
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	found_bool(finding, "bound", !error);
	if (!error) {
		found(finding, LEVEL_OK, "a socket can be bound to ::1");
		return;
	}
	found(finding, LEVEL_NOTE, "no socket can be bound to ::1: %s", strerror(-error));
	found_remedy(finding,
		     fd < 0 ? "boot without ipv6.disable=1, or use IPv4 addresses"
			    : "sysctl -w net.ipv6.conf.lo.disable_ipv6=0; ip link set lo up");
}

void check_raw_socket(const struct host *host, struct finding *finding)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW), error = fd < 0 ? errno : 0;

	(void)host;
	if (fd >= 0)
		close(fd);
	found_bool(finding, "opened", !error);
	if (!error) {
		found(finding, LEVEL_OK, "raw sockets can be opened (engine raw of fairport-fake)");
		return;
	}
	found(finding, LEVEL_NOTE,
	      "raw sockets cannot be opened (%s): no engine raw of fairport-fake, so a source per "
	      "packet costs a socket",
	      strerror(error));
	found_remedy(finding, "run fairport-fake as root, or give it CAP_NET_RAW (setcap)");
}

struct diag_request {
	struct nlmsghdr header;
	struct inet_diag_req_v2 query;
};

/* All UDP sockets of an address family are asked for; the first answer tells. */
static int try_diag(uint8_t protocol)
{
	struct timeval limit = { .tv_sec = 2 };
	struct diag_request request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.query = { .sdiag_family = AF_INET, .sdiag_protocol = protocol },
	};
	union {
		struct nlmsghdr header;
		struct {
			struct nlmsghdr header;
			struct nlmsgerr error;
		} refusal;
		char room[32768];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), error = 0;
	ssize_t length = 0;

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) != 0 ||
	    send(fd, &request, sizeof(request), 0) < 0 ||
	    (length = recv(fd, &answer, sizeof(answer), 0)) < 0)
		error = -errno;
	else if ((size_t)length >= sizeof(answer.refusal) &&
		 answer.header.nlmsg_type == NLMSG_ERROR)
		error = answer.refusal.error.error;
	close(fd);
	return error;
}

void check_sock_diag(const struct host *host, struct finding *finding)
{
	int error = try_diag(IPPROTO_UDP);

	(void)host;
	if (!error)
		error = try_diag(IPPROTO_TCP);
	if (!error) {
		found(finding, LEVEL_OK,
		      "the kernel lists UDP and TCP sockets with their queues and drops "
		      "(sock_diag)");
		return;
	}
	found(finding, LEVEL_PROBLEM,
	      "the kernel does not list sockets (sock_diag: %s): no fairport-groups, no "
	      "fairport-top",
	      strerror(-error));
	found_remedy(finding, "modprobe -a udp_diag tcp_diag");
}

enum netns_way { NETNS_OWN, NETNS_WITH_USERS, NETNS_NONE };

/* In a child, which takes its namespace along when it ends. */
static enum netns_way try_netns(void)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		if (unshare(CLONE_NEWNET) == 0)
			_exit(NETNS_OWN);
		_exit(unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? NETNS_WITH_USERS : NETNS_NONE);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return NETNS_NONE;
	return (enum netns_way)WEXITSTATUS(status);
}

void check_netns(const struct host *host, struct finding *finding)
{
	static const char *const names[] = {
		[NETNS_OWN] = "yes",
		[NETNS_WITH_USERS] = "with a user namespace",
		[NETNS_NONE] = "no",
	};
	enum netns_way way = try_netns();

	(void)host;
	found_text(finding, "created", names[way]);
	switch (way) {
	case NETNS_OWN:
		found(finding, LEVEL_OK,
		      "network namespaces can be made: a run of fairport-run is on its own in one");
		return;
	case NETNS_WITH_USERS:
		found(finding, LEVEL_NOTE,
		      "network namespaces can be made together with a user namespace only: runs of "
		      "fairport-run share this one");
		found_remedy(finding, "run it as root, or by 'unshare --map-root-user --net'");
		return;
	default:
		found(finding, LEVEL_NOTE,
		      "network namespaces cannot be made: runs of fairport-run share this one");
		found_remedy(finding, "run it as root");
	}
}
