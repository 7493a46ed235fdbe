#include "probes/groups/watched.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/units.h"
#include "probes/groups/group.h"
#include "probes/groups/options.h"
#include "probes/groups/survey.h"

static const struct socket_owner *owners_of(const struct socket_list *list,
					    const struct socket_info *socket)
{
	return socket->owner_count ? &list->owners[socket->first_owner] : NULL;
}

static bool is_stopped(const struct socket_owner *owner)
{
	return owner->state == 'T' || owner->state == 't';
}

/* See struct member for whom a socket is said to be of. */
static bool holder_is_awake(const struct socket_owner *owners, size_t count)
{
	size_t fewest = SIZE_MAX;
	bool awake = false;

	for (size_t i = 0; i < count; i++) {
		if (owners[i].sockets > fewest)
			continue;
		if (owners[i].sockets < fewest)
			awake = false;
		fewest = owners[i].sockets;
		awake |= !is_stopped(&owners[i]);
	}
	return awake;
}

/* ns for which all threads of the process have run, see "Scheduler statistics" of the kernel. */
static uint64_t process_ran(pid_t pid)
{
	char path[96];
	uint64_t sum = 0;
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		uint64_t ran = 0;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", (int)pid,
			 entry->d_name);
		file = entry->d_name[0] == '.' ? NULL : fopen(path, "re");
		if (file && fscanf(file, "%" SCNu64, &ran) == 1)
			sum += ran;
		if (file)
			fclose(file);
	}
	if (tasks)
		closedir(tasks);
	return sum;
}

static uint64_t holders_ran(const struct socket_owner *owners, size_t count)
{
	size_t fewest = SIZE_MAX;
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		if (owners[i].sockets < fewest)
			fewest = owners[i].sockets;
	for (size_t i = 0; i < count; i++)
		if (owners[i].sockets == fewest)
			sum += process_ran(owners[i].pid);
	return sum;
}

/* UDP: a packet is let in while what is there is less than the buffer. */
static bool is_full(const struct socket_info *socket)
{
	return socket->tcp ? socket->queue > socket->backlog
			   : socket->queue + socket->queue / 8 >= socket->rcvbuf;
}

static void take(struct watched *watched, const struct socket_list *list,
		 const struct socket_info *socket)
{
	const struct socket_owner *owners = owners_of(list, socket);

	if (socket->queue == 0 || socket->queue < watched->last_queue ||
	    (watched->looks && socket->details.known &&
	     socket->details.queue_head != watched->last_head))
		watched->taken = true;
	if (watched->looks == 0) {
		watched->first_queue = socket->queue;
		watched->ran = holders_ran(owners, socket->owner_count);
	}
	watched->last_queue = socket->queue;
	watched->last_head = socket->details.queue_head;
	watched->full |= is_full(socket);
	watched->owned |= owners != NULL;
	watched->awake |= holder_is_awake(owners, socket->owner_count);
	watched->looks++;
}

static int compare(const void *a, const void *b)
{
	const struct watched *left = a, *right = b;

	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return (left->cookie > right->cookie) - (left->cookie < right->cookie);
}

static struct watched *find(const struct survey *survey, size_t place, uint64_t cookie)
{
	const struct watched key = { .place = place, .cookie = cookie };

	return survey->watched_count
		       ? bsearch(&key, survey->watched, survey->watched_count, sizeof(key), compare)
		       : NULL;
}

/* Whether a second look may tell more, and somebody wants to know. */
static bool is_of_interest(const struct survey *survey, const struct socket_list *list,
			   const struct socket_info *socket)
{
	bool wanted = survey->options->ports.text || survey->options->all ||
		      !socket->details.known || socket->details.reuseport;
	bool orphan = list->all_visible && !socket->owner_count && !socket->details.of_kernel;

	return wanted && (orphan || socket->queue > 0 ||
			  (socket->owner_count &&
			   !holder_is_awake(owners_of(list, socket), socket->owner_count)));
}

static int begin(struct survey *survey)
{
	size_t all = 0;

	for (size_t i = 0; i < survey->count; i++)
		all += survey->places[i].list.count;
	survey->watched = calloc(all + 1, sizeof(*survey->watched));
	if (!survey->watched)
		return -ENOMEM;
	for (size_t i = 0; i < survey->count; i++) {
		const struct socket_list *list = &survey->places[i].list;

		for (size_t j = 0; j < list->count; j++) {
			struct watched *watched = &survey->watched[survey->watched_count];

			if (!is_of_interest(survey, list, &list->items[j]))
				continue;
			*watched = (struct watched){ .place = i, .cookie = list->items[j].cookie };
			take(watched, list, &list->items[j]);
			survey->watched_count++;
		}
	}
	if (survey->watched_count)
		qsort(survey->watched, survey->watched_count, sizeof(*survey->watched), compare);
	return 0;
}

int watched_update(struct survey *survey)
{
	if (!survey->watched)
		return begin(survey);
	for (size_t i = 0; i < survey->count; i++) {
		const struct socket_list *list = &survey->places[i].list;

		for (size_t j = 0; j < list->count; j++) {
			struct watched *watched = find(survey, i, list->items[j].cookie);

			if (watched)
				take(watched, list, &list->items[j]);
		}
	}
	return 0;
}

static const char *waiting_text(char text[static EVIDENCE_TEXT], const struct socket_info *socket)
{
	const struct socket_details *details = &socket->details;
	char count[UNITS_TEXT], size[UNITS_TEXT];

	units_size_text(size, socket->queue);
	if (socket->queue == 0)
		snprintf(text, EVIDENCE_TEXT, "nothing waits yet");
	else if (socket->tcp)
		snprintf(text, EVIDENCE_TEXT, "%s connection%s wait%s to be accepted",
			 units_grouped(count, socket->queue), socket->queue == 1 ? "" : "s",
			 socket->queue == 1 ? "s" : "");
	else if (details->known)
		snprintf(text, EVIDENCE_TEXT, "%s packet%s (%s) wait%s",
			 units_grouped(count, details->queue_packets),
			 details->queue_packets == 1 ? "" : "s", size,
			 details->queue_packets == 1 ? "s" : "");
	else
		snprintf(text, EVIDENCE_TEXT, "%s of packets wait", size);
	return text;
}

/*
 * Without the kernel's word that the head of the queue is the same, a queue that is full all the
 * time, or has the same length each time, may well be read: then it is certain only where those
 * who have it did not run, or, where they are unknown, if there was room for more all the time.
 */
static bool nobody_took(const struct watched *watched, const struct member *member)
{
	const struct socket_info *socket = member->socket;
	size_t count = socket->owner_count;

	if (watched->taken || watched->looks < 2)
		return false;
	if (socket->details.known)
		return true;
	return count ? holders_ran(member->owners, count) == watched->ran : !watched->full;
}

static void mark(struct member *member, const struct watched *watched, const struct survey *survey)
{
	char waiting[EVIDENCE_TEXT], time[UNITS_TEXT];

	waiting_text(waiting, member->socket);
	if (!watched->owned && survey->all_visible && !member->socket->details.of_kernel)
		member_mark(member, MARK_UNREAD, "dead-member", "no process has it open; %.100s",
			    waiting);
	else if (watched->owned && !watched->awake && member->holder)
		member_mark(member, MARK_UNREAD, "dead-member",
			    "its process is stopped (state %c); %.100s", member->holder->state,
			    waiting);
	else if (nobody_took(watched, member))
		member_mark(member, MARK_UNREAD, "dead-member",
			    "%.100s, and none was taken in %zu looks over %s", waiting,
			    watched->looks, units_duration_text(time, survey->looked));
}

void watched_mark(struct group_list *groups, const struct survey *survey)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->items[i];
		size_t place = (size_t)(group->namespace - survey->namespaces.items);

		for (size_t j = 0; j < group->count; j++) {
			struct member *member = &group->members[j];
			const struct watched *watched = find(survey, place, member->socket->cookie);

			if (watched)
				mark(member, watched, survey);
		}
	}
}
