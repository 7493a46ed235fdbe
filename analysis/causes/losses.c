/* What is lost between the arrival at a socket and the reception by a process. */
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

/* At the sockets that somebody reads: a dead member needs no larger buffer. */
struct losses {
	uint64_t drops, arrived;
	uint64_t most, limit; /* where most were dropped: how many, and its buffer; 0: unknown */
	char name[80];        /* "worker 1", "pid 4711 (nginx)" */
	const char *program;  /* its command, or "" */
	uint64_t queue_max;   /* packets; OBSERVED_UNKNOWN */
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
				 .program = "fairport-receive",
				 .queue_max = OBSERVED_UNKNOWN };
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

static struct losses as_observed(const struct run *run)
{
	struct losses losses = { .program = "", .queue_max = OBSERVED_UNKNOWN };

	for (size_t i = 0; i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];
		const struct observed_process *owner = member->owners;
		uint64_t drops = overflows(member);
		char name[80];

		if (member->tcp)
			continue;
		losses.arrived += member->arrivals == OBSERVED_UNKNOWN
					  ? known(member->packets) + member->dropped
					  : member->arrivals;
		if (drops == 0 || member_is_dead(run, member))
			continue;
		losses.drops += drops;
		if (member->owner_count)
			snprintf(name, sizeof(name), "pid %llu, %s", (unsigned long long)owner->pid,
				 owner->comm);
		else
			snprintf(name, sizeof(name), "socket %llu",
				 (unsigned long long)member->cookie);
		if (drops <= losses.most)
			continue;
		take(&losses, drops, member->limit, name);
		losses.program = member->owner_count ? owner->comm : "";
		losses.queue_max = member->queue_max;
	}
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

	cause_command(cause, "sysctl -w net.core.rmem_max=%llu", bytes);
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

bool cause_rcvbuf_overflow(struct cause *cause, const struct scene *scene)
{
	const struct run *run = scene->run;
	struct losses losses =
		run->from_probe || !scene->analysis ? as_observed(run) : as_received(run);
	char drops[UNITS_TEXT], most[UNITS_TEXT], size[UNITS_TEXT], limit[96] = "", share[64];
	uint64_t rmem_max = rmem_max_of(run);

	if (!losses.drops || run->tcp)
		return false;
	if (run_drops_trains(run))
		snprintf(share, sizeof(share), "trains of packets");
	else if (!losses.arrived)
		snprintf(share, sizeof(share), "packets");
	else
		snprintf(share, sizeof(share), "packets (%.2g %% of those that arrived)",
			 100 * (double)losses.drops / (double)losses.arrived);
	cause_evidence(cause, "%s %s found a full receive buffer, %s of them at %s%s%s",
		       units_grouped(drops, losses.drops), share, units_grouped(most, losses.most),
		       losses.name, losses.limit ? "; its buffer: " : "",
		       losses.limit ? units_size_text(size, losses.limit) : "");
	if (rmem_max)
		snprintf(limit, sizeof(limit), " (net.core.rmem_max, now %s, is the most)",
			 units_size_text(size, rmem_max));
	cause_remedy(
		cause,
		"a larger %s%s rides out bursts; a steady overload needs more workers that get "
		"their share, or a lower rate",
		strncmp(losses.program, "fairport-receiv", 15) == 0 ? "--rcvbuf" : "receive buffer",
		limit);
	enlarge(cause, &losses);
	return true;
}
