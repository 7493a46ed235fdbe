#include "receiver/tcp/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/message.h"
#include "common/received.h"

/* What a process has open beside connections. */
#define OTHER_DESCRIPTORS 64

/* Room for one descriptor, aligned as cmsg(3) wants it. */
union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

/* RESULT is a descriptor or -errno. */
static int count_call(struct received *counts, int result)
{
	counter_add(&counts->receive_calls, 1);
	if (result >= 0)
		counter_add(&counts->connections, 1);
	else if (result == -EAGAIN)
		counter_add(&counts->eagain, 1);
	else if (result != -EPIPE)
		counter_add(&counts->receive_errors, 1);
	return result;
}

int descriptor_accept(int listener, struct received *counts)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	return count_call(counts, fd < 0 ? -errno : fd);
}

/* A descriptor for which the receiver has no room is lost: the kernel closes it. */
static int probe_room(int channel)
{
	int fd = fcntl(channel, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int receive_one(int channel)
{
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	union control control;
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd;

	if (length <= 0)
		return length < 0 ? -errno : -EPIPE;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EBADMSG;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

int descriptor_receive(int channel, struct received *counts)
{
	int error = probe_room(channel);

	return count_call(counts, error ? error : receive_one(channel));
}

int descriptor_pass(int channel, int fd)
{
	struct iovec data = { .iov_base = "", .iov_len = 1 };
	union control control = { .header = { .cmsg_level = SOL_SOCKET,
					      .cmsg_type = SCM_RIGHTS,
					      .cmsg_len = CMSG_LEN(sizeof(int)) } };
	const struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

bool descriptor_error_passes(int error)
{
	return error == -EINTR || error == -ECONNABORTED || error == -EBADMSG;
}

void descriptor_say_short(int error)
{
	message_warning("could not take a connection: %s", strerror(-error));
	if (error == -EMFILE)
		message_hint("each takes a descriptor: raise the limit (see 'ulimit -n'), or lower "
			     "--max-connections");
}

void descriptor_raise_limit(uint64_t count)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= count + OTHER_DESCRIPTORS)
		return;
	limit.rlim_cur = count + OTHER_DESCRIPTORS;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	/* Where it fails, connections wait until others have ended. */
	setrlimit(RLIMIT_NOFILE, &limit);
}
