/* What the hash has to choose from: too little, or nothing that is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gsl/gsl_cdf.h>

#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "analysis/stats/theory.h"

/* A flow is heavy among others: with so many equal ones it would have a quarter of that. */
#define HEAVY_TIMES 4

/* So few packets are no traffic whose shares could mean something. */
#define LITTLE 10

/* Each packet is a flow, or nearly so: chance by packet is no more even than the hash. */
static bool packet_is_flow(const struct distribution *d)
{
	return (double)d->total < 2 * d->flows;
}

static void one_little_flow(struct cause *cause, const struct scene *scene)
{
	const struct seen_flows *seen = &scene->analysis->seen;

	if (seen->weight.total > 1)
		cause_evidence(cause, "only %.0f packets came, all from %s: one flow",
			       seen->weight.total, seen->remote);
	else
		cause_evidence(cause, "only 1 packet came, from %s", seen->remote);
	cause_remedy(cause, "that is too little to say anything: watch for longer (--duration), or "
			    "while there is traffic");
}

bool cause_one_flow(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct seen_flows *seen = &scene->analysis->seen;
	char packets[UNITS_TEXT];

	if (!scene_hash_was_uneven(scene) || d->flows != 1 || scene_has_nat_collapse(scene))
		return false;
	if (scene->run->tcp) {
		cause_evidence(cause, "the sender made 1 connection, and the worker that accepts "
				      "one gets all that is sent on it");
		cause_remedy(cause, "send on more connections: there is nothing else to divide");
		return true;
	}
	if (seen->seen && seen->weight.total < LITTLE) {
		one_little_flow(cause, scene);
		return true;
	}
	if (seen->seen)
		cause_evidence(cause,
			       "all %s packets came from 1 source address and port, %s: one flow, "
			       "and the kernel's hash gives every packet of a flow to the same "
			       "socket",
			       cause_count(packets, seen->weight.total), seen->remote);
	else
		cause_evidence(cause,
			       "the sender used 1 source address and port: one flow, and the "
			       "kernel's hash gives every packet of a flow to the same socket");
	cause_remedy(cause,
		     "send from more source ports or addresses; or, where the order of packets "
		     "does not matter, steer by packet: fairport-receive's --steer random needs no "
		     "privilege (SO_ATTACH_REUSEPORT_CBPF with SKF_AD_RANDOM %% %zu), its --steer "
		     "round-robin takes CAP_BPF and CAP_NET_ADMIN",
		     d->workers);
	cause_choose_by_packet(cause, d->workers);
	return true;
}

/* How many flows it takes for the busiest worker to be within TOLERANCE, and the cv that is. */
struct aim {
	double tolerance, cv;
	char flows[UNITS_TEXT];
};

/* In 99.9 % of all runs. */
static struct aim aim_of(const struct analysis *analysis)
{
	size_t workers = analysis->distribution.workers;
	struct aim aim = { .tolerance = analysis->tolerance > 0 ? analysis->tolerance : 0.1 };

	aim.cv = aim.tolerance / gsl_cdf_ugaussian_Qinv(0.001 / (double)workers);
	cause_count(aim.flows, theory_flows_for(workers, aim.cv));
	return aim;
}

static bool few_connections(struct cause *cause, const struct distribution *d,
			    const struct aim *aim)
{
	char flows[UNITS_TEXT];

	cause_evidence(cause,
		       "%s connections for %zu workers: cv %.3f is what a uniform hash does "
		       "(%.3f expected, p = %.2g)",
		       cause_count(flows, d->flows), d->workers, d->cv, d->expected_cv, d->p_value);
	/* Chance by connection is no more even than the hash. */
	cause_remedy(cause,
		     "send on more connections: with %s the busiest worker is at most %.3g %% "
		     "above the mean in 999 of 1,000 cases (expected cv %.3g); or share them out "
		     "in turn: fairport-receive's --steer round-robin, which takes CAP_BPF and "
		     "CAP_NET_ADMIN, or its --model fdpass",
		     aim->flows, 100 * aim->tolerance, aim->cv);
	return true;
}

/* Heavy flows are another cause; few are too few where the others are uneven by themselves. */
bool cause_few_flows(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct seen_flows *seen = &scene->analysis->seen;
	struct aim aim = aim_of(scene->analysis);
	char flows[UNITS_TEXT], effective[UNITS_TEXT], as_good[64] = "";

	if (!scene_hash_was_uneven(scene) || d->verdict != VERDICT_FEW_FLOWS || d->flows < 2 ||
	    scene_has_nat_collapse(scene) || scene_lacks_connections(scene))
		return false;
	if (seen->seen && seen->weight.heaviest_share * d->flows >= HEAVY_TIMES &&
	    seen->without_heavy <= 1 + scene->analysis->tolerance)
		return false;
	if (scene->run->tcp)
		return few_connections(cause, d, &aim);
	cause_count(flows, d->flows);
	if (strcmp(flows, cause_count(effective, d->effective_flows)) != 0)
		snprintf(as_good, sizeof(as_good), ", as good as %s equal ones,", effective);
	cause_evidence(cause,
		       "%s flows%s for %zu workers: cv %.3f is what a uniform hash does (%.3f "
		       "expected, p = %.2g)",
		       flows, as_good, d->workers, d->cv, d->expected_cv, d->p_value);
	if (packet_is_flow(d)) {
		cause_remedy(
			cause,
			"watch for longer (--duration): the more flows, the more even, and with "
			"%s equal ones the busiest worker is at most %.3g %% above the mean in 999 "
			"of 1,000 cases (expected cv %.3g); or give each its turn: "
			"fairport-receive's --steer round-robin, which takes CAP_BPF and "
			"CAP_NET_ADMIN",
			aim.flows, 100 * aim.tolerance, aim.cv);
		return true;
	}
	cause_remedy(cause,
		     "send from more source ports or addresses: with %s equal flows the busiest "
		     "worker is at most %.3g %% above the mean in 999 of 1,000 cases (expected cv "
		     "%.3g); or steer by packet: fairport-receive's --steer random needs no "
		     "privilege (SO_ATTACH_REUSEPORT_CBPF), its --steer round-robin takes CAP_BPF "
		     "and CAP_NET_ADMIN",
		     aim.flows, 100 * aim.tolerance, aim.cv);
	cause_choose_by_packet(cause, d->workers);
	return true;
}

bool cause_heavy_flow(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct seen_flows *seen = &scene->analysis->seen;
	char flows[UNITS_TEXT], others[64] = "";
	char more[UNITS_TEXT];

	if (!seen->seen || !scene_hash_was_uneven(scene) || d->flows < 2 || !seen->weight.heavy ||
	    seen->weight.heaviest_share * d->flows < HEAVY_TIMES)
		return false;
	if (seen->weight.heavy > 1)
		snprintf(others, sizeof(others), ", and %s more flow%s %.1f %%",
			 cause_count(more, (double)(seen->weight.heavy - 1)),
			 seen->weight.heavy > 2 ? "s" : "",
			 100 * (seen->weight.heavy_share - seen->weight.heaviest_share));
	cause_evidence(cause,
		       "1 of %s flows, from %s, has %.1f %% of all packets%s; a worker's fair "
		       "share is %.1f %%, so whichever gets it has too much",
		       cause_count(flows, d->flows), seen->remote,
		       100 * seen->weight.heaviest_share, others, 100 / (double)d->workers);
	cause_remedy(cause, "have that sender use several source ports, or give it a port of its "
			    "own; or, where the order of packets does not matter, steer by packet: "
			    "fairport-receive's --steer random or round-robin");
	cause_choose_by_packet(cause, d->workers);
	return true;
}

bool cause_flows_unknown(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct run *run = scene->run;

	if (d->verdict != VERDICT_UNEXPLAINED || !isnan(d->flows))
		return false;
	cause_evidence(cause, "the flows are unknown: %s",
		       run->sender.present ? "fake.ndjson has no summary"
					   : "there is no fake.ndjson, the sender's stream");
	cause_remedy(cause,
		     "give the sender --json FILE and put the file into the run directory as "
		     "fake.ndjson; an uneven group with few flows is normal, with many it is not");
	return true;
}
