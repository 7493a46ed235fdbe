#include "faker/engines/tcp_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/address.h"
#include "common/clock.h"
#include "faker/engines/engine.h"
#include "faker/plan.h"

/* 0 or -errno. */
static int bind_source(struct engine *engine, uint32_t slot, int fd)
{
	struct address local;
	int yes = 1;

	if (!engine_origin(engine, slot, &local))
		return 0;
	/* Without a port asked for, connect(2) chooses one: knowing the target, it has more. */
	if (address_port(&local) == 0)
		setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	return bind(fd, &local.any, local.length) == 0 ? 0 : -errno;
}

int tcp_socket_connect(struct engine *engine, uint32_t slot, uint64_t *begun)
{
	const struct address *target = &engine->plan->target;
	int fd = socket(target->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1, error;

	*begun = 0;
	if (fd < 0)
		return -errno;
	error = bind_source(engine, slot, fd);
	if (error)
		goto failed;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	*begun = clock_now();
	if (connect(fd, &target->any, target->length) == 0 || errno == EINPROGRESS)
		return fd;
	error = -errno;
	if (error != -ECONNREFUSED)
		*begun = 0;
failed:
	close(fd);
	return error;
}

void tcp_socket_flow(struct engine *engine, int fd, uint64_t count)
{
	struct address local = { .length = sizeof(local.v6) };

	if (count > 0 && getsockname(fd, &local.any, &local.length) == 0)
		flows_add(&engine->flows, &local, count);
}
