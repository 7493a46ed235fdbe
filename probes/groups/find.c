/* Groups out of a list of sockets. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probes/groups/group.h"
#include "probes/groups/options.h"
#include "probes/groups/shadow.h"
#include "probes/groups/survey.h"
#include "probes/sockets/list.h"

const char *const mark_names[MARKS] = {
	[MARK_UNREAD] = "unread",
	[MARK_FOREIGN] = "foreign",
	[MARK_SHADOWS] = "shadows",
	[MARK_STALE] = "stale",
};

void member_mark(struct member *member, enum mark mark, const char *cause, const char *format, ...)
{
	struct marking *marking = &member->marks[mark];
	va_list arguments;

	if (marking->cause)
		return;
	marking->cause = cause;
	va_start(arguments, format);
	vsnprintf(marking->evidence, sizeof(marking->evidence), format, arguments);
	va_end(arguments);
}

bool member_is_marked(const struct member *member)
{
	for (size_t i = 0; i < MARKS; i++)
		if (member->marks[i].cause)
			return true;
	return false;
}

/* Whether the kernel, as far as it was asked, has both in one group, or in none each. */
static bool belong_together(const struct socket_info *left, const struct socket_info *right)
{
	if (list_compare_places(left, right) != 0 || left->uid != right->uid ||
	    left->details.known != right->details.known)
		return false;
	if (left->details.known && left->details.group != right->details.group)
		return false;
	/* In a group, a connected socket stays a member. */
	return left->details.grouped || !left->details.known || left->connected == right->connected;
}

/* Without the kernel's word: what shares a place is one. */
static bool is_group(const struct socket_info *first, size_t count)
{
	return first->details.known ? first->details.grouped : count > 1;
}

static void fill_member(struct member *member, const struct socket_list *list,
			const struct socket_info *socket)
{
	member->socket = socket;
	if (!socket->owner_count)
		return;
	member->owners = &list->owners[socket->first_owner];
	for (size_t i = 0; i < socket->owner_count; i++) {
		const struct socket_owner *owner = &member->owners[i];

		if (!member->holder || owner->sockets < member->holder->sockets) {
			member->holder = owner;
			member->sharers = 0;
		}
		if (owner->sockets == member->holder->sockets)
			member->sharers++;
	}
}

static size_t add_groups(struct group_list *out, const struct place *place, size_t used)
{
	const struct socket_list *list = &place->list;
	struct group *group = NULL;

	for (size_t i = 0; i < list->count; i++) {
		struct member *member = &out->members[used++];

		fill_member(member, list, &list->items[i]);
		if (!group || !belong_together(group_socket(group), &list->items[i])) {
			group = &out->items[out->count++];
			*group = (struct group){ .namespace = place->namespace, .members = member };
		}
		group->count++;
		group->is_group = is_group(group_socket(group), group->count);
	}
	return used;
}

/* What was asked for, and what takes something from that. */
static void choose_shown(struct group_list *list, const struct groups_options *options)
{
	for (size_t i = 0; i < list->count; i++)
		list->items[i].shown =
			options->ports.text || options->all || list->items[i].is_group;
	for (size_t i = 0; i < list->shadow_count; i++)
		if (list->items[list->shadows[i].victim].is_group)
			list->items[list->shadows[i].taker].shown = true;
}

int groups_find(struct group_list *out, const struct survey *survey)
{
	size_t all = 0, used = 0;
	int error;

	*out = (struct group_list){ .count = 0 };
	for (size_t i = 0; i < survey->count; i++)
		all += survey->places[i].list.count;
	out->items = calloc(all + 1, sizeof(*out->items));
	out->members = calloc(all + 1, sizeof(*out->members));
	if (!out->items || !out->members)
		return -ENOMEM;
	for (size_t i = 0; i < survey->count; i++)
		used = add_groups(out, &survey->places[i], used);
	error = shadows_find(out);
	if (!error)
		choose_shown(out, survey->options);
	return error;
}

void groups_free(struct group_list *list)
{
	free(list->items);
	free(list->members);
	free(list->shadows);
	*list = (struct group_list){ .count = 0 };
}
