/* What becomes of TCP connections between their handshake and the accept(2) that takes them. */
#include <stdio.h>
#include <string.h>

#include "analysis/causes/family.h"
#include "analysis/run.h"

static uint64_t known(uint64_t count)
{
	return count == OBSERVED_UNKNOWN ? 0 : count;
}

/* Last acknowledgments that found the queue full; the kernel has reasons for it since 6.15. */
static uint64_t late_overflows(const struct observed_member *member)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < member->reason_count; i++)
		if (strcmp(member->reasons[i].reason, "TCP_LISTEN_OVERFLOW") == 0)
			packets += member->reasons[i].packets;
	return packets;
}

/* The longest queue that anybody saw. The kernel lets in one more than the backlog. */
static uint64_t longest_queue(const struct run *run, const struct observed_member *member)
{
	uint64_t longest = known(member->queue_packets);

	if (known(member->queue_max) > longest)
		longest = member->queue_max;
	if (member->group != OBSERVED_NONE) {
		const struct observed_group *group = &run->observed.groups[member->group];

		if (group->members[member->place].queue > longest)
			longest = group->members[member->place].queue;
	}
	return longest;
}

/*
 * How many packets of handshakes it turned away because its queue was full. Its count of drops has
 * each last acknowledgment twice: once as the child is not made (tcp_listendrop), and once as the
 * packet is thrown away (tcp_v4_rcv).
 */
static uint64_t turned_away(const struct run *run, const struct observed_member *member)
{
	uint64_t late = late_overflows(member);

	if (!member->tcp || !member->dropped || member_is_dead(run, member) ||
	    (!late && longest_queue(run, member) <= member->limit))
		return 0;
	return member->dropped > 2 * late ? member->dropped - late : late;
}

struct overflow {
	uint64_t all, most; /* packets, and those at the worst */
	size_t listeners, full;
	uint64_t handshakes;                 /* that came through, at all */
	const struct observed_member *worst; /* NULL: there is none */
	bool steady;                         /* it is full to the end */
};

static struct overflow find_overflow(const struct run *run)
{
	struct overflow out = { .worst = NULL };

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];
		uint64_t packets = turned_away(run, member);

		out.listeners += member->tcp && member->open;
		out.handshakes += member->tcp ? known(member->handshakes) : 0;
		out.all += packets;
		out.full += packets > 0;
		if (packets <= out.most)
			continue;
		out.most = packets;
		out.worst = member;
	}
	out.steady = out.worst && 2 * known(out.worst->queue_packets) > out.worst->limit;
	return out;
}

bool scene_lacks_connections(const struct scene *scene)
{
	struct overflow seen = find_overflow(scene->run);

	return scene->run->tcp && 20 * seen.all > seen.handshakes;
}

static void name_member(char *text, size_t size, const struct observed_member *member,
			const struct observed_process *process)
{
	if (process)
		snprintf(text, size, "pid %llu, %s", (unsigned long long)process->pid,
			 process->comm);
	else
		snprintf(text, size, "socket %llu", (unsigned long long)member->cookie);
}

/* To ask for: four times what there is, as much as new systems allow or more. */
static unsigned long long longer(uint64_t backlog)
{
	unsigned long long length = 4096;

	while (length < 4 * backlog && length < 32768)
		length *= 2;
	return length;
}

/* In the namespace of the listener, and never to less than there is. */
static void raise_most(struct cause *cause, const struct observed_process *process,
		       unsigned long long length)
{
	char within[40] = "";

	if (process)
		snprintf(within, sizeof(within), "nsenter -t %llu -n ",
			 (unsigned long long)process->pid);
	cause_command(cause, "[ $(%ssysctl -n net.core.somaxconn) -ge %llu ] ||", within, length);
	cause_command(cause, "    %ssysctl -w net.core.somaxconn=%llu", within, length);
}

/* How the program is told so; for any program, in its code. */
static void lengthen(struct cause *cause, const struct observed_member *member,
		     const struct observed_process *process)
{
	static const struct {
		const char *program, *before, *after;
	} configured[] = {
		{ "fairport-receiv", "fairport-receive ... --backlog ", "" },
		{ "nginx", "listen ... reuseport backlog=", ";   # in nginx.conf" },
		{ "haproxy", "backlog ", "   # in haproxy.cfg" },
	};
	unsigned long long length = longer(member->limit);
	const char *program = process ? process->comm : "";

	raise_most(cause, process, length);
	for (size_t i = 0; i < sizeof(configured) / sizeof(configured[0]); i++) {
		if (strncmp(program, configured[i].program, strlen(configured[i].program)) != 0)
			continue;
		cause_command(cause, "%s%llu%s", configured[i].before, length, configured[i].after);
		return;
	}
	cause_command(cause, "listen(fd, %llu); /* also for one that listens already */", length);
}

bool cause_accept_queue_overflow(struct cause *cause, const struct scene *scene)
{
	struct overflow seen = find_overflow(scene->run);
	char all[UNITS_TEXT], most[UNITS_TEXT], waited[UNITS_TEXT], backlog[UNITS_TEXT];
	char came[UNITS_TEXT], name[80], through[64] = "";
	const struct observed_process *process;
	const char *there;
	const char *faster = "accept in a loop until EAGAIN, and do nothing slow between two "
			     "accepts, or have more workers",
		   *queue = "a longer queue, which is the smaller of listen(2)'s backlog and "
			    "net.core.somaxconn, rides out bursts";

	if (!seen.worst)
		return false;
	process = member_process(scene->run, seen.worst);
	name_member(name, sizeof(name), seen.worst, process);
	if (seen.handshakes)
		snprintf(through, sizeof(through), "; %s connection%s came through meanwhile",
			 units_grouped(came, seen.handshakes), seen.handshakes == 1 ? "" : "s");
	there = seen.most == seen.all ? "all" : units_grouped(most, seen.most);
	cause_evidence(cause,
		       "%s packet%s of handshakes, repeated ones too, found a full accept queue, "
		       "%s of them at %s: %s connections waited there, its backlog is %s%s",
		       units_grouped(all, seen.all), seen.all == 1 ? "" : "s", there, name,
		       units_grouped(waited, longest_queue(scene->run, seen.worst)),
		       units_grouped(backlog, seen.worst->limit), through);
	if (seen.full == 1 && seen.listeners > 1)
		faster = "that worker accepts too slowly, and the others do not: see what it waits "
			 "for, and have it accept in a loop until EAGAIN";
	if (seen.steady)
		cause_remedy(cause, "it was full to the end: %s; %s", faster, queue);
	else
		cause_remedy(cause, "%s; if that fills too: %s", queue, faster);
	lengthen(cause, seen.worst, process);
	return true;
}

/* Connections that waited at listeners as these were closed, and what became of them. */
struct closing {
	uint64_t lost;
	size_t closed;                       /* listeners with such */
	const struct observed_member *worst; /* NULL: there is none */
	bool others;                         /* a listener on the same port goes on */
};

/* What it took beyond what came to it: it was given connections that had waited elsewhere. */
static uint64_t given(const struct observed_member *member)
{
	uint64_t had = member->packets + known(member->queue_packets);

	return had > member->handshakes ? had - member->handshakes : 0;
}

static uint64_t left_over(const struct observed_member *member)
{
	return member->handshakes > member->packets ? member->handshakes - member->packets : 0;
}

static bool is_counted(const struct observed_member *member, uint64_t port)
{
	return member->tcp && member->final && member->port == port &&
	       member->handshakes != OBSERVED_UNKNOWN && member->packets != OBSERVED_UNKNOWN;
}

/*
 * On one port. What waited before the probe came is not known: it can only make less of it. Where
 * nobody accepted anything, accepts may be such as are not seen (io_uring's).
 */
static struct closing find_closing(const struct observed *observed, uint64_t port)
{
	struct closing out = { .worst = NULL };
	uint64_t taken = 0, migrated = 0;

	for (size_t i = 0; i < observed->member_count; i++) {
		const struct observed_member *member = &observed->members[i];
		uint64_t left;

		if (!is_counted(member, port))
			continue;
		taken += member->packets;
		if (member->open) {
			migrated += given(member);
			out.others = true;
			continue;
		}
		left = left_over(member);
		if (!left)
			continue;
		out.closed++;
		out.lost += left;
		if (!out.worst || left > left_over(out.worst))
			out.worst = member;
	}
	out.lost = taken && out.lost > migrated ? out.lost - migrated : 0;
	return out;
}

/* Of the port where most were lost. */
static struct closing find_worst_closing(const struct observed *observed)
{
	struct closing worst = { .worst = NULL };

	for (size_t i = 0; i < observed->member_count; i++) {
		const struct observed_member *member = &observed->members[i];
		struct closing here;

		if (!member->tcp || member->open)
			continue;
		here = find_closing(observed, member->port);
		if (here.lost > worst.lost)
			worst = here;
	}
	return worst;
}

/* "a listener (pid 4711, nginx)": who had it is known by what it accepted. */
static void name_closed(char *text, size_t size, const struct run *run,
			const struct closing *closing)
{
	if (closing->closed > 1) {
		snprintf(text, size,
			 "%zu listeners were closed while they waited to be accepted; "
			 "the worst",
			 closing->closed);
		return;
	}
	for (size_t i = 0; i < run->observed.worker_count; i++) {
		const struct observed_worker *worker = &run->observed.workers[i];

		if (worker->cookie != closing->worst->cookie)
			continue;
		snprintf(text, size,
			 "the listener of pid %llu, %s, was closed while they waited "
			 "to be accepted; it",
			 (unsigned long long)worker->process.pid, worker->process.comm);
		return;
	}
	snprintf(text, size, "a listener was closed while they waited to be accepted; it");
}

bool cause_accept_queue_lost(struct cause *cause, const struct scene *scene)
{
	struct closing closing = find_worst_closing(&scene->run->observed);
	char lost[UNITS_TEXT], came[UNITS_TEXT], taken[UNITS_TEXT], closed[160];

	if (!closing.lost)
		return false;
	name_closed(closed, sizeof(closed), scene->run, &closing);
	cause_evidence(cause, "%s connection%s reset, since %s had got %s and accepted %s",
		       units_grouped(lost, closing.lost), closing.lost == 1 ? " was" : "s were",
		       closed, units_grouped(came, closing.worst->handshakes),
		       units_grouped(taken, closing.worst->packets));
	if (!closing.others) {
		cause_remedy(
			cause,
			"no other listener was left to take them: before it ends, let the new "
			"process have the same socket (inherited, or by SCM_RIGHTS), or accept "
			"all that waits and serve it");
	} else {
		cause_remedy(
			cause,
			"have the kernel hand what waits to the other listeners of the group "
			"(Linux 5.14 and later); before that, accept all that waits before the "
			"listener is closed, or let the new process have the same socket");
		cause_command(cause, "sysctl -w net.ipv4.tcp_migrate_req=1   # in its network "
				     "namespace");
	}
	cause_command(cause, "while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)");
	cause_command(cause, "    serve(fd); /* the listener does not block; then close it */");
	return true;
}
