/*
 * Sockets that are not what they should be: as fairport-groups marked them, with what the probe
 * counted at them meanwhile. dead.c has those that nobody reads.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/causes/family.h"
#include "analysis/run.h"

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

static bool is_owner(const struct observed_member *member, uint64_t pid)
{
	for (size_t i = 0; i < member->owner_count; i++)
		if (member->owners[i].pid == pid)
			return true;
	return false;
}

size_t member_others(const struct run *run, const struct observed_member *member, uint64_t pid)
{
	size_t count = 0;

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *other = &run->observed.members[i];

		count += other != member && other->open && other->tcp == member->tcp &&
			 other->port == member->port && is_owner(other, pid);
	}
	return count;
}

const struct observed_process *member_process(const struct run *run,
					      const struct observed_member *member)
{
	const struct observed_process *found = NULL;
	uint64_t most = 0;
	size_t fewest = SIZE_MAX;

	for (size_t i = 0; i < run->observed.worker_count; i++) {
		const struct observed_worker *worker = &run->observed.workers[i];

		if (worker->cookie != member->cookie || worker->packets + worker->accepts <= most)
			continue;
		most = worker->packets + worker->accepts;
		found = &worker->process;
	}
	for (size_t i = 0; !most && i < member->owner_count; i++) {
		size_t others = member_others(run, member, member->owners[i].pid);

		if (others >= fewest)
			continue;
		fewest = others;
		found = &member->owners[i];
	}
	return found;
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
	char arrived[UNITS_TEXT], all[UNITS_TEXT], lost[UNITS_TEXT], drops[80] = "";
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
		snprintf(drops, sizeof(drops), ", where %s%s were dropped",
			 units_grouped(lost, member->dropped),
			 member->tcp ? " packets of handshakes, repeated ones too," : "");
	snprintf(text, size, "; %s of %s %s came to it%s",
		 units_grouped(arrived, member_arrivals(member)), units_grouped(all, sum),
		 member->tcp ? "connections" : "packets", drops);
}

void marked_tell(struct cause *cause, const struct run *run, const struct marked *list,
		 size_t count, const char *what)
{
	static const char early[] = "; nothing waits yet";
	const char *evidence = list[0].mark->evidence;
	size_t length = strlen(evidence), end = sizeof(early) - 1;
	char name[96], there[160], more[64] = "";

	name_place(name, sizeof(name), list[0].place);
	count_there(there, sizeof(there), run, &list[0]);
	if (count > 1)
		snprintf(more, sizeof(more), "%zu members; the first: ", count);
	/* That was so at the beginning; what came since then says more. */
	if (there[0] && length > end && strcmp(evidence + length - end, early) == 0)
		length -= end;
	cause_evidence(cause, "%s%s (%s): %.*s%s", more, what, name,
		       (int)(length < 220 ? length : 220), evidence, there);
}

/* To end the process of each of them. */
static void end_each(struct cause *cause, const struct marked *list, size_t count)
{
	uint64_t before = 0;

	for (size_t i = 0; i < count && i < CAUSE_COMMANDS / 2; i++) {
		uint64_t pid = list[i].place->holder.pid;

		if (pid && pid != before)
			cause_command(cause, "kill %llu", (unsigned long long)pid);
		before = pid;
	}
}

bool cause_foreign_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "foreign-member");

	if (count == 0)
		return false;
	marked_tell(cause, scene->run, list, count, "another program is in the group");
	cause_remedy(cause,
		     "end it, or have it bind another port or without SO_REUSEPORT; who runs "
		     "each service as a user of its own is safe from it, as only sockets of "
		     "the same user can join");
	end_each(cause, list, count);
	return true;
}

bool cause_stale_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "stale-member");

	if (count == 0)
		return false;
	marked_tell(cause, scene->run, list, count, "left over from before");
	cause_remedy(cause,
		     "end what was left over; and at a reload, let the old process close its "
		     "socket before it drains, or wait until it has ended");
	end_each(cause, list, count);
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

/* The process of the first of LIST has sockets among those that it takes from, too. */
static bool is_of_victims(const struct run *run, const struct marked *list)
{
	const struct observed_process *holder = &list[0].place->holder;

	for (size_t g = 0; g < run->observed.group_count; g++) {
		const struct observed_group *group = &run->observed.groups[g];

		if (group == list[0].group || group->tcp != list[0].group->tcp ||
		    group->port != list[0].group->port)
			continue;
		for (size_t p = 0; holder->pid && p < group->member_count; p++)
			if (group->members[p].holder.pid == holder->pid)
				return true;
	}
	return false;
}

bool cause_shadowed(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = keep_takers(list, marked_find(list, scene->run, "shadowed"));

	if (count == 0)
		return false;
	marked_tell(cause, scene->run, list, count, "a more specific bind");
	if (is_of_victims(scene->run, list)) {
		cause_remedy(cause,
			     "the same process has the sockets that it takes from: if it is meant "
			     "to serve that address apart, nothing is wrong; else bind all to the "
			     "same address and device, as only among equals the kernel divides");
		return true;
	}
	cause_remedy(cause,
		     "bind all to the same address and device: the kernel looks for the most "
		     "specific one first, and only among its equals it divides; or end the one "
		     "that takes");
	end_each(cause, list, count);
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
	marked_tell(cause, scene->run, list, count, "a connected socket");
	if (list[0].group->grouped) {
		cause_remedy(cause,
			     "do not connect(2) a member of a group: talk to the peer with a "
			     "socket of its own, or dissolve the connection, and it gets its share "
			     "again");
		cause_command(cause, "connect(fd, &(struct sockaddr){ .sa_family = AF_UNSPEC },");
		cause_command(cause, "        sizeof(struct sockaddr));");
		return true;
	}
	cause_remedy(cause,
		     "do not connect(2) a member of a group: talk to the peer with a socket of "
		     "its own. What has left its group does not come back, even if the connection "
		     "is dissolved: have the worker close it and open another, or restart it");
	cause_command(cause, "close(fd);");
	cause_command(cause, "fd = socket(family, SOCK_DGRAM, 0);");
	cause_command(cause, "setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));");
	cause_command(cause, "bind(fd, address, length); /* and no connect(2) */");
	return true;
}
