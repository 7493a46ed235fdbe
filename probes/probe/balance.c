/* Whether arrivals = receptions + drops + queue. */
#include <unistd.h>

#include "probes/probe/processes.h"
#include "probes/probe/report.h"
#include "probes/probe/source.h"

bool account_takes(const struct account *account, size_t member)
{
	const struct sample_member *of = &account->now->members[member];
	const struct socket_info *socket;

	if (of->cookie == 0 ||
	    !(of->known || of->counters.arrivals || of->counters.taken || of->counters.dropped))
		return false;
	if (!processes_limited(account->source->options) || account->view.members[member].pid)
		return true;
	socket = source_socket(account->source, of->cookie);
	return socket && source_takes(account->source, socket);
}

struct balance balance_of(const struct source *source, const struct sample *now)
{
	struct balance sum = { .known = source->options->with.arrivals };
	/*
	 * Packets are on their way where a CPU brings them, or a thread takes one, at this moment.
	 * Since Linux 6.18 some may stand before the queue until another CPU is done with it.
	 */
	int64_t most = 64 * sysconf(_SC_NPROCESSORS_ONLN) + (int64_t)now->row_count;

	if (!sum.known)
		return sum;
	for (size_t i = TAP_FIRST; i < now->member_count; i++) {
		const struct sample_member *member = &now->members[i];
		const struct member_counters *counters = &member->counters;

		if (member->tcp)
			continue;
		sum.arrivals += counters->arrivals;
		sum.queue_at_start += member->queue_at_start;
		sum.taken += counters->taken;
		sum.dropped += counters->dropped;
		if (!member->open) {
			int64_t left = (int64_t)(counters->arrivals + member->queue_at_start) -
				       (int64_t)(counters->taken + counters->dropped);

			sum.lost_at_close += left > 0 ? (uint64_t)left : 0;
			sum.wrong |= left < 0;
			continue;
		}
		sum.queue += member->queue_packets;
		sum.in_transit += member->in_transit;
		sum.wrong |= member->in_transit < 0 || member->in_transit > most;
	}
	return sum;
}
