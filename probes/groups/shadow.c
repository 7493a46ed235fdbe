#include "probes/groups/shadow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hosts.h"
#include "probes/groups/group.h"

/* The order is that of compute_score() in net/ipv4/udp.c and net/ipv4/inet_hashtables.c. */

static bool is_dual(const struct socket_info *socket)
{
	return !host_is_v4(&socket->local) && host_is_any(&socket->local) && !socket->v6only;
}

/* Whether there are packets that both may get. */
static bool overlap(const struct socket_info *left, const struct socket_info *right)
{
	const struct address *a = &left->local, *b = &right->local;

	if (left->device[0] && right->device[0] && strcmp(left->device, right->device) != 0)
		return false;
	if (host_is_v4(a) != host_is_v4(b))
		return host_is_v4(a) ? is_dual(right) : is_dual(left);
	return host_is_any(a) || host_is_any(b) || hosts_equal(a, b);
}

/* A listener's points for a device are fewer than UDP's, and then equal those for the family. */
static int points_of(const struct socket_info *socket, bool v4)
{
	int device = !socket->device[0] ? 0 : socket->tcp ? 1 : 4;

	return device + (v4 && socket->local.any.sa_family == AF_INET);
}

static uint32_t first_of(const struct group *group)
{
	uint32_t first = UINT32_MAX;

	for (size_t i = 0; i < group->count; i++)
		if (group->members[i].socket->details.order < first)
			first = group->members[i].socket->details.order;
	return first;
}

/*
 * Of two at the same address. The kernel looks through all sockets for the one with most points,
 * but a group that it comes upon with more than those before gets the packet at once, unless it
 * has connected members: then the order decides, which only the kernel knows.
 */
static bool comes_first(const struct group *taker, const struct group *victim)
{
	const struct socket_info *left = group_socket(taker), *right = group_socket(victim);
	bool v4 = host_is_v4(&left->local) || host_is_v4(&right->local);
	int points = points_of(left, v4), others = points_of(right, v4);
	const struct socket_details *first;
	bool before;

	/* IPv6 sockets with SO_REUSEPORT stand behind those of IPv4. */
	if (!left->details.known || !right->details.known)
		return strcmp(left->device, right->device) == 0 && points > others;
	before = first_of(taker) < first_of(victim);
	first = before ? &left->details : &right->details;
	if (first->grouped && (left->tcp || !first->has_connected))
		return before;
	return points != others ? points > others : before;
}

/*
 * By what TAKER is preferred where both may get a packet; false: it is not. An address comes
 * before everything, as sockets that are bound to one are looked up first.
 */
static bool outranks(const struct group *taker, const struct group *victim, enum shadow_by *by)
{
	const struct socket_info *left = group_socket(taker), *right = group_socket(victim);
	bool specific = !host_is_any(&left->local), other = !host_is_any(&right->local);

	*by = SHADOW_ADDRESS;
	if (specific != other)
		return specific;
	if (left->device[0] && !right->device[0])
		*by = SHADOW_DEVICE;
	else if (host_is_v4(&left->local) && !host_is_v4(&right->local))
		*by = SHADOW_FAMILY;
	else
		*by = SHADOW_ORDER;
	return comes_first(taker, victim);
}

/* A connected socket whose peer is itself: nobody sends from there. */
static bool is_set_aside(const struct socket_info *socket)
{
	return socket->connected && hosts_equal(&socket->local, &socket->peer) &&
	       address_port(&socket->local) == address_port(&socket->peer);
}

static bool shadows(const struct group *taker, const struct group *victim, enum shadow_by *by)
{
	const struct socket_info *left = group_socket(taker), *right = group_socket(victim);

	if (taker->namespace != victim->namespace || left->tcp != right->tcp ||
	    address_port(&left->local) != address_port(&right->local) || !overlap(left, right))
		return false;
	/* Connected members of a group are looked at one by one. */
	if (!victim->is_group && right->connected)
		return false;
	if (!taker->is_group && left->connected) {
		*by = SHADOW_PEER;
		return !is_set_aside(left);
	}
	return outranks(taker, victim, by);
}

static int add(struct group_list *list, const struct shadow *shadow)
{
	void *grown = reallocarray(list->shadows, list->shadow_count + 1, sizeof(*list->shadows));

	if (!grown)
		return -ENOMEM;
	list->shadows = grown;
	list->shadows[list->shadow_count++] = *shadow;
	return 0;
}

static bool same_port(const struct group *left, const struct group *right)
{
	const struct socket_info *a = group_socket(left), *b = group_socket(right);

	return left->namespace == right->namespace && a->tcp == b->tcp &&
	       address_port(&a->local) == address_port(&b->local);
}

int shadows_find(struct group_list *list)
{
	int error = 0;

	/* Those of one port stand together. */
	for (size_t first = 0, end; first < list->count; first = end) {
		end = first + 1;
		while (end < list->count && same_port(&list->items[first], &list->items[end]))
			end++;
		for (size_t i = first; i < end; i++)
			for (size_t j = first; !error && j < end; j++) {
				struct shadow shadow = { .taker = i, .victim = j };

				if (i != j && shadows(&list->items[i], &list->items[j], &shadow.by))
					error = add(list, &shadow);
			}
	}
	return error;
}

const char *shadow_text(char buffer[static SHADOW_TEXT], const struct group_list *list,
			const struct shadow *shadow)
{
	const struct group *taker = &list->items[shadow->taker];
	const struct socket_info *socket = group_socket(taker);
	char text[ADDRESS_TEXT];

	switch (shadow->by) {
	case SHADOW_PEER:
		if (taker->count == 1)
			snprintf(buffer, SHADOW_TEXT, "takes what comes from its peer %s",
				 address_text(text, &socket->peer));
		else
			snprintf(buffer, SHADOW_TEXT, "takes what comes from its peer");
		break;
	case SHADOW_ADDRESS:
		snprintf(buffer, SHADOW_TEXT, "takes what is sent to %s%s%s",
			 address_text(text, &socket->local),
			 socket->device[0] ? " and comes in on " : "", socket->device);
		break;
	case SHADOW_DEVICE:
		snprintf(buffer, SHADOW_TEXT, "takes what comes in on %s%s", socket->device,
			 is_dual(group_socket(&list->items[shadow->victim])) &&
					 host_is_v4(&socket->local)
				 ? " over IPv4"
				 : "");
		break;
	case SHADOW_FAMILY:
		snprintf(buffer, SHADOW_TEXT, "takes what comes over IPv4%s%s",
			 socket->device[0] ? " on " : "", socket->device);
		break;
	case SHADOW_ORDER:
		snprintf(buffer, SHADOW_TEXT, "takes what both may get");
		break;
	}
	return buffer;
}

static void mark_takers(struct group_list *list, size_t index)
{
	const struct shadow *shadow = &list->shadows[index];
	const struct group *taker = &list->items[shadow->taker];
	const struct group *victim = &list->items[shadow->victim];
	char what[SHADOW_TEXT], address[ADDRESS_TEXT], from[ADDRESS_TEXT + 32], more[48] = "";
	size_t others = 0;

	/* Those of one taker stand together; the first of them is told. */
	if (index > 0 && list->shadows[index - 1].taker == shadow->taker)
		return;
	while (index + others + 1 < list->shadow_count &&
	       list->shadows[index + others + 1].taker == shadow->taker)
		others++;
	if (others)
		snprintf(more, sizeof(more), " and %zu other%s", others, others == 1 ? "" : "s");
	shadow_text(what, list, shadow);
	snprintf(from, sizeof(from), "%s%s%s", address_text(address, &group_socket(victim)->local),
		 group_socket(victim)->device[0] ? " on " : "", group_socket(victim)->device);
	for (size_t i = 0; i < taker->count; i++) {
		struct member *member = &taker->members[i];
		char peer[ADDRESS_TEXT];

		if (shadow->by == SHADOW_PEER)
			member_mark(member, MARK_SHADOWS, "connected-member",
				    "takes what comes from its peer %.70s before %.90s%s",
				    address_text(peer, &member->socket->peer), from, more);
		else
			member_mark(member, MARK_SHADOWS, "shadowed", "%.110s before %.90s%s", what,
				    from, more);
	}
}

/* A connected socket gets what its peer sends, and the hash passes over it (Linux 5.3). */
static void mark_connected(struct member *member)
{
	char peer[ADDRESS_TEXT];

	if (is_set_aside(member->socket))
		member_mark(member, MARK_STALE, "stale-member",
			    "connected to its own address: it was set aside and gets nothing");
	else if (member->socket->connected)
		member_mark(member, MARK_SHADOWS, "connected-member",
			    "takes what comes from its peer %s, and nothing else",
			    address_text(peer, &member->socket->peer));
}

void shadows_mark(struct group_list *list)
{
	for (size_t i = 0; i < list->shadow_count; i++)
		mark_takers(list, i);
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; list->items[i].is_group && j < list->items[i].count; j++)
			mark_connected(&list->items[i].members[j]);
}
