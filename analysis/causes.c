#include "analysis/causes.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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

	if (d->verdict != VERDICT_FEW_FLOWS || d->flows != 1)
		return false;
	if (run->tcp) {
		EVIDENCE(cause, "the sender made 1 connection, and the worker that accepts one "
				"gets all that is sent on it");
		REMEDY(cause, "send on more connections: there is nothing else to divide");
		return true;
	}
	EVIDENCE(cause,
		 "the sender used 1 source address and port: one flow, and the kernel's hash "
		 "gives every packet of a flow to the same socket");
	REMEDY(cause,
	       "send from more source ports or addresses; or, where the order of packets does "
	       "not matter, steer by packet: fairport-receive's --steer random needs no "
	       "privilege (SO_ATTACH_REUSEPORT_CBPF with SKF_AD_RANDOM %% %zu), its --steer "
	       "round-robin takes CAP_BPF and CAP_NET_ADMIN",
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

	if (d->verdict != VERDICT_FEW_FLOWS || d->flows < 2)
		return false;
	count_text(flows, d->flows);
	count_text(needed, distribution_flows_for(d->workers, aim));
	if (run->tcp) {
		EVIDENCE(cause,
			 "%s connections for %zu workers: cv %.3f is what a uniform hash does "
			 "(%.3f expected, p = %.2g)",
			 flows, d->workers, d->cv, d->expected_cv, d->p_value);
		/* Chance by connection is no more even than the hash. */
		REMEDY(cause,
		       "send on more connections: %s bring the expected cv down to %.3g; or "
		       "share them out in turn: fairport-receive's --steer round-robin, which "
		       "takes CAP_BPF and CAP_NET_ADMIN, or its --model fdpass",
		       needed, aim);
		return true;
	}
	EVIDENCE(cause,
		 "%s flows, as good as %s equal ones, for %zu workers: cv %.3f is what a uniform "
		 "hash does (%.3f expected, p = %.2g)",
		 flows, count_text(effective, d->effective_flows), d->workers, d->cv,
		 d->expected_cv, d->p_value);
	REMEDY(cause,
	       "send from more source ports or addresses: %s equal flows bring the expected cv "
	       "down to %.3g; or steer by packet: fairport-receive's --steer random needs no "
	       "privilege (SO_ATTACH_REUSEPORT_CBPF), its --steer round-robin takes CAP_BPF and "
	       "CAP_NET_ADMIN",
	       needed, aim);
	return true;
}

/* No hash does this: the packets of one flow came out at several workers. */
static bool flows_split(struct cause *cause, const struct analysis *analysis, const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char flows[UNITS_TEXT];

	if (analysis->chooser != CHOOSER_HASH || isnan(d->flows) || (double)d->busy <= d->flows)
		return false;
	EVIDENCE(cause, "%zu workers received %s of only %s flow%s", d->busy, run_unit(run, true),
		 count_text(flows, d->flows), d->flows > 1 ? "s" : "");
	REMEDY(cause,
	       "a steering program chooses by packet, or another sender took part: see "
	       "'ss -ln%cp' and who else sends to the port",
	       run->tcp ? 't' : 'u');
	return true;
}

/* What to do about an uneven share, by the policy that makes it. */
static const char *steering_remedy(const char *policy)
{
	static const struct {
		const char *policy, *remedy;
	} known[] = {
		{ "random", "chance evens out with more packets or connections; --steer "
			    "round-robin does not leave it to chance" },
		{ "cpu", "the shares are those of the CPUs that packets come in on: spread them "
			 "over more receive queues (RSS) or by RPS, or use --steer round-robin" },
		{ "weighted", "the shares follow the weights: give equal ones, or use --steer "
			      "round-robin" },
		{ "least-queue", "a worker that reads slower gets less, as it should; --steer "
				 "round-robin gives each the same" },
		{ "series", "all lines of a series go to one worker: send more series, or use "
			    "--steer round-robin" },
		{ "consistent", "flows are assigned as a hash does: send from more source ports "
				"or addresses, or use --steer round-robin" },
	};
	size_t length = strcspn(policy, ":");

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].policy) == length &&
		    strncmp(known[i].policy, policy, length) == 0)
			return known[i].remedy;
	return "see the decisions and fallbacks in the receiver's summary; --steer hash leaves "
	       "the choice to the kernel";
}

static bool steering_program(struct cause *cause, const struct analysis *analysis,
			     const struct run *run)
{
	const struct distribution *d = &analysis->distribution;
	char left[UNITS_TEXT], but[80] = "";
	uint64_t fallbacks;

	if (analysis->chooser != CHOOSER_PROGRAM || d->verdict != VERDICT_UNEVEN)
		return false;
	if (record_count(run->receive_summary, "fallbacks", &fallbacks) && fallbacks)
		snprintf(but, sizeof(but), "; %s choices it left to the hash",
			 units_grouped(left, fallbacks));
	EVIDENCE(cause, "--steer %.80s: a program chose the worker of each %s, not the hash%s",
		 run->steer, run_unit(run, false), but);
	REMEDY(cause, "%s", steering_remedy(run->steer));
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

/* Where most packets were dropped: "worker 1", "the shared socket". */
struct bottleneck {
	char name[LIFE_TEXT];
	uint64_t drops, rcvbuf;
};

static struct bottleneck find_bottleneck(const struct run *run)
{
	struct bottleneck worst = { .drops = 0 };

	for (size_t i = 0; i < run->worker_count; i++) {
		const struct worker *worker = &run->workers[i];

		if (worker->counts.drops <= worst.drops)
			continue;
		worst = (struct bottleneck){ "", worker->counts.drops, worker->rcvbuf };
		snprintf(worst.name, sizeof(worst.name), "worker %zu", i);
	}
	for (size_t i = 0; i < run->fronts.count; i++) {
		const struct life *front = &run->fronts.list[i];

		if (front->counts.drops <= worst.drops)
			continue;
		worst = (struct bottleneck){ "", front->counts.drops, front->rcvbuf };
		snprintf(worst.name, sizeof(worst.name), "the %s", front->name);
	}
	return worst;
}

static bool rcvbuf_overflow(struct cause *cause, const struct analysis *analysis,
			    const struct run *run)
{
	struct bottleneck worst = find_bottleneck(run);
	char drops[UNITS_TEXT], most[UNITS_TEXT], size[UNITS_TEXT], limit[96] = "", share[64];
	uint64_t rmem_max, total = run->total.drops;
	uint64_t arrived = total + run->total.packets;
	const char *rmem_max_text =
		record_text(json_object_get(run->manifest, "sysctl"), "net.core.rmem_max");

	(void)analysis;
	if (!total || run->tcp)
		return false;
	if (run_drops_trains(run))
		snprintf(share, sizeof(share), "trains of packets");
	else
		snprintf(share, sizeof(share), "packets (%.2g %% of those that arrived)",
			 100 * (double)total / (double)arrived);
	EVIDENCE(cause, "%s %s found a full receive buffer, %s of them at %s%s%s",
		 units_grouped(drops, total), share, units_grouped(most, worst.drops), worst.name,
		 worst.rcvbuf ? "; its buffer: " : "",
		 worst.rcvbuf ? units_size_text(size, worst.rcvbuf) : "");
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
		{ "steering-program", steering_program },
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
