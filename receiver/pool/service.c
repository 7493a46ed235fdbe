#include "receiver/pool/service.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include "common/clock.h"
#include "common/message.h"

/* Whether it is a socket of the protocol, bound by whoever passed it. 0 or -errno. */
static int check_socket(int fd, bool tcp)
{
	int flags, is = sd_is_socket_inet(fd, AF_UNSPEC, tcp ? SOCK_STREAM : SOCK_DGRAM,
					  tcp ? 1 : -1, 0);

	if (is < 0)
		return is;
	if (is == 0)
		return -EPROTOTYPE;
	flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 ? 0 : -errno;
}

int service_sockets(bool tcp, int *first)
{
	const char *mismatch =
		tcp ? "it is not a TCP socket that listens" : "it is not a UDP socket";
	int count = sd_listen_fds(1);

	*first = SD_LISTEN_FDS_START;
	if (count < 0) {
		message_error("could not take the sockets that were passed (LISTEN_FDS): %s",
			      strerror(-count));
		return count;
	}
	for (int i = 0; i < count; i++) {
		int error = check_socket(SD_LISTEN_FDS_START + i, tcp);

		if (!error)
			continue;
		message_error("could not use passed socket %d of %d (descriptor %d): %s", i + 1,
			      count, SD_LISTEN_FDS_START + i,
			      error == -EPROTOTYPE ? mismatch : strerror(-error));
		message_hint("in a socket unit, ListenDatagram= is for UDP, ListenStream= with "
			     "Accept=no for --protocol tcp");
		return error;
	}
	return count;
}

/* sd_notify(3) returns 0 where there is no NOTIFY_SOCKET. */
static void check_sent(int result, const char *state)
{
	if (result < 0)
		message_detail("could not tell the service manager %s: %s", state,
			       strerror(-result));
}

void service_ready(const char *status)
{
	check_sent(sd_notifyf(0, "READY=1\nSTATUS=%s", status), "READY=1");
}

void service_reloading(void)
{
	/* Type=notify-reload wants to know which of its requests this is about: sd_notify(3). */
	check_sent(sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_now() / 1000),
		   "RELOADING=1");
}

void service_status(const char *status)
{
	check_sent(sd_notifyf(0, "STATUS=%s", status), "STATUS");
}

void service_stopping(void)
{
	check_sent(sd_notify(0, "STOPPING=1"), "STOPPING=1");
}
