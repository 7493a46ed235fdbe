#include "probes/probe/flows.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/probe/source.h"

/* The 4-tuple alone: what stands before the member. */
static int compare_tuples(const struct tap_flow_entry *left, const struct tap_flow_entry *right)
{
	return memcmp(&left->key, &right->key, offsetof(struct tap_flow_key, member));
}

static int by_tuple(const void *a, const void *b)
{
	return compare_tuples(a, b);
}

static int by_packets(const void *a, const void *b)
{
	const struct tap_flow_entry *left = a, *right = b;

	if (left->packets != right->packets)
		return left->packets > right->packets ? -1 : 1;
	return memcmp(&left->key, &right->key, sizeof(left->key));
}

/* In the order of their tuples. */
static void measure(struct flow_list *list)
{
	double sum = 0, squares = 0;
	size_t first = 0;

	for (size_t i = 0; i < list->count; i++) {
		double packets = (double)list->items[i].packets;

		list->packets += list->items[i].packets;
		sum += packets;
		squares += packets * packets;
		if (i > 0 && compare_tuples(&list->items[i - 1], &list->items[i]) == 0)
			list->split += i == first + 1; /* once for each tuple */
		else
			first = i;
	}
	if (squares > 0)
		list->effective = sum * sum / squares;
}

int flow_list_read(struct flow_list *list, const struct source *source)
{
	int error = 0;

	*list = (struct flow_list){ .items = NULL };
	if (source->options->with.flows)
		error = tap_read_flows(source->tap, &list->items, &list->count);
	if (error || !list->count)
		return error;
	qsort(list->items, list->count, sizeof(*list->items), by_tuple);
	measure(list);
	qsort(list->items, list->count, sizeof(*list->items), by_packets);
	return 0;
}

void flow_list_free(struct flow_list *list)
{
	free(list->items);
	*list = (struct flow_list){ .items = NULL };
}

const char *flow_end_text(char buffer[static FLOW_END_TEXT], const uint32_t address[static 4],
			  uint16_t port)
{
	char host[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)address)) {
		inet_ntop(AF_INET, &address[3], host, sizeof(host));
		snprintf(buffer, FLOW_END_TEXT, "%s:%u", host, port);
	} else {
		inet_ntop(AF_INET6, address, host, sizeof(host));
		snprintf(buffer, FLOW_END_TEXT, "[%s]:%u", host, port);
	}
	return buffer;
}
