/* What sock_diag(7) tells of the sockets of this network namespace. */
#ifndef FAIRPORT_SOCKETS_DIAG_H
#define FAIRPORT_SOCKETS_DIAG_H

struct ports;
struct socket_list;

/*
 * Appends the UDP sockets and TCP listeners on PORTS (NULL: on any) to LIST: in no order, without
 * owners and details. 0 or -errno: -ENOENT where the kernel lacks it (CONFIG_INET_UDP_DIAG).
 */
int diag_read(struct socket_list *list, const struct ports *ports);

#endif
