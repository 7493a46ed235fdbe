#include "receiver/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/message.h"
#include "common/units.h"

static int set_option(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) == 0 ? 0 : -errno;
}

/* SO_RCVBUF is clamped to rmem_max in silence, so what was granted is read back. */
static uint64_t set_rcvbuf(int fd, uint64_t bytes)
{
	int granted = 0;
	socklen_t length = sizeof(granted);

	if (set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, (int)bytes) != 0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, (int)bytes);
	getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &granted, &length);
	return (uint64_t)granted;
}

static int open_member(struct group *group, size_t index, bool wildcard, uint64_t rcvbuf)
{
	struct address *address = &group->address;
	socklen_t length = sizeof(uint64_t);
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	group->sockets[index] = fd;
	error = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (error)
		return error;
	/* What a host name or address says is meant literally; no host means every address. */
	if (address->any.sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !wildcard);
	group->rcvbuf = set_rcvbuf(fd, rcvbuf);
	if (bind(fd, &address->any, address->length) != 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &group->cookies[index], &length) != 0)
		return -errno;
	if (index == 0) {
		address->length = sizeof(address->v6);
		if (getsockname(fd, &address->any, &address->length) != 0)
			return -errno;
	}
	return 0;
}

static void explain_bind(const struct group *group, int error)
{
	if (error == -EADDRINUSE)
		message_hint("another process holds the port without SO_REUSEPORT or under "
			     "another user; see 'ss -lunp sport = :%u'",
			     address_port(&group->address));
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
 * kernel gives a port that is free.
 */
static int choose_port(struct address *address)
{
	struct address found = { .length = sizeof(found.v6) };
	int fd = socket(address->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (bind(fd, &address->any, address->length) != 0 ||
	    getsockname(fd, &found.any, &found.length) != 0)
		error = -errno;
	close(fd);
	if (!error)
		address_set_port(address, address_port(&found));
	return error;
}

static int open_members(struct group *group, bool wildcard, uint64_t rcvbuf)
{
	char text[ADDRESS_TEXT];

	/* An error shows again, and is told, when the first member is opened. */
	if (address_port(&group->address) == 0)
		choose_port(&group->address);
	for (size_t i = 0; i < group->count; i++) {
		int error = open_member(group, i, wildcard, rcvbuf);

		if (error == -EAFNOSUPPORT && wildcard && i == 0) {
			uint16_t port = address_port(&group->address);

			memset(&group->address, 0, sizeof(group->address));
			group->address.v4.sin_family = AF_INET;
			group->address.length = sizeof(group->address.v4);
			address_set_port(&group->address, port);
			error = open_member(group, i, wildcard, rcvbuf);
		}
		if (error) {
			message_error("could not bind UDP socket %zu of %zu to %s: %s", i + 1,
				      group->count, address_text(text, &group->address),
				      strerror(-error));
			explain_bind(group, error);
			return error;
		}
	}
	return 0;
}

int group_resolve(struct group *group, const char *text, bool *wildcard)
{
	const char *why;
	int error;

	*group = (struct group){ .count = 0 };
	error = address_resolve_listener(&group->address, text, wildcard, &why);
	if (error)
		message_error("invalid address \"%s\": %s", text, why);
	return error;
}

int group_open(struct group *group, bool wildcard, size_t count, uint64_t rcvbuf)
{
	int error;

	group->count = count;
	group->sockets = calloc(count, sizeof(*group->sockets));
	group->cookies = calloc(count, sizeof(*group->cookies));
	if (!group->sockets || !group->cookies) {
		group_close(group, SIZE_MAX);
		message_error("could not list %zu sockets: %s", count, strerror(ENOMEM));
		return -ENOMEM;
	}
	memset(group->sockets, 0xff, count * sizeof(*group->sockets));
	error = open_members(group, wildcard, rcvbuf);
	if (error) {
		group_close(group, SIZE_MAX);
		return error;
	}
	/* The kernel doubles what is asked for, to cover its own structures. */
	if (group->rcvbuf < 2 * rcvbuf) {
		char asked[UNITS_TEXT], granted[UNITS_TEXT];

		message_warning("receive buffers of %s were asked for, the kernel granted %s",
				units_size_text(asked, rcvbuf),
				units_size_text(granted, group->rcvbuf / 2));
		message_hint("raise net.core.rmem_max, or run with CAP_NET_ADMIN");
	}
	return 0;
}

void group_close(struct group *group, size_t keep)
{
	for (size_t i = 0; group->sockets && i < group->count; i++)
		if (i != keep && group->sockets[i] >= 0)
			close(group->sockets[i]);
	free(group->sockets);
	free(group->cookies);
	group->sockets = NULL;
	group->cookies = NULL;
}
