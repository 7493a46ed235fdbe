#include "lab/doctor/group.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

static int bind_loopback(int fd, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);

	if (bind(fd, (struct sockaddr *)address, sizeof(*address)) != 0 ||
	    getsockname(fd, (struct sockaddr *)address, &length) != 0)
		return -errno;
	return 0;
}

int group_source(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -errno;
	error = bind_loopback(fd, &any);
	if (error)
		close(fd);
	return error ? error : fd;
}

/*
 * The first one is bound without SO_REUSEPORT: asked for any port with it, the kernel may choose
 * that of another group of the same user.
 */
static int open_member(int *member, bool first, struct sockaddr_in *address)
{
	const int on = 1;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error = 0;

	*member = fd;
	if (fd < 0)
		return -errno;
	if (first)
		error = bind_loopback(fd, address);
	if (!error && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) != 0)
		error = -errno;
	if (!error && !first)
		error = bind_loopback(fd, address);
	return error;
}

int group_open(struct group *group)
{
	int error = 0;

	*group = (struct group){ .members = { -1, -1 },
				 .address = { .sin_family = AF_INET,
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	for (size_t i = 0; i < GROUP_MEMBERS && !error; i++)
		error = open_member(&group->members[i], i == 0, &group->address);
	return error;
}

void group_close(struct group *group)
{
	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		if (group->members[i] >= 0)
			close(group->members[i]);
}

int group_send(const struct group *group, int source, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int fd = source < 0 ? group_source() : source, error = 0;

		if (fd < 0)
			return fd;
		if (sendto(fd, "", 1, MSG_DONTWAIT, (const struct sockaddr *)&group->address,
			   sizeof(group->address)) != 1)
			error = -errno;
		if (source < 0)
			close(fd);
		if (error)
			return error;
	}
	return 0;
}

int group_receive(const struct group *group, size_t expected, size_t counts[static GROUP_MEMBERS])
{
	uint64_t limit = clock_now() + NS_PER_SECOND;
	size_t all = 0;
	char byte;

	for (size_t i = 0; i < GROUP_MEMBERS; i++)
		counts[i] = 0;
	for (;;) {
		struct pollfd waits[GROUP_MEMBERS];

		for (size_t i = 0; i < GROUP_MEMBERS; i++) {
			for (; recv(group->members[i], &byte, 1, 0) >= 0; all++)
				counts[i]++;
			waits[i] = (struct pollfd){ .fd = group->members[i], .events = POLLIN };
		}
		if (all >= expected || clock_now() >= limit)
			return (int)all;
		if (poll(waits, GROUP_MEMBERS, clock_timeout_ms(limit)) < 0)
			return -errno;
	}
}
