/* Sockets of TCP connections: from where, to where, begun without waiting. */
#ifndef FAIRPORT_FAKER_ENGINES_TCP_SOCKET_H
#define FAIRPORT_FAKER_ENGINES_TCP_SOCKET_H

#include <stdint.h>

struct engine;

/*
 * Opens a socket, bound to where SLOT is to send from, and begins connect(2) to the target. Returns
 * the socket or -errno. *BEGUN is when the connection was begun (clock_now()), which can then have
 * failed at once; 0: it was not.
 */
int tcp_socket_connect(struct engine *engine, uint32_t slot, uint64_t *begun);

/* Counts COUNT messages as sent from the local address of FD. */
void tcp_socket_flow(struct engine *engine, int fd, uint64_t count);

#endif
