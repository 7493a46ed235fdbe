/*
 * Sockets that are not what they should be: as fairport-groups marked them, with what the probe
 * counted at them meanwhile.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "common/clock.h"

size_t marked_find(struct marked list[static MARKED_LIMIT], const struct run *run,
		   const char *cause)
{
	const struct observed *observed = &run->observed;
	size_t count = 0;

	for (size_t g = 0; g < observed->group_count; g++) {
		const struct observed_group *group = &observed->groups[g];

		for (size_t p = 0; p < group->member_count; p++) {
			const struct observed_place *place = &group->members[p];
			size_t at = observed_find(observed, place->cookie);

			for (size_t m = 0; m < place->mark_count; m++) {
				if (strcmp(place->marks[m].cause, cause) != 0)
					continue;
				if (count < MARKED_LIMIT)
					list[count] = (struct marked){
						group, place, &place->marks[m],
						at == OBSERVED_NONE ? NULL : &observed->members[at]
					};
				count++;
			}
		}
	}
	return count;
}

uint64_t member_arrivals(const struct observed_member *member)
{
	return member->tcp ? member->handshakes : member->arrivals;
}

/* Not one call on it in a second or more, though at least so many came, and they wait. */
#define DEAD_ARRIVALS 10

static bool took_nothing(const struct run *run, const struct observed_member *member)
{
	const struct observed *observed = &run->observed;
	uint64_t arrivals = member_arrivals(member);

	if (!member->final || !member->open || member->packets != 0 ||
	    arrivals == OBSERVED_UNKNOWN || arrivals < DEAD_ARRIVALS ||
	    observed->elapsed < NS_PER_SECOND || member->queue_packets == OBSERVED_UNKNOWN ||
	    member->queue_packets == 0)
		return false;
	for (size_t i = 0; i < observed->worker_count; i++)
		if (observed->workers[i].cookie == member->cookie && observed->workers[i].calls)
			return false;
	return true;
}

bool member_is_dead(const struct run *run, const struct observed_member *member)
{
	const struct observed *observed = &run->observed;

	if (took_nothing(run, member))
		return true;
	if (member->group == OBSERVED_NONE || member->packets > 0)
		return false;
	for (size_t m = 0; m < observed->groups[member->group].members[member->place].mark_count;
	     m++)
		if (strcmp(observed->groups[member->group].members[member->place].marks[m].cause,
			   "dead-member") == 0)
			return true;
	return false;
}

/* "slot 2, pid 4711, nginx": what is known of it. */
static void name_place(char *text, size_t size, const struct observed_place *place)
{
	size_t used = 0;

	text[0] = '\0';
	if (place->slot != OBSERVED_UNKNOWN)
		used = (size_t)snprintf(text, size, "slot %llu", (unsigned long long)place->slot);
	if (place->holder.pid && used < size)
		snprintf(text + used, size - used, "%spid %llu, %s", used ? ", " : "",
			 (unsigned long long)place->holder.pid, place->holder.comm);
	if (!text[0])
		snprintf(text, size, "socket %llu", (unsigned long long)place->cookie);
}

/* "; 1,024 of 4,096 packets came to it, 12 are queued": what the probe counted there. */
static void count_there(char *text, size_t size, const struct run *run, const struct marked *marked)
{
	const struct observed_member *member = marked->member;
	char arrived[UNITS_TEXT], all[UNITS_TEXT], lost[UNITS_TEXT], drops[64] = "";
	uint64_t sum = 0, arrivals;

	text[0] = '\0';
	if (!member || member_arrivals(member) == OBSERVED_UNKNOWN)
		return;
	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *other = &run->observed.members[i];

		arrivals = member_arrivals(other);
		if (other->tcp == member->tcp && other->port == member->port &&
		    arrivals != OBSERVED_UNKNOWN)
			sum += arrivals;
	}
	if (member->dropped)
		snprintf(drops, sizeof(drops), ", where %s were dropped",
			 units_grouped(lost, member->dropped));
	snprintf(text, size, "; %s of %s %s came to it%s",
		 units_grouped(arrived, member_arrivals(member)), units_grouped(all, sum),
		 member->tcp ? "connections" : "packets", drops);
}

/* How many they are, the first of them, what is wrong with it, and what came to it. */
static void tell(struct cause *cause, const struct run *run, const struct marked *list,
		 size_t count, const char *what)
{
	char name[96], there[160], more[64] = "";

	name_place(name, sizeof(name), list[0].place);
	count_there(there, sizeof(there), run, &list[0]);
	if (count > 1)
		snprintf(more, sizeof(more), "%zu members; the first ", count);
	cause_evidence(cause, "%s%s (%s): %.220s%s", more, what, name, list[0].mark->evidence,
		       there);
}

/* A command for the process of each of them. */
static void for_each_process(struct cause *cause, const struct marked *list, size_t count,
			     const char *command)
{
	uint64_t before = 0;

	for (size_t i = 0; i < count && i < CAUSE_COMMANDS / 2; i++) {
		uint64_t pid = list[i].place->holder.pid;

		if (pid && pid != before)
			cause_command(cause, "%s %llu", command, (unsigned long long)pid);
		before = pid;
	}
}

static bool dead_by_count(struct cause *cause, const struct run *run)
{
	const struct observed *observed = &run->observed;
	const struct observed_member *first = NULL;
	char arrived[UNITS_TEXT], waits[UNITS_TEXT], time[UNITS_TEXT], name[64] = "";
	size_t count = 0;

	for (size_t i = 0; i < observed->member_count; i++) {
		const struct observed_member *member = &observed->members[i];

		if (!took_nothing(run, member))
			continue;
		if (!first)
			first = member;
		count++;
		if (member->owner_count && count <= CAUSE_COMMANDS / 2)
			cause_command(cause, "kill %llu",
				      (unsigned long long)member->owners[0].pid);
	}
	if (!first)
		return false;
	if (first->owner_count)
		snprintf(name, sizeof(name), " of pid %llu, %s",
			 (unsigned long long)first->owners[0].pid, first->owners[0].comm);
	cause_evidence(
		cause,
		"%zu socket%s: at that%s, %s %s arrived, %s wait, and nobody took any out in "
		"%s",
		count, count == 1 ? "" : "s", name, units_grouped(arrived, member_arrivals(first)),
		first->tcp ? "connections" : "packets", units_grouped(waits, first->queue_packets),
		units_duration_text(time, observed->elapsed));
	cause_remedy(cause,
		     "restart the process that does not read: when its socket is closed, the "
		     "others share what it got");
	return true;
}

bool cause_dead_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "dead-member"), kept = 0;
	bool stopped = false;

	/* It was read after all, later. */
	for (size_t i = 0; i < count && i < MARKED_LIMIT; i++)
		if (!list[i].member || list[i].member->packets == OBSERVED_UNKNOWN ||
		    list[i].member->packets == 0)
			list[kept++] = list[i];
	if (kept == 0)
		return dead_by_count(cause, scene->run);
	tell(cause, scene->run, list, kept, "nobody reads it");
	stopped = strstr(list[0].mark->evidence, "(state T)") != NULL;
	if (list[0].place->holder.pid == 0)
		cause_remedy(cause,
			     "no process has it: it waits in another socket's queue "
			     "(SCM_RIGHTS) for one that takes it; restart who passes it on, or "
			     "let that one close it");
	else if (stopped)
		cause_remedy(cause, "let the process go on; or end it: when its socket is closed, "
				    "the others share what it got");
	else
		cause_remedy(cause,
			     "see where it waits, and restart it: when its socket is closed, "
			     "the others share what it got");
	for_each_process(cause, list, kept, stopped ? "kill -CONT" : "kill");
	return true;
}

bool cause_foreign_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "foreign-member");

	if (count == 0)
		return false;
	tell(cause, scene->run, list, count, "another program is in the group");
	cause_remedy(cause,
		     "end it, or have it bind another port or without SO_REUSEPORT; who runs "
		     "each service as a user of its own is safe from it, as only sockets of "
		     "the same user can join");
	for_each_process(cause, list, count, "kill");
	return true;
}

bool cause_stale_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "stale-member");

	if (count == 0)
		return false;
	tell(cause, scene->run, list, count, "left over from before");
	cause_remedy(cause,
		     "end what was left over; and at a reload, let the old process close its "
		     "socket before it drains, or wait until it has ended");
	for_each_process(cause, list, count, "kill");
	return true;
}

/* Of those that take what others would get: which did, or may have done so. */
static size_t keep_takers(struct marked *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count && i < MARKED_LIMIT; i++)
		if (!list[i].member || member_arrivals(list[i].member) != 0)
			list[kept++] = list[i];
	return kept;
}

bool cause_shadowed(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = keep_takers(list, marked_find(list, scene->run, "shadowed"));

	if (count == 0)
		return false;
	tell(cause, scene->run, list, count, "a more specific bind");
	cause_remedy(cause,
		     "bind all to the same address and device: the kernel looks for the most "
		     "specific one first, and only among its equals it divides; or end the one "
		     "that takes");
	for_each_process(cause, list, count, "kill");
	return true;
}

/*
 * Whether its process is of the same program as members of a group on the port, but has none there:
 * a worker that shall have a share, and gets nothing, as connected sockets are passed over.
 */
static bool lacks_share(const struct run *run, const struct marked *marked)
{
	const struct observed_process *holder = &marked->place->holder;
	bool alike = false;

	for (size_t g = 0; g < run->observed.group_count; g++) {
		const struct observed_group *group = &run->observed.groups[g];

		if (group->tcp || !group->grouped || group->port != marked->group->port)
			continue;
		for (size_t p = 0; p < group->member_count; p++) {
			const struct observed_process *other = &group->members[p].holder;

			if (other->pid == holder->pid && !group->members[p].peer[0])
				return false;
			alike |= strcmp(other->comm, holder->comm) == 0;
		}
	}
	return alike && holder->pid;
}

bool cause_connected_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t all = marked_find(list, scene->run, "connected-member"), count = 0;

	for (size_t i = 0; i < all && i < MARKED_LIMIT; i++) {
		const struct observed_member *member = list[i].member;

		/* As a member it lacks its share, whatever its peer does. */
		if (list[i].group->grouped || !member || member_arrivals(member) != 0 ||
		    lacks_share(scene->run, &list[i]))
			list[count++] = list[i];
	}
	if (count == 0)
		return false;
	tell(cause, scene->run, list, count, "a connected socket");
	cause_remedy(cause,
		     "do not connect(2) a member of a group: talk to the peer with a socket of "
		     "its own, or dissolve the connection, and it gets its share again");
	cause_command(cause, "connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC },");
	cause_command(cause, "        sizeof(struct sockaddr));");
	return true;
}
