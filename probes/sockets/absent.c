/* What to say where nobody has a socket on the ports that were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/message.h"
#include "probes/sockets/ports.h"
#include "probes/sockets/sockets.h"

#define NEAREST_LIMIT 5 /* ports that are named */

struct neighbour {
	const struct socket_info *socket;
	unsigned int distance; /* to the nearest of the ports */
};

static unsigned int distance_to(const struct ports *ports, uint16_t port)
{
	for (unsigned int distance = 0; distance <= 65535; distance++)
		if ((port >= distance && ports_has(ports, (uint16_t)(port - distance))) ||
		    (port + distance <= 65535 && ports_has(ports, (uint16_t)(port + distance))))
			return distance;
	return 65536;
}

static int by_distance(const void *a, const void *b)
{
	const struct neighbour *left = a, *right = b;

	if (left->distance != right->distance)
		return left->distance < right->distance ? -1 : 1;
	return (left->socket > right->socket) - (left->socket < right->socket);
}

static bool same_place(const struct socket_info *left, const struct socket_info *right)
{
	return left->tcp == right->tcp && address_port(&left->local) == address_port(&right->local);
}

/* One for each port and protocol, nearest first, and how many of them there are. */
static size_t find_neighbours(struct neighbour *out, const struct socket_list *list,
			      const struct ports *ports)
{
	const struct socket_info *last = NULL;
	size_t count = 0;

	/* Those of one port stand together. */
	for (size_t i = 0; i < list->count; i++) {
		const struct socket_info *socket = &list->items[i];

		if (socket->connected || (last && same_place(last, socket)))
			continue;
		last = socket;
		out[count++] =
			(struct neighbour){ socket,
					    distance_to(ports, address_port(&socket->local)) };
	}
	if (count)
		qsort(out, count, sizeof(*out), by_distance);
	return count;
}

static void tell_neighbours(const struct socket_list *list, const struct neighbour *neighbours,
			    size_t count)
{
	size_t shown = count < NEAREST_LIMIT ? count : NEAREST_LIMIT, used = 0;
	char text[NEAREST_LIMIT * 64] = "";

	for (size_t i = 0; i < shown; i++) {
		const struct socket_info *socket = neighbours[i].socket;
		const char *command = socket->owner_count
					      ? list->owners[socket->first_owner].command
					      : "process not visible";

		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s %u (%s)",
					 i ? ", " : "", socket->tcp ? "TCP" : "UDP",
					 address_port(&socket->local), command);
	}
	if (count > shown)
		message_hint("nearest of %zu ports that are bound here: %s", count, text);
	else if (count)
		message_hint("bound here %s: %s", count == 1 ? "is" : "are", text);
	else
		message_hint("no port is bound in this network namespace; others are found with "
			     "--netns NAME|PID");
}

void sockets_explain_absent(const struct ports *ports)
{
	sockets_explain_absence_of("socket", ports);
}

void sockets_explain_absence_of(const char *what, const struct ports *ports)
{
	char text[PORTS_TEXT];
	struct neighbour *neighbours = NULL;
	struct socket_list list;

	message_error("nobody has a %s on %s in this network namespace", what,
		      ports_text(text, ports));
	if (sockets_list(&list, NULL) == 0)
		neighbours = calloc(list.count + 1, sizeof(*neighbours));
	if (neighbours)
		tell_neighbours(&list, neighbours, find_neighbours(neighbours, &list, ports));
	free(neighbours);
	socket_list_free(&list);
}
