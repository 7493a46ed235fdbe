/* The order of a list of sockets. */
#ifndef FAIRPORT_SOCKETS_LIST_H
#define FAIRPORT_SOCKETS_LIST_H

struct socket_info;
struct socket_list;

/* As strcmp(3): by protocol (UDP first), port, address, device, and whether it is IPv6 only. */
int list_compare_places(const struct socket_info *left, const struct socket_info *right);

/* By place, then group, slot and cookie. */
void list_sort(struct socket_list *list);

#endif
