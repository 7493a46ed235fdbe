#include "receiver/pool/unix_listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/message.h"

#define BACKLOG 16

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int bind_for_owner(int fd, const struct sockaddr_un *address)
{
	/* Set by the mask, not afterwards: in between, others could connect. */
	mode_t before = umask(0177);
	int error = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;

	umask(before);
	return error;
}

/* What keeps us from taking the path that ADDRESS has; NULL: a socket that nobody listens on. */
static const char *held_by(const struct sockaddr_un *address)
{
	const char *who = "something listens there";
	struct stat status;
	int fd, error;

	if (lstat(address->sun_path, &status) != 0)
		return errno == ENOENT ? NULL : strerror(errno);
	/* connect(2) says ECONNREFUSED for any other kind of file too. */
	if (!S_ISSOCK(status.st_mode))
		return "there is a file that is not a socket";
	fd = open_socket();
	if (fd < 0)
		return strerror(errno);
	error = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : errno;
	close(fd);
	if (error == ECONNREFUSED || error == ENOENT)
		return NULL;
	/* Success, a full backlog, a socket of another type: it lives. */
	return error == EACCES || error == EPERM ? "the socket there belongs to another user" : who;
}

static bool fill_address(struct sockaddr_un *address, const char *path)
{
	size_t length = strlen(path);

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (length == 0) {
		message_error("could not listen on the control socket: its path is empty");
		return false;
	}
	if (length >= sizeof(address->sun_path)) {
		message_error("could not listen on the control socket: its path has %zu bytes, and "
			      "a socket's at most %zu: %s",
			      length, sizeof(address->sun_path) - 1, path);
		message_hint("name a shorter one, perhaps relative to the working directory");
		return false;
	}
	memcpy(address->sun_path, path, length);
	return true;
}

static bool bind_or_replace(int fd, const struct sockaddr_un *address)
{
	int error = bind_for_owner(fd, address);
	const char *why = NULL;

	if (error == -EADDRINUSE) {
		why = held_by(address);
		if (!why) {
			unlink(address->sun_path);
			error = bind_for_owner(fd, address);
		}
	}
	if (!error)
		return true;
	message_error("could not listen on control socket %s: %s", address->sun_path,
		      why ? why : strerror(-error));
	if (error == -EADDRINUSE)
		message_hint("end what uses it, or name another path with --control");
	else if (error == -ENOENT)
		message_hint("the directory of the socket must exist");
	return false;
}

bool unix_listener_open(struct unix_listener *out, const char *path)
{
	struct sockaddr_un address;
	struct stat status;

	*out = (struct unix_listener){ .fd = -1 };
	if (!fill_address(&address, path))
		return false;
	out->path = strdup(path);
	out->fd = open_socket();
	if (!out->path || out->fd < 0) {
		message_error("could not open a control socket: %s", strerror(errno));
		goto failed;
	}
	if (!bind_or_replace(out->fd, &address))
		goto failed;
	if (listen(out->fd, BACKLOG) != 0 || lstat(path, &status) != 0) {
		message_error("could not listen on control socket %s: %s", out->path,
			      strerror(errno));
		unlink(path);
		goto failed;
	}
	out->device = status.st_dev;
	out->inode = status.st_ino;
	return true;
failed:
	if (out->fd >= 0)
		close(out->fd);
	free(out->path);
	return false;
}

void unix_listener_remove(struct unix_listener *listener)
{
	struct stat status;

	if (listener->fd >= 0)
		close(listener->fd);
	if (lstat(listener->path, &status) == 0 && status.st_dev == listener->device &&
	    status.st_ino == listener->inode)
		unlink(listener->path);
	free(listener->path);
	listener->path = NULL;
}
