#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

#include "common/units.h"
#include "probes/groups/options.h"
#include "probes/groups/report.h"
#include "probes/groups/shadow.h"
#include "probes/groups/table.h"
#include "probes/sockets/namespace.h"

#define COLUMNS     80
#define LINE_TEXT   1024
#define NAMED_LIMIT 8  /* members that one line names */
#define TOLD_LIMIT  12 /* lines about one kind of mark in a group */

/* Breaks TEXT at blanks, and begins each line but the first with INDENT of them. */
static void print_wrapped(const char *text, int indent)
{
	int column = 0;

	while (*text) {
		int length = (int)strcspn(text, " ");

		if (column > 0 && column + 1 + length > COLUMNS) {
			printf("\n%*s", indent, "");
			column = indent;
		} else if (column > 0) {
			putchar(' ');
			column++;
		}
		printf("%.*s", length, text);
		column += length;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* How the kernel chooses among the members; empty where that is unknown. */
static void chooser_text(char text[static 96], const struct group *group)
{
	const struct socket_details *details = &group_socket(group)->details;

	text[0] = '\0';
	if (!group->is_group || !details->known)
		return;
	if (!details->program_type)
		snprintf(text, 96, ", chosen by hash");
	else if (!details->program)
		snprintf(text, 96, ", chosen by classic BPF");
	else
		snprintf(text, 96, ", chosen by eBPF program %u%s%.16s (%.32s)", details->program,
			 details->program_name[0] ? " " : "", details->program_name,
			 libbpf_bpf_prog_type_str(details->program_type));
}

static const char *kind_text(const struct group *group)
{
	const struct socket_info *socket = group_socket(group);

	if (group->is_group)
		return group->count == 1 ? "member" : "members";
	if (!socket->details.known)
		return socket->connected ? "connected socket" : "socket";
	if (group->count == 1)
		return socket->connected ? "connected socket in no group" : "socket in no group";
	return socket->connected ? "connected sockets in no group" : "sockets in no group";
}

#define PHRASE_TEXT (NAMESPACE_TEXT + 32)

static void namespace_phrase(char text[static PHRASE_TEXT], const struct namespace *namespace)
{
	char name[NAMESPACE_TEXT];

	if (namespace->own && !namespace->name[0])
		snprintf(text, PHRASE_TEXT, " in our network namespace");
	else
		snprintf(text, PHRASE_TEXT, " in network namespace %s",
			 namespace_text(name, namespace));
}

static void print_heading(const struct group *group, bool named)
{
	const struct socket_info *socket = group_socket(group);
	char address[ADDRESS_TEXT], count[UNITS_TEXT], user[USER_TEXT], chooser[96];
	char where[PHRASE_TEXT] = "", text[LINE_TEXT];
	const char *family = "";

	if (socket->local.any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&socket->local.v6.sin6_addr) && !socket->connected)
		family = socket->v6only ? ", IPv6 only" : ", IPv6 and IPv4";
	if (named)
		namespace_phrase(where, group->namespace);
	chooser_text(chooser, group);
	snprintf(text, sizeof(text), "%s %s%s%s%s%s, %s %s, user %s%s", socket->tcp ? "TCP" : "UDP",
		 address_text(address, &socket->local), socket->device[0] ? " on " : "",
		 socket->device, where, family, units_grouped(count, group->count),
		 kind_text(group), user_text(user, socket->uid), chooser);
	print_wrapped(text, 4);
}

static void print_shadowed(const struct group_list *list, size_t index)
{
	for (size_t i = 0; i < list->shadow_count; i++) {
		const struct shadow *shadow = &list->shadows[i];
		const struct group *taker = &list->items[shadow->taker];
		const struct member *first = &taker->members[0];
		char address[ADDRESS_TEXT], what[SHADOW_TEXT], who[80] = "", text[LINE_TEXT];

		if (shadow->victim != index)
			continue;
		if (taker->count > 1)
			snprintf(who, sizeof(who), " (%zu sockets)", taker->count);
		else if (first->holder)
			snprintf(who, sizeof(who), " (pid %d, %.32s)", (int)first->holder->pid,
				 first->holder->command);
		snprintf(text, sizeof(text), "shadowed by %s%s, which %s",
			 address_text(address, &group_socket(taker)->local), who,
			 shadow_text(what, list, shadow));
		print_wrapped(text, 4);
	}
}

static bool same_marking(const struct marking *left, const struct marking *right)
{
	return left->cause && right->cause && strcmp(left->cause, right->cause) == 0 &&
	       strcmp(left->evidence, right->evidence) == 0;
}

static void name_member(char *text, size_t room, const struct member *member)
{
	const struct socket_details *details = &member->socket->details;
	size_t used = 0;

	if (details->grouped && details->slot != UINT32_MAX)
		used = (size_t)snprintf(text, room, "slot %u%s", details->slot,
					member->holder ? ", " : "");
	else if (!member->holder)
		used = (size_t)snprintf(text, room, "cookie %llu",
					(unsigned long long)member->socket->cookie);
	if (member->holder && used < room)
		snprintf(text + used, room - used, "pid %d", (int)member->holder->pid);
}

/* Who else, from FIRST on, is so marked, all in one line. */
static void print_marking(const struct group *group, size_t first, enum mark mark)
{
	const struct marking *marking = &group->members[first].marks[mark];
	char text[LINE_TEXT], names[LINE_TEXT / 2] = "";
	size_t count = 0, used = 0;

	for (size_t i = first; i < group->count; i++) {
		char name[64];

		if (!same_marking(marking, &group->members[i].marks[mark]) ||
		    count++ >= NAMED_LIMIT)
			continue;
		name_member(name, sizeof(name), &group->members[i]);
		used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s",
					 used ? "; " : "", name);
	}
	if (count == group->count && count > 1)
		snprintf(names, sizeof(names), "all %zu", count);
	else if (count > NAMED_LIMIT)
		snprintf(names + used, sizeof(names) - used, " and %zu more", count - NAMED_LIMIT);
	snprintf(text, sizeof(text), "! %s (%s): %s", mark_names[mark], names, marking->evidence);
	print_wrapped(text, 4);
}

static void print_marks(const struct group *group)
{
	for (size_t mark = 0; mark < MARKS; mark++) {
		size_t told = 0;

		for (size_t i = 0; i < group->count; i++) {
			size_t first = 0;

			if (!group->members[i].marks[mark].cause)
				continue;
			while (!same_marking(&group->members[first].marks[mark],
					     &group->members[i].marks[mark]))
				first++;
			if (first == i && told++ < TOLD_LIMIT)
				print_marking(group, i, (enum mark)mark);
		}
		if (told > TOLD_LIMIT)
			printf("! %s: %zu more\n", mark_names[mark], told - TOLD_LIMIT);
	}
}

static void print_nothing(const struct group_list *list)
{
	size_t others = 0;
	char count[UNITS_TEXT];

	for (size_t i = 0; i < list->count; i++)
		others += list->items[i].count;
	printf("No groups");
	if (others)
		printf("; %s socket%s in none (--all shows %s)", units_grouped(count, others),
		       others == 1 ? " is" : "s are", others == 1 ? "it" : "them");
	printf(".\n");
}

static void print_sum(const struct totals *totals)
{
	const char *before = " Marked:";

	if (totals->groups)
		printf("%zu group%s of %zu socket%s", totals->groups, plural(totals->groups),
		       totals->members, plural(totals->members));
	if (totals->sockets)
		printf("%s%zu socket%s in no group", totals->groups ? ", " : "", totals->sockets,
		       plural(totals->sockets));
	printf(".%s", totals->marked ? "" : " Nothing to remark.");
	for (size_t mark = 0; mark < MARKS; mark++) {
		if (!totals->marks[mark])
			continue;
		printf("%s %zu %s", before, totals->marks[mark], mark_names[mark]);
		before = ",";
	}
	printf("%s\n", totals->marked ? "." : "");
}

void print_groups(const struct group_list *list, const struct groups_options *options)
{
	struct totals totals = report_totals(list);

	if (totals.groups + totals.sockets == 0) {
		print_nothing(list);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct group *group = &list->items[i];

		if (!group->shown)
			continue;
		print_heading(group, options->all_netns);
		print_shadowed(list, i);
		print_table(group, options->every);
		print_marks(group);
		putchar('\n');
	}
	print_sum(&totals);
}
