#include "analysis/assert/elsewhere.h"

#include <stdio.h>

#include "analysis/run.h"
#include "common/units.h"

static bool is_worker(const struct run *run, uint64_t cookie)
{
	for (size_t i = 0; i < run->lives.count; i++)
		if (run->lives.list[i].cookie == cookie)
			return true;
	return false;
}

struct elsewhere elsewhere_find(const struct run *run)
{
	struct elsewhere out = { .sockets = 0 };
	uint64_t all = run->total.drops;

	for (size_t i = 0; i < run->worker_count; i++)
		all += run_units(run, &run->workers[i].counts);
	for (size_t i = 0; run->from_probe && i < run->observed.member_count; i++) {
		const struct observed_member *member = &run->observed.members[i];
		uint64_t taken = member->packets == OBSERVED_UNKNOWN ? 0 : member->packets;

		if ((taken == 0 && member->dropped == 0) || is_worker(run, member->cookie))
			continue;
		out.sockets++;
		*(member->tcp ? &out.connections : &out.packets) += taken + member->dropped;
		out.dropped += member->dropped;
	}
	out.matters =
		out.dropped > 0 || (double)(out.packets + out.connections) > 0.01 * (double)all;
	return out;
}

static int say(char buffer[static ELSEWHERE_TEXT], int used, uint64_t count, const char *what)
{
	char number[UNITS_TEXT];

	if (count == 0)
		return used;
	return used + snprintf(buffer + used, ELSEWHERE_TEXT - (size_t)used, "%s %s%s",
			       units_grouped(number, count), what, count == 1 ? "" : "s");
}

const char *elsewhere_text(char buffer[static ELSEWHERE_TEXT], const struct elsewhere *elsewhere)
{
	char dropped[UNITS_TEXT];
	int used = snprintf(buffer, ELSEWHERE_TEXT, "%zu other socket%s on these ports got ",
			    elsewhere->sockets, elsewhere->sockets == 1 ? "" : "s");

	used = say(buffer, used, elsewhere->packets, "packet");
	if (elsewhere->packets && elsewhere->connections)
		used += snprintf(buffer + used, ELSEWHERE_TEXT - (size_t)used, " and ");
	used = say(buffer, used, elsewhere->connections, "connection");
	if (elsewhere->dropped)
		snprintf(buffer + used, ELSEWHERE_TEXT - (size_t)used, ", of which %s dropped",
			 units_grouped(dropped, elsewhere->dropped));
	return buffer;
}
