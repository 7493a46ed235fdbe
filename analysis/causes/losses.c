/* What is lost between the arrival at a socket and the reception by a process. */
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

/* At the sockets that somebody reads: a dead member needs no larger buffer. */
struct losses {
	uint64_t drops, arrived; /* arrived 0: unknown */
	uint64_t most, limit;    /* where most were dropped: how many, and its buffer; 0: unknown */
	char name[80];           /* "worker 1", "pid 4711 (nginx)" */
	const char *program;     /* its command, or "" */
	uint64_t pid;            /* 0: unknown */
	size_t others;           /* that kept up with as many packets each; 0: they did not */
};

static void take(struct losses *losses, uint64_t drops, uint64_t limit, const char *name)
{
	if (drops <= losses->most)
		return;
	losses->most = drops;
	losses->limit = limit;
	snprintf(losses->name, sizeof(losses->name), "%s", name);
}

static struct losses as_received(const struct run *run)
{
	struct losses losses = { .drops = run->total.drops,
				 .arrived = run->total.drops + run->total.packets,
				 .program = "fairport-receive" };
	char name[LIFE_TEXT];

	for (size_t i = 0; i < run->worker_count; i++) {
		snprintf(name, sizeof(name), "worker %zu", i);
		take(&losses, run->workers[i].counts.drops, run->workers[i].rcvbuf, name);
	}
	for (size_t i = 0; i < run->fronts.count; i++) {
		snprintf(name, sizeof(name), "the %s", run->fronts.list[i].name);
		take(&losses, run->fronts.list[i].counts.drops, run->fronts.list[i].rcvbuf, name);
	}
	return losses;
}

/* Drops at a full buffer; where reasons were not told, all are counted as such. */
static uint64_t overflows(const struct observed_member *member)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < member->reason_count; i++)
		if (strstr(member->reasons[i].reason, "RCVBUF"))
			packets += member->reasons[i].packets;
	return member->reason_count ? packets : member->dropped;
}

static uint64_t known(uint64_t count)
{
	return count == OBSERVED_UNKNOWN ? 0 : count;
}

/*
 * How many other sockets of its group lost next to nothing, of as many packets: then it is not the
 * load that is too high.
 */
static size_t that_kept_up(const struct run *run, const struct observed_member *worst)
{
	size_t count = 0;

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];

		if (member == worst || member->tcp || member->port != worst->port ||
		    member->group != worst->group || member_is_dead(run, member))
			continue;
		if (member->arrivals == OBSERVED_UNKNOWN || worst->arrivals == OBSERVED_UNKNOWN ||
		    2 * member->arrivals < worst->arrivals ||
		    10 * overflows(member) > overflows(worst))
			return 0;
		count++;
	}
	return count;
}

static void take_worst(struct losses *losses, const struct run *run,
		       const struct observed_member *worst)
{
	const struct observed_process *process = member_process(run, worst);
	char name[80];

	if (process)
		snprintf(name, sizeof(name), "pid %llu, %s", (unsigned long long)process->pid,
			 process->comm);
	else
		snprintf(name, sizeof(name), "socket %llu", (unsigned long long)worst->cookie);
	take(losses, overflows(worst), worst->limit, name);
	losses->program = process ? process->comm : "";
	losses->pid = process ? process->pid : 0;
	losses->others = that_kept_up(run, worst);
}

static struct losses as_observed(const struct run *run)
{
	struct losses losses = { .program = "" };
	const struct observed_member *worst = NULL;
	bool unknown = false;

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];
		uint64_t drops = overflows(member);

		if (member->tcp)
			continue;
		unknown |=
			member->arrivals == OBSERVED_UNKNOWN && member->packets == OBSERVED_UNKNOWN;
		losses.arrived += member->arrivals == OBSERVED_UNKNOWN
					  ? known(member->packets) + member->dropped
					  : member->arrivals;
		if (drops == 0 || member_is_dead(run, member))
			continue;
		losses.drops += drops;
		if (!worst || drops > overflows(worst))
			worst = member;
	}
	if (unknown)
		losses.arrived = 0;
	if (worst)
		take_worst(&losses, run, worst);
	return losses;
}

static uint64_t rmem_max_of(const struct run *run)
{
	const char *text =
		record_text(json_object_get(run->manifest, "sysctl"), "net.core.rmem_max");
	uint64_t bytes;

	return text && units_count(text, &bytes) == 0 ? bytes : 0;
}

/* To ask for: four times what there is, at least 4 MiB, a power of two. The kernel doubles it. */
static uint64_t larger(uint64_t limit)
{
	uint64_t bytes = 4 << 20;

	while (bytes < 2 * limit && bytes < (1u << 30))
		bytes *= 2;
	return bytes;
}

/* How the program is told so; for any program, in its code. */
static void enlarge(struct cause *cause, const struct losses *losses)
{
	static const struct {
		const char *program, *before, *after;
	} configured[] = {
		{ "fairport-receiv", "fairport-receive ... --rcvbuf ", "MiB" },
		{ "nginx", "listen ... udp reuseport rcvbuf=", "m;   # in nginx.conf" },
		{ "unbound", "so-rcvbuf: ", "m   # in unbound.conf" },
	};
	unsigned long long bytes = larger(losses->limit);

	/* Never to less than there is. */
	cause_command(cause, "[ $(sysctl -n net.core.rmem_max) -ge %llu ] ||", bytes);
	cause_command(cause, "    sysctl -w net.core.rmem_max=%llu", bytes);
	for (size_t i = 0; i < sizeof(configured) / sizeof(configured[0]); i++) {
		if (strncmp(losses->program, configured[i].program,
			    strlen(configured[i].program)) != 0)
			continue;
		cause_command(cause, "%s%llu%s", configured[i].before, bytes >> 20,
			      configured[i].after);
		return;
	}
	cause_command(cause, "setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){ %llu }, sizeof(int));",
		      bytes);
}

/* What a socket has where nobody asks for more: net.core.rmem_default. */
#define USUAL_BUFFER 212992

static void remedy_overflow(struct cause *cause, const struct losses *losses, uint64_t rmem_max)
{
	const char *buffer = strncmp(losses->program, "fairport-receiv", 15) == 0
				     ? "--rcvbuf"
				     : "receive buffer";
	char limit[96] = "", size[UNITS_TEXT];

	if (rmem_max)
		snprintf(limit, sizeof(limit), " (net.core.rmem_max, now %s, is the most)",
			 units_size_text(size, rmem_max));
	if (!losses->others) {
		const char *workers = "more workers that get their share, or a lower rate";

		/* A tenth of all does not come in bursts that a usual buffer is too small for. */
		if (losses->arrived && 10 * losses->drops > losses->arrived &&
		    losses->limit >= USUAL_BUFFER)
			cause_remedy(cause,
				     "more comes than they can take: %s; a larger %s%s only rides "
				     "out bursts",
				     workers, buffer, limit);
		else
			cause_remedy(cause,
				     "a larger %s%s rides out bursts; a steady overload needs %s",
				     buffer, limit, workers);
		enlarge(cause, losses);
		return;
	}
	cause_remedy(cause,
		     "that worker is slower than the others, which have as much to do: see what it "
		     "waits for or is busy with, and restart it if it is stuck; a larger %s%s only "
		     "rides out short stalls",
		     buffer, limit);
	if (losses->pid)
		cause_command(cause, "grep -H . /proc/%llu/task/*/wchan   # where it waits",
			      (unsigned long long)losses->pid);
	enlarge(cause, losses);
}

bool cause_rcvbuf_overflow(struct cause *cause, const struct scene *scene)
{
	const struct run *run = scene->run;
	struct losses losses =
		run->from_probe || !scene->analysis ? as_observed(run) : as_received(run);
	char drops[UNITS_TEXT], most[UNITS_TEXT], size[UNITS_TEXT], share[64];
	char all[48], kept[64] = "";

	if (!losses.drops || run->tcp)
		return false;
	if (run_drops_trains(run))
		snprintf(share, sizeof(share), "trains of packets");
	else if (!losses.arrived)
		snprintf(share, sizeof(share), "packets");
	else
		snprintf(share, sizeof(share), "packets (%.*g %% of those that arrived)",
			 200 * losses.drops < 199 * losses.arrived ? 2 : 3,
			 100 * (double)losses.drops / (double)losses.arrived);
	snprintf(all, sizeof(all), "%s of them",
		 losses.most == losses.drops ? "all" : units_grouped(most, losses.most));
	if (losses.others)
		snprintf(kept, sizeof(kept), "; the %zu other%s kept up with as many",
			 losses.others, losses.others == 1 ? "" : "s");
	cause_evidence(cause, "%s %s found a full receive buffer, %s at %s%s%s%s",
		       units_grouped(drops, losses.drops), share, all, losses.name,
		       losses.limit ? "; its buffer: " : "",
		       losses.limit ? units_size_text(size, losses.limit) : "", kept);
	remedy_overflow(cause, &losses, rmem_max_of(run));
	return true;
}
