/* Sockets that nobody reads: by their mark, or as nothing was taken all the time. */
#include <stdio.h>
#include <string.h>

#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "common/clock.h"

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

/* Who has a socket that nobody reads: that decides what closes it. */
struct holding {
	uint64_t pid;   /* 0: nobody */
	size_t sharers; /* processes that have it open */
	size_t others;  /* other sockets of the port that the process has open */
};

static struct holding find_holding(const struct run *run, const struct observed_member *member,
				   uint64_t pid)
{
	return (struct holding){ .pid = pid,
				 .sharers = member ? member->owner_count : 0,
				 .others = member ? member_others(run, member, pid) : 0 };
}

/* To end a process helps where it has that socket alone, and no other; else it would do harm. */
static void free_member(struct cause *cause, const struct holding *holding, bool tcp)
{
	if (holding->pid == 0) {
		cause_remedy(cause,
			     "no process has it: it waits in another socket's queue "
			     "(SCM_RIGHTS) for one that takes it; restart who passes it on, or "
			     "let that one close it");
		return;
	}
	if (holding->sharers <= 1 && !holding->others) {
		cause_remedy(cause, "see where it waits, and restart it: when its socket is "
				    "closed, the others share what it got");
		return;
	}
	if (holding->others)
		cause_remedy(cause,
			     "pid %llu has %zu other socket%s of the port open, too: who read this "
			     "one has ended or is stuck. Restart that worker or thread, or the "
			     "whole service: until each process that has it open has closed it, it "
			     "keeps its share",
			     (unsigned long long)holding->pid, holding->others,
			     holding->others == 1 ? "" : "s");
	else
		cause_remedy(cause,
			     "%zu processes have it open: until each of them has closed it, it "
			     "keeps its share. Restart the whole service, or the worker that "
			     "should read it",
			     holding->sharers);
	cause_command(cause, "grep -H . /proc/%llu/task/*/wchan   # where its threads wait",
		      (unsigned long long)holding->pid);
	cause_command(cause, "ss -ln%cpe   # who has which socket open", tcp ? 't' : 'u');
}

/* Whether there is a process that can be ended for it. */
static bool can_be_ended(const struct holding *holding)
{
	return holding->pid && holding->sharers <= 1 && !holding->others;
}

static bool dead_by_count(struct cause *cause, const struct run *run)
{
	const struct observed *observed = &run->observed;
	const struct observed_member *first = NULL;
	char arrived[UNITS_TEXT], waits[UNITS_TEXT], time[UNITS_TEXT], name[64] = "";
	char more[48] = "";
	struct holding holding = { .pid = 0 };
	size_t count = 0;

	for (size_t i = 0; i < observed->member_count; i++) {
		const struct observed_member *member = &observed->members[i];
		const struct observed_process *process;
		struct holding its;

		/* Only of so many are there commands; to look for each would take long. */
		if (!took_nothing(run, member) || ++count > CAUSE_COMMANDS / 2)
			continue;
		process = member_process(run, member);
		its = find_holding(run, member, process ? process->pid : 0);
		if (count == 1) {
			first = member;
			holding = its;
			if (process)
				snprintf(name, sizeof(name), " of pid %llu, %s",
					 (unsigned long long)process->pid, process->comm);
		}
		if (can_be_ended(&its))
			cause_command(cause, "kill %llu", (unsigned long long)its.pid);
	}
	if (!first)
		return false;
	if (count > 1)
		snprintf(more, sizeof(more), "%zu sockets; the first: ", count);
	cause_evidence(cause,
		       "%s%s %s arrived at the socket%s, %s wait there, and nobody took any out in "
		       "%s",
		       more, units_grouped(arrived, member_arrivals(first)),
		       first->tcp ? "connections" : "packets", name,
		       units_grouped(waits, first->queue_packets),
		       units_duration_text(time, observed->elapsed));
	free_member(cause, &holding, first->tcp);
	return true;
}

/* A command for the process of each of them that may have it. */
static void for_each_process(struct cause *cause, const struct run *run, const struct marked *list,
			     size_t count, bool stopped)
{
	uint64_t before = 0;

	for (size_t i = 0; i < count && i < CAUSE_COMMANDS / 2; i++) {
		struct holding holding =
			find_holding(run, list[i].member, list[i].place->holder.pid);

		if (holding.pid == before || !(stopped ? holding.pid : can_be_ended(&holding)))
			continue;
		before = holding.pid;
		cause_command(cause, "%s %llu", stopped ? "kill -CONT" : "kill",
			      (unsigned long long)holding.pid);
	}
}

bool cause_dead_member(struct cause *cause, const struct scene *scene)
{
	struct marked list[MARKED_LIMIT] = { 0 };
	size_t count = marked_find(list, scene->run, "dead-member"), kept = 0;
	struct holding holding;
	bool stopped;

	/* It was read after all, later. */
	for (size_t i = 0; i < count && i < MARKED_LIMIT; i++)
		if (!list[i].member || list[i].member->packets == OBSERVED_UNKNOWN ||
		    list[i].member->packets == 0)
			list[kept++] = list[i];
	if (kept == 0)
		return dead_by_count(cause, scene->run);
	marked_tell(cause, scene->run, list, kept, "nobody reads it");
	holding = find_holding(scene->run, list[0].member, list[0].place->holder.pid);
	stopped = strstr(list[0].mark->evidence, "(state T)") != NULL;
	if (strstr(list[0].mark->evidence, "(state t)")) {
		cause_remedy(cause, "a debugger or tracer holds its process: have it detach");
		cause_command(cause, "grep TracerPid /proc/%llu/status",
			      (unsigned long long)holding.pid);
		return true;
	}
	if (!stopped)
		free_member(cause, &holding, list[0].group->tcp);
	else if (can_be_ended(&holding))
		cause_remedy(cause, "let the process go on; or end it: when its socket is closed, "
				    "the others share what it got");
	else
		cause_remedy(cause, "let the process go on");
	for_each_process(cause, scene->run, list, kept, stopped);
	return true;
}
