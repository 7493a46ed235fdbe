#include "analysis/causes.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include <gsl/gsl_cdf.h>

#include "analysis/analysis.h"
#include "analysis/run.h"
#include "analysis/stream.h"
#include "common/units.h"

#define EVIDENCE(cause, ...) snprintf((cause)->evidence, sizeof((cause)->evidence), __VA_ARGS__)
#define REMEDY(cause, ...)   snprintf((cause)->remedy, sizeof((cause)->remedy), __VA_ARGS__)

static const char *count_text(char buffer[static UNITS_TEXT], double count)
{
	return units_grouped(buffer, (uint64_t)(count + 0.5));
}

/* All on one worker, because there was nothing to divide. */
static bool one_flow(struct cause *cause, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;

	(void)run;
	if (d->verdict != VERDICT_FEW_FLOWS || d->flows != 1)
		return false;
	EVIDENCE(cause,
		 "the sender used 1 source address and port: one flow, and the kernel's hash "
		 "gives every packet of a flow to the same socket");
	REMEDY(cause,
	       "send from more source ports or addresses; or, where the order of packets does "
	       "not matter, steer at random: SO_ATTACH_REUSEPORT_CBPF with SKF_AD_RANDOM %% %zu "
	       "needs no privilege",
	       d->workers);
	return true;
}

static bool few_flows(struct cause *cause, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char flows[UNITS_TEXT], effective[UNITS_TEXT], needed[UNITS_TEXT];
	/* So that the busiest of N is within the tolerance in 99.9 % of all runs. */
	double tolerance = analysis->tolerance > 0 ? analysis->tolerance : 0.1;
	double aim = tolerance / gsl_cdf_ugaussian_Qinv(0.001 / (double)d->workers);

	(void)run;
	if (d->verdict != VERDICT_FEW_FLOWS || d->flows < 2)
		return false;
	EVIDENCE(cause,
		 "%s flows, as good as %s equal ones, for %zu workers: cv %.3f is what a uniform "
		 "hash does (%.3f expected, p = %.2g)",
		 count_text(flows, d->flows), count_text(effective, d->effective_flows), d->workers,
		 d->cv, d->expected_cv, d->p_value);
	REMEDY(cause,
	       "send from more source ports or addresses: %s equal flows bring the expected cv "
	       "down to %.3g; or steer at random with SO_ATTACH_REUSEPORT_CBPF, which needs no "
	       "privilege",
	       count_text(needed, distribution_flows_for(d->workers, aim)), aim);
	return true;
}

/* No hash does this: the packets of one flow came out at several workers. */
static bool flows_split(struct cause *cause, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char flows[UNITS_TEXT];

	(void)run;
	if (isnan(d->flows) || (double)d->busy <= d->flows)
		return false;
	EVIDENCE(cause, "%zu workers received packets of only %s flow%s", d->busy,
		 count_text(flows, d->flows), d->flows > 1 ? "s" : "");
	REMEDY(cause,
	       "a steering program chooses by packet, or another sender took part: see 'ss -lunp' "
	       "and who else sends to the port");
	return true;
}

static bool flows_unknown(struct cause *cause, const struct analysis *analysis,
			  const struct run *run)
{
	const struct distribution *d = &analysis->distribution;

	if (d->verdict != VERDICT_UNEXPLAINED || !isnan(d->flows))
		return false;
	EVIDENCE(cause, "the flows are unknown: %s",
		 run->sender.present ? "fake.ndjson has no summary"
				     : "there is no fake.ndjson, the sender's stream");
	REMEDY(cause, "give the sender --json FILE and put the file into the run directory as "
		      "fake.ndjson; an uneven group with few flows is normal, with many it is not");
	return true;
}

static bool rcvbuf_overflow(struct cause *cause, const struct analysis *analysis,
			    const struct run *run)
{
	const struct worker *worst = run->workers;
	char drops[UNITS_TEXT], most[UNITS_TEXT], size[UNITS_TEXT], limit[96] = "";
	uint64_t rmem_max, total = run->total.drops;
	uint64_t arrived = total + run->total.packets;
	const char *rmem_max_text =
		record_text(json_object_get(run->manifest, "sysctl"), "net.core.rmem_max");

	(void)analysis;
	if (!total)
		return false;
	for (size_t i = 0; i < run->worker_count; i++)
		if (run->workers[i].counts.drops > worst->counts.drops)
			worst = &run->workers[i];
	EVIDENCE(cause,
		 "%s packets (%.2g %% of those that arrived) found a full receive buffer, %s of "
		 "them at worker %" PRIu64 "%s%s",
		 units_grouped(drops, total), 100 * (double)total / (double)arrived,
		 units_grouped(most, worst->counts.drops), worst->index,
		 worst->rcvbuf ? "; its buffer: " : "",
		 worst->rcvbuf ? units_size_text(size, worst->rcvbuf) : "");
	if (rmem_max_text && units_count(rmem_max_text, &rmem_max) == 0)
		snprintf(limit, sizeof(limit), " (net.core.rmem_max, now %s, is the most)",
			 units_size_text(size, rmem_max));
	REMEDY(cause,
	       "a larger --rcvbuf%s rides out bursts; a steady overload needs more workers that "
	       "get their share, or a lower rate",
	       limit);
	return true;
}

static bool sender_limited(struct cause *cause, const struct analysis *analysis,
			   const struct run *run)
{
	char sent[UNITS_TEXT], requested[UNITS_TEXT];

	if (!json_is_true(json_object_get(run->sender.summary, "limited")))
		return false;
	EVIDENCE(cause, "the sender reached %s of the requested %s packets/s",
		 count_text(sent, analysis->rates.sent_pps),
		 count_text(requested, analysis->rates.requested_pps));
	REMEDY(cause,
	       "the rates measure the sender, not the receiver: ask for a lower --rate, or send "
	       "from several processes, hosts or spare CPUs");
	return true;
}

void causes_find(struct causes *out, const struct analysis *analysis, const struct run *run)
{
	static const struct {
		const char *name;
		bool (*find)(struct cause *, const struct analysis *, const struct run *);
	} known[CAUSES_LIMIT] = {
		{ "one-flow", one_flow },
		{ "few-flows", few_flows },
		{ "flows-split", flows_split },
		{ "flows-unknown", flows_unknown },
		{ "rcvbuf-overflow", rcvbuf_overflow },
		{ "sender-limited", sender_limited },
	};

	out->count = 0;
	for (size_t i = 0; i < CAUSES_LIMIT && known[i].find; i++) {
		struct cause *cause = &out->list[out->count];

		cause->name = known[i].name;
		if (known[i].find(cause, analysis, run))
			out->count++;
	}
}
