#include "probes/sockets/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/hosts.h"
#include "probes/sockets/diag.h"
#include "probes/sockets/sockets.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
	return (left > right) - (left < right);
}

int list_compare_places(const struct socket_info *left, const struct socket_info *right)
{
	int difference;

	if (left->tcp != right->tcp)
		return left->tcp ? 1 : -1;
	difference = compare_numbers(address_port(&left->local), address_port(&right->local));
	if (!difference)
		difference = hosts_compare(&left->local, &right->local);
	if (!difference)
		difference = strcmp(left->device, right->device);
	if (!difference)
		difference = left->v6only - right->v6only;
	return difference;
}

static int compare(const void *a, const void *b)
{
	const struct socket_info *left = a, *right = b;
	int difference = list_compare_places(left, right);

	if (!difference)
		difference = compare_numbers(left->details.group, right->details.group);
	if (!difference)
		difference = compare_numbers(left->details.slot, right->details.slot);
	if (!difference)
		difference = compare_numbers(left->cookie, right->cookie);
	return difference;
}

void list_sort(struct socket_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
}

static int by_cookie(const void *a, const void *b)
{
	const struct socket_info *left = a, *right = b;

	return compare_numbers(left->cookie, right->cookie);
}

/* A table that changes while it is read may name a socket twice. */
static void drop_doubles(struct socket_list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_cookie);
	for (size_t i = 1; i < list->count; i++)
		if (list->items[i].cookie != list->items[kept].cookie)
			list->items[++kept] = list->items[i];
	list->count = kept + 1;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *left = a, *right = b;

	return compare_numbers(*left, *right);
}

static int owner_by_inode(const void *a, const void *b)
{
	const struct socket_owner *left = a, *right = b;

	return compare_numbers(left->inode, right->inode);
}

static void point_at_owners(const struct socket_list *list, struct socket_info *socket)
{
	const struct socket_owner key = { .inode = socket->inode };
	const struct socket_owner *found = NULL;
	size_t first;

	if (list->owner_count)
		found = bsearch(&key, list->owners, list->owner_count, sizeof(key), owner_by_inode);
	if (!found)
		return;
	first = (size_t)(found - list->owners);
	while (first > 0 && list->owners[first - 1].inode == socket->inode)
		first--;
	socket->first_owner = first;
	while (first + socket->owner_count < list->owner_count &&
	       list->owners[first + socket->owner_count].inode == socket->inode)
		socket->owner_count++;
}

static int find_owners(struct socket_list *list)
{
	uint64_t *inodes = calloc(list->count + 1, sizeof(*inodes));
	struct owner_list owners;
	int error;

	if (!inodes)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		inodes[i] = list->items[i].inode;
	qsort(inodes, list->count, sizeof(*inodes), by_number);
	error = owners_find(&owners, inodes, list->count);
	free(inodes);
	list->owners = owners.items;
	list->owner_count = owners.count;
	list->all_visible = owners.all_visible;
	for (size_t i = 0; !error && i < list->count; i++)
		point_at_owners(list, &list->items[i]);
	return error;
}

int sockets_list(struct socket_list *list, const struct ports *ports)
{
	int error;

	*list = (struct socket_list){ .count = 0 };
	error = diag_read(list, ports);
	if (error)
		return error;
	drop_doubles(list);
	error = find_owners(list);
	list_sort(list);
	return error;
}

void socket_list_free(struct socket_list *list)
{
	free(list->items);
	free(list->owners);
	*list = (struct socket_list){ .count = 0 };
}
