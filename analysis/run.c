#include "analysis/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/read/stream.h"

void span_extend(struct span *span, uint64_t start, uint64_t end)
{
	if (!span->any)
		*span = (struct span){ .first_start = start, .first_end = end, .any = true };
	span->last_start = start;
	span->last_end = end;
}

size_t *run_member_workers(const struct run *run)
{
	const struct observed *observed = &run->observed;
	size_t *workers = calloc(observed->member_count + 1, sizeof(*workers));
	bool *taken = calloc(observed->member_count + 1, sizeof(*taken));

	for (size_t i = 0; workers && i < observed->member_count; i++)
		workers[i] = OBSERVED_NONE;
	for (size_t i = 0; workers && taken && i < run->lives.count; i++) {
		const struct life *life = &run->lives.list[i];
		size_t at = observed_find(observed, life->cookie);

		if (at == OBSERVED_NONE)
			continue;
		if (taken[at] && workers[at] != life->index)
			workers[at] = OBSERVED_NONE;
		else
			workers[at] = (size_t)life->index;
		taken[at] = true;
	}
	if (!taken) {
		free(workers);
		workers = NULL;
	}
	free(taken);
	return workers;
}

void run_find_flows(struct run *run, const bool *wanted)
{
	const struct observed *observed = &run->observed;
	double connections = 0;
	bool known = false;

	if (!run->tcp) {
		observed_flows(observed, wanted, &run->seen_flows, &run->seen_effective_flows);
		return;
	}
	for (size_t i = 0; i < observed->member_count; i++) {
		if (!wanted[i] || observed->members[i].handshakes == OBSERVED_UNKNOWN)
			continue;
		connections += (double)observed->members[i].handshakes;
		known = true;
	}
	run->seen_flows = run->seen_effective_flows = known ? connections : (double)NAN;
}

void run_free(struct run *run)
{
	json_decref(run->manifest);
	json_decref(run->receive_header);
	json_decref(run->receive_summary);
	json_decref(run->sender.header);
	json_decref(run->sender.summary);
	lives_free(&run->lives);
	lives_free(&run->fronts);
	free(run->workers);
	free(run->probe.entries);
	free(run->bpftrace.entries);
	timeline_free(&run->timeline);
	observed_free(&run->observed);
}

const char *run_text(const struct run *run, const char *key)
{
	const char *text = record_text(run->manifest, key);

	if (!text)
		text = record_text(run->receive_header, key);
	return text || run->receive_header ? text : record_text(run->observed.header, key);
}

const char *run_unit(const struct run *run, bool plural)
{
	if (run->tcp)
		return plural ? "connections" : "connection";
	return plural ? "packets" : "packet";
}

uint64_t run_units(const struct run *run, const struct received *counts)
{
	return run->tcp ? counts->connections : counts->packets;
}

void run_flows(const struct run *run, double *flows, double *effective)
{
	const json_t *summary = run->sender.summary;
	double established = record_number(json_object_get(summary, "tcp"), "established");

	*flows = record_number(summary, "flows");
	*effective = record_number(summary, "effective_flows");
	if (run->tcp && !isnan(established))
		*flows = established;
	if (run->tcp)
		*effective = *flows;
	if (!isnan(*flows))
		return;
	*flows = run->seen_flows;
	*effective = run->seen_effective_flows;
}

bool run_drops_trains(const struct run *run)
{
	return run->total.drops && run->engine && strcmp(run->engine, "gro") == 0;
}

uint64_t tally_packets(const struct tally *tally)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < tally->count; i++)
		packets += tally->entries[i].packets;
	return packets;
}
