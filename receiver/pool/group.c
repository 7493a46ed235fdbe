#include "receiver/pool/group.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/units.h"
#include "receiver/options.h"
#include "receiver/pool/holders.h"
#include "receiver/pool/placement.h"
#include "receiver/pool/service.h"

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

static const char *protocol(const struct group *group)
{
	return group->tcp ? "TCP" : "UDP";
}

static int new_socket(const struct group *group)
{
	int type = group->tcp ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(group->address.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

/*
 * SO_RCVBUF is clamped to rmem_max in silence, so what was granted is read back. The kernel
 * doubles what is asked for, to cover its own structures.
 */
static uint64_t set_rcvbuf(struct group *group, int fd)
{
	uint64_t bytes = group->options->rcvbuf;
	char asked[UNITS_TEXT], got[UNITS_TEXT];
	int granted = 0;
	socklen_t length = sizeof(granted);

	if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)bytes) != 0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)bytes);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length);
	if ((uint64_t)granted < 2 * bytes && !group->clamp_said) {
		group->clamp_said = true;
		message_warning("receive buffers of %s were asked for, the kernel granted %s",
				units_size_text(asked, bytes),
				units_size_text(got, (uint64_t)granted / 2));
		message_hint("raise net.core.rmem_max, or run with CAP_NET_ADMIN");
	}
	return (uint64_t)granted;
}

static int prepare_member(struct group *group, struct member *member)
{
	struct address *address = &group->address;
	int error = 0;

	member->fd = new_socket(group);
	if (member->fd < 0)
		return member->fd;
	if (group->tcp)
		set_option(member->fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (group->reuseport)
		error = set_option(member->fd, SOL_SOCKET, SO_REUSEPORT, 1);
	/* What a host name or address says is meant literally; no host means every address. */
	if (address->any.sa_family == AF_INET6)
		set_option(member->fd, IPPROTO_IPV6, IPV6_V6ONLY, !group->wildcard);
	if (error)
		return error;
	member->rcvbuf = set_rcvbuf(group, member->fd);
	return 0;
}

static int bind_member(const struct group *group, const struct member *member)
{
	if (bind(member->fd, &group->address.any, group->address.length) != 0)
		return -errno;
	if (group->tcp && listen(member->fd, (int)group->options->backlog) != 0)
		return -errno;
	return 0;
}

static void explain_bind(const struct group *group, int error)
{
	if (error == -EADDRINUSE)
		holders_explain(&group->address, group->wildcard, group->tcp);
	else if (error == -EACCES)
		message_hint("ports below 1024 need CAP_NET_BIND_SERVICE, or another "
			     "net.ipv4.ip_unprivileged_port_start");
	else if (error == -EADDRNOTAVAIL)
		message_hint("the address is not one of this host's; see 'ip address'");
	else if (error == -EMFILE)
		message_hint("raise the limit of open files: ulimit -n");
}

/*
 * Port 0 on a socket with SO_REUSEPORT may become a port that another group holds; without it, the
 * kernel gives a port that is free. An error shows again, and is told, when a member is opened.
 */
static void choose_port(struct group *group)
{
	struct address found = { .length = sizeof(found.v6) };
	int fd = new_socket(group);

	if (fd < 0)
		return;
	if (bind(fd, &group->address.any, group->address.length) == 0 &&
	    getsockname(fd, &found.any, &found.length) == 0)
		address_set_port(&group->address, address_port(&found));
	close(fd);
}

/* A host without IPv6: no host named means all of IPv4. */
static bool fall_back(struct group *group)
{
	uint16_t port = address_port(&group->address);

	if (!group->wildcard || group->address.any.sa_family != AF_INET6)
		return false;
	memset(&group->address, 0, sizeof(group->address));
	group->address.v4.sin_family = AF_INET;
	group->address.length = sizeof(group->address.v4);
	address_set_port(&group->address, port);
	return true;
}

/* What stands in an open socket, whoever opened it. */
static int learn(struct group *group, struct member *member)
{
	socklen_t length = sizeof(member->cookie);
	struct address found = { .length = sizeof(found.v6) };

	if (getsockopt(member->fd, SOL_SOCKET, SO_COOKIE, &member->cookie, &length) != 0 ||
	    getsockname(member->fd, &found.any, &found.length) != 0)
		return -errno;
	if (group->opened++ == 0)
		group->address = found;
	if (group->options->incoming_cpu)
		return placement_incoming(member->fd, placement_cpu(member->slot));
	return 0;
}

static struct member *new_member(size_t slot)
{
	struct member *member = calloc(1, sizeof(*member));

	if (!member) {
		message_error("out of memory");
		return NULL;
	}
	member->slot = slot;
	member->fd = -1;
	member->far = -1;
	return member;
}

static int open_member(struct group *group, struct member *member, bool later)
{
	int error = prepare_member(group, member);

	if (error == 0 && (group->tcp || !later))
		error = bind_member(group, member);
	return error;
}

static void explain(const struct group *group, const struct member *member, int error)
{
	char text[ADDRESS_TEXT];

	message_error("could not open %s socket %zu on %s: %s", protocol(group), member->slot,
		      address_text(text, &group->address), strerror(-error));
	explain_bind(group, error);
}

bool group_bind_later(struct group *group, const struct member *member)
{
	int error = group->tcp ? 0 : bind_member(group, member);

	if (error)
		explain(group, member, error);
	return error == 0;
}

struct member *group_open_member(struct group *group, size_t slot, bool later)
{
	struct member *member = new_member(slot);
	int error;

	if (!member)
		return NULL;
	if (group->passed_count > 0) {
		group->passed_count--;
		member->passed = true;
		member->fd = group->passed++;
		member->rcvbuf = group->tcp ? 0 : set_rcvbuf(group, member->fd);
		error = learn(group, member);
	} else {
		if (address_port(&group->address) == 0)
			choose_port(group);
		error = open_member(group, member, later);
		if (error == -EAFNOSUPPORT && group->opened == 0 && fall_back(group))
			error = open_member(group, member, later);
		if (!error)
			error = learn(group, member);
	}
	if (!error)
		return member;
	explain(group, member, error);
	member_close(member);
	return NULL;
}

struct member *group_open_channel(size_t slot)
{
	struct member *member = new_member(slot);
	socklen_t length = sizeof(member->cookie);
	int ends[2], bytes = 1 << 20;

	if (!member)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
		message_error("could not open channel %zu: %s", slot, strerror(errno));
		member_close(member);
		return NULL;
	}
	member->fd = ends[0];
	member->far = ends[1];
	/* As much as the host allows; a full channel makes the front wait. */
	set_option(member->far, SOL_SOCKET, SO_SNDBUF, bytes);
	getsockopt(member->fd, SOL_SOCKET, SO_COOKIE, &member->cookie, &length);
	return member;
}

/* Checks the passed sockets against what is asked for. */
static bool adopt_passed(struct group *group)
{
	struct address bound = { .length = sizeof(bound.v6) };
	size_t wanted = group->reuseport ? group->options->workers : 1;
	int first, value = 0, count = service_sockets(group->tcp, &first);
	socklen_t length = sizeof(value);

	if (count <= 0)
		return count == 0;
	group->passed = first;
	group->passed_count = group->passed_all = (size_t)count;
	for (int fd = first; fd < first + count; fd++) {
		struct address other = { .length = sizeof(other.v6) };

		if (getsockname(fd, &other.any, &other.length) != 0 || address_port(&other) == 0 ||
		    (fd > first && (other.length != bound.length ||
				    memcmp(&other.v6, &bound.v6, bound.length) != 0))) {
			message_error("passed socket %d is not bound, or not where the first is",
				      fd);
			return false;
		}
		bound = other;
	}
	group->address = bound;
	if (group->options->listen) {
		message_error("an address to listen on was given, and %d sockets were passed too",
			      count);
		message_hint("leave the address out, or unset LISTEN_FDS");
		return false;
	}
	if (group->passed_count > wanted) {
		message_error("%d sockets were passed for %zu", count, wanted);
		message_hint("choose --workers and --model to fit the sockets");
		return false;
	}
	getsockopt(first, SOL_SOCKET, SO_REUSEPORT, &value, &length);
	if (group->passed_count < wanted && !value) {
		message_error("%d sockets without SO_REUSEPORT were passed for %zu workers", count,
			      wanted);
		message_hint("set ReusePort=yes in the socket unit, or use --model shared");
		return false;
	}
	return true;
}

bool group_resolve(struct group *group, const struct receive_options *options, bool reuseport)
{
	const char *why;

	*group = (struct group){ .options = options,
				 .tcp = options->protocol == PROTOCOL_TCP,
				 .reuseport = reuseport };
	if (!adopt_passed(group))
		return false;
	if (group->passed_count)
		return true;
	if (!options->listen) {
		message_error("what to listen on is missing (expected [ADDR:]PORT)");
		message_hint("a service manager would pass sockets by LISTEN_FDS; none did");
		return false;
	}
	if (address_resolve_listener(&group->address, options->listen, &group->wildcard, &why) == 0)
		return true;
	message_error("invalid address \"%s\": %s", options->listen, why);
	return false;
}

bool group_is_free(const struct group *group)
{
	return address_port(&group->address) == 0 || group->passed_count ||
	       holders_allow(&group->address, group->wildcard, group->tcp, group->options->join);
}

void member_close(struct member *member)
{
	if (!member)
		return;
	if (member->fd >= 0)
		close(member->fd);
	if (member->far >= 0)
		close(member->far);
	free(member);
}
