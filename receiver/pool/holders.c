#include "receiver/pool/holders.h"

#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/address.h"
#include "common/hosts.h"
#include "common/message.h"
#include "receiver/pool/bound.h"

#define NAMED_LIMIT 8 /* processes in one message */
#define TOLD_LIMIT  4 /* addresses, each with a message of its own */

/* How what another socket takes lies to what ours will take. Bits, for masks. */
enum overlap {
	OVERLAP_NONE = 0,
	OVERLAP_SAME = 1,
	OVERLAP_THEIRS_NARROWER = 2,
	OVERLAP_OURS_NARROWER = 4,
	OVERLAP_ANY = 7,
};

/* What will be bound, and what else there is. */
struct scene {
	const struct address *address;
	bool wildcard, tcp;
	struct bound bound;
};

/* The sockets that a message is about: those that overlap so and, unless NULL, at that address. */
struct subject {
	unsigned int overlaps;
	const struct address *at;
};

/* Whether a socket bound to WIDE takes what comes to NARROW too, in want of a better one. */
static bool covers(const struct address *wide, bool dual, const struct address *narrow)
{
	return host_is_any(wide) &&
	       (host_is_v4(wide) == host_is_v4(narrow) || (!host_is_v4(wide) && dual));
}

static enum overlap overlap_with(const struct scene *scene, const struct bound_socket *socket)
{
	if (hosts_equal(scene->address, &socket->address))
		return OVERLAP_SAME;
	if (socket->connected)
		return OVERLAP_NONE; /* it takes from one peer: nobody's loss */
	if (covers(scene->address, scene->wildcard, &socket->address))
		return OVERLAP_THEIRS_NARROWER;
	/* /proc/net does not tell whether theirs is IPV6_V6ONLY. */
	if (covers(&socket->address, true, scene->address))
		return OVERLAP_OURS_NARROWER;
	return OVERLAP_NONE;
}

static bool is_about(const struct scene *scene, const struct subject *subject, size_t index)
{
	const struct bound_socket *socket = &scene->bound.sockets[index];

	return (overlap_with(scene, socket) & subject->overlaps) &&
	       (!subject->at || hosts_equal(&socket->address, subject->at));
}

struct names {
	char list[NAMED_LIMIT][112];
	size_t count; /* of all, also those for which there is no room */
};

/* The next place for a name, NULL if there is none. */
static char *next_name(struct names *names)
{
	return names->count++ < NAMED_LIMIT ? names->list[names->count - 1] : NULL;
}

static const char *user_text(char buffer[static 40], uid_t user)
{
	const struct passwd *entry = getpwuid(user);

	if (entry)
		snprintf(buffer, 40, "%.32s", entry->pw_name);
	else
		snprintf(buffer, 40, "%u", user);
	return buffer;
}

static void name_owners(struct names *names, const struct scene *scene,
			const struct subject *subject)
{
	pid_t last = 0;
	char user[40];

	for (size_t i = 0; i < scene->bound.owner_count; i++) {
		const struct bound_owner *owner = &scene->bound.owners[i];
		uid_t uid = scene->bound.sockets[owner->socket].user;
		char *name;

		if (owner->pid == last || !is_about(scene, subject, owner->socket))
			continue;
		last = owner->pid;
		name = next_name(names);
		if (name && uid == geteuid())
			snprintf(name, sizeof(names->list[0]), "pid %d (%s)", (int)owner->pid,
				 owner->command);
		else if (name)
			snprintf(name, sizeof(names->list[0]), "pid %d (%s, user %s)",
				 (int)owner->pid, owner->command, user_text(user, uid));
	}
}

/* Once for each user. */
static void name_unseen(struct names *names, const struct scene *scene,
			const struct subject *subject)
{
	for (size_t i = 0; i < scene->bound.socket_count; i++) {
		const struct bound_socket *sockets = scene->bound.sockets;
		char *name, user[40];
		size_t j = 0;

		if (sockets[i].seen || !is_about(scene, subject, i))
			continue;
		while (sockets[j].seen || sockets[j].user != sockets[i].user ||
		       !is_about(scene, subject, j))
			j++;
		if (j < i)
			continue;
		name = next_name(names);
		if (name)
			snprintf(name, sizeof(names->list[0]),
				 "a process of user %s that is not visible",
				 user_text(user, sockets[i].user));
	}
}

#define HOLDERS_TEXT 960

/* "pid 123 (nc) and pid 124 (nc)". Empty if there is none. */
static const char *holders_text(char text[static HOLDERS_TEXT], const struct scene *scene,
				const struct subject *subject)
{
	struct names names = { .count = 0 };
	size_t shown, used = 0;

	name_owners(&names, scene, subject);
	name_unseen(&names, scene, subject);
	shown = names.count < NAMED_LIMIT ? names.count : NAMED_LIMIT;
	text[0] = '\0';
	for (size_t i = 0; i < shown; i++) {
		const char *before = i == 0 ? "" : i + 1 == names.count ? " and " : ", ";

		used += (size_t)snprintf(text + used, HOLDERS_TEXT - used, "%s%s", before,
					 names.list[i]);
	}
	if (names.count > shown)
		snprintf(text + used, HOLDERS_TEXT - used, " and %zu more", names.count - shown);
	return text;
}

/* Whether the kernel would not let ours into their group. */
static bool is_foreign(const struct scene *scene, const struct subject *subject)
{
	for (size_t i = 0; i < scene->bound.socket_count; i++)
		if (is_about(scene, subject, i) && scene->bound.sockets[i].user != geteuid())
			return true;
	return false;
}

static void tell_same(const struct scene *scene, const struct subject *subject, bool join)
{
	const char *what = scene->tcp ? "connections" : "packets";
	char holders[HOLDERS_TEXT], address[ADDRESS_TEXT], user[40];

	holders_text(holders, scene, subject);
	address_text(address, scene->address);
	if (join) {
		message_warning("%s (%s) is shared with %s: they take a part of its %s", address,
				scene->tcp ? "TCP" : "UDP", holders, what);
		return;
	}
	message_error("%s (%s) is held by %s", address, scene->tcp ? "TCP" : "UDP", holders);
	if (is_foreign(scene, subject))
		message_hint("all members of a group must belong to one effective user (this one "
			     "is %s), and all must set SO_REUSEPORT before bind(2); end the "
			     "holder or take another port",
			     user_text(user, geteuid()));
	else
		message_hint("as the same user they would share its %s; end them, take another "
			     "port, or join their group with --join, if they set SO_REUSEPORT",
			     what);
}

/* About the sockets at one other address. */
static void tell_other(const struct scene *scene, const struct address *other, enum overlap overlap)
{
	struct subject subject = { overlap, other };
	char holders[HOLDERS_TEXT], ours[ADDRESS_TEXT], theirs[ADDRESS_TEXT];

	holders_text(holders, scene, &subject);
	address_text(ours, scene->address);
	address_text(theirs, other);
	if (overlap == OVERLAP_THEIRS_NARROWER)
		message_warning("%s (%s) is held by %s, who takes all that is sent to it from %s",
				theirs, scene->tcp ? "TCP" : "UDP", holders, ours);
	else
		message_warning("%s (%s) takes all that is sent to it from %s, held by %s%s", ours,
				scene->tcp ? "TCP" : "UDP", theirs, holders,
				host_is_v4(other) == host_is_v4(scene->address)
					? ""
					: ", unless that is for IPv6 only");
}

static void tell_others(const struct scene *scene)
{
	size_t told = 0;

	for (size_t i = 0; i < scene->bound.socket_count; i++) {
		const struct bound_socket *socket = &scene->bound.sockets[i];
		enum overlap overlap = overlap_with(scene, socket);
		struct subject here = { overlap, &socket->address };
		size_t first = 0;

		if (overlap == OVERLAP_NONE || overlap == OVERLAP_SAME)
			continue;
		while (!is_about(scene, &here, first))
			first++;
		if (first == i && told++ < TOLD_LIMIT)
			tell_other(scene, &socket->address, overlap);
	}
	if (told > TOLD_LIMIT)
		message_warning("%zu more addresses are held on this port", told - TOLD_LIMIT);
}

static bool scene_open(struct scene *scene)
{
	int error = bound_find(&scene->bound, address_port(scene->address), scene->tcp);

	if (error)
		message_warning("could not look for other sockets on port %u: %s",
				address_port(scene->address), strerror(-error));
	return !error;
}

bool holders_allow(const struct address *address, bool wildcard, bool tcp, bool join)
{
	static const struct subject same = { OVERLAP_SAME, NULL };
	struct scene scene = { .address = address, .wildcard = wildcard, .tcp = tcp };
	bool held = false;

	if (address_port(address) == 0)
		return true;
	if (scene_open(&scene)) {
		for (size_t i = 0; i < scene.bound.socket_count && !held; i++)
			held = is_about(&scene, &same, i);
		if (held)
			tell_same(&scene, &same, join);
		if (!held || join)
			tell_others(&scene);
	}
	bound_free(&scene.bound);
	return !held || join;
}

void holders_explain(const struct address *address, bool wildcard, bool tcp)
{
	static const struct subject all = { OVERLAP_ANY, NULL };
	struct scene scene = { .address = address, .wildcard = wildcard, .tcp = tcp };
	char holders[HOLDERS_TEXT], user[40];

	if (scene_open(&scene) && *holders_text(holders, &scene, &all)) {
		message_hint("port %u (%s) is held by %s", address_port(address),
			     tcp ? "TCP" : "UDP", holders);
		message_hint("all members of a group must belong to one effective user (this one "
			     "is %s), and all must set SO_REUSEPORT before bind(2)",
			     user_text(user, geteuid()));
	} else {
		message_hint("no holder is visible: it may be gone by now%s; see 'ss -%canp sport "
			     "= :%u'",
			     tcp ? ", or connections of it are left" : "", tcp ? 't' : 'u',
			     address_port(address));
	}
	bound_free(&scene.bound);
}
