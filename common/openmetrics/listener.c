#include "common/openmetrics/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 16

/* The name of a service is looked up for datagrams, so it is no port of ours. */
static bool has_number(const char *text)
{
	const char *colon = strrchr(text, ':');
	const char *port = colon ? colon + 1 : text;

	return *port && port[strspn(port, "0123456789")] == '\0';
}

int openmetrics_address_parse(void *value, const char **expected)
{
	struct openmetrics_address *where = value;
	struct address *address = &where->address;
	const char *why;
	bool wildcard;
	uint16_t port;
	int error;

	*expected = "[ADDR:]PORT, e.g. 9464, 0.0.0.0:9464, [::1]:9464";
	if (!has_number(where->text))
		return -EINVAL;
	error = address_resolve_listener(address, where->text, &wildcard, &why);
	if (error == -EADDRNOTAVAIL)
		*expected = "an address of this host, e.g. 0.0.0.0:9464";
	if (error)
		return -EINVAL;
	if (!wildcard)
		return 0;
	port = address_port(address);
	*address = (struct address){ .v4 = { .sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
				     .length = sizeof(address->v4) };
	address_set_port(address, port);
	return 0;
}

static int bind_and_listen(int fd, const struct openmetrics_address *where, struct address *bound)
{
	bool v6 = where->address.any.sa_family == AF_INET6;
	int on = 1, off = 0;

	/* A restart need not wait for the connections of the one before; see tcp(7), TIME_WAIT. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (v6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0) ||
	    bind(fd, &where->address.any, where->address.length) != 0 || listen(fd, BACKLOG) != 0)
		return -errno;
	bound->length = sizeof(bound->v6);
	return getsockname(fd, &bound->any, &bound->length) == 0 ? 0 : -errno;
}

int openmetrics_listen(const struct openmetrics_address *where, struct address *bound)
{
	int fd =
		socket(where->address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0)
		return -errno;
	error = bind_and_listen(fd, where, bound);
	if (error == 0)
		return fd;
	close(fd);
	return error;
}
