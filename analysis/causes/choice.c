/* What chooses, if not the hash. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/causes/family.h"
#include "analysis/run.h"
#include "analysis/read/stream.h"

/* What to do about an uneven share, by the policy that makes it. */
static const char *policy_remedy(const char *policy)
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

/* The group of the workers as fairport-groups saw it; NULL: it did not. */
static const struct observed_group *find_group(const struct run *run)
{
	for (size_t i = 0; i < run->worker_count; i++) {
		size_t at = observed_find(&run->observed, run->workers[i].cookie);

		if (at != OBSERVED_NONE && run->observed.members[at].group != OBSERVED_NONE)
			return &run->observed.groups[run->observed.members[at].group];
	}
	return NULL;
}

static bool is_steered(const struct observed_group *group)
{
	return group && group->steering[0] && strcmp(group->steering, "hash") != 0;
}

/* "a classic BPF program", "an eBPF program (name)". */
static void name_program(char *text, size_t size, const struct observed_group *group)
{
	if (strcmp(group->steering, "cbpf") == 0)
		snprintf(text, size, "a classic BPF program");
	else
		snprintf(text, size, "an eBPF program%s%.32s%s", group->program_name[0] ? " (" : "",
			 group->program_name, group->program_name[0] ? ")" : "");
}

static void detach(struct cause *cause)
{
	cause_command(cause, "setsockopt(fd, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, &(int){ 0 },");
	cause_command(cause, "           sizeof(int)); /* fd: any one member */");
}

/*
 * Whether what came to the workers was even: then what made it uneven came after the choice. False
 * also where it is not known what came.
 */
static bool chose_evenly(const struct scene *scene)
{
	const struct run *run = scene->run;
	double sum = 0, most = 0;

	for (size_t i = 0; i < run->worker_count; i++) {
		size_t at = observed_find(&run->observed, run->workers[i].cookie);
		uint64_t came = at == OBSERVED_NONE ? OBSERVED_UNKNOWN
						    : member_arrivals(&run->observed.members[at]);

		if (came == OBSERVED_UNKNOWN)
			return false;
		sum += (double)came;
		most = fmax(most, (double)came);
	}
	return sum > 0 &&
	       most * (double)run->worker_count <= (1 + scene->analysis->tolerance) * sum;
}

bool cause_steering_program(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct run *run = scene->run;
	const struct observed_group *group = find_group(run);
	char left[UNITS_TEXT], program[80], but[80] = "";
	uint64_t fallbacks;

	if (scene->analysis->chooser != CHOOSER_PROGRAM || d->verdict != VERDICT_UNEVEN ||
	    chose_evenly(scene))
		return false;
	if (run->receive_header) {
		if (record_count(run->receive_summary, "fallbacks", &fallbacks) && fallbacks)
			snprintf(but, sizeof(but), "; %s choices it left to the hash",
				 units_grouped(left, fallbacks));
		cause_evidence(cause,
			       "--steer %.80s: a program chose the worker of each %s, not the "
			       "hash%s",
			       run->steer, run_unit(run, false), but);
		cause_remedy(cause, "%s", policy_remedy(run->steer));
		return true;
	}
	if (!is_steered(group))
		return false;
	name_program(program, sizeof(program), group);
	cause_evidence(cause,
		       "%s attached to the group chose the worker of each %s, not the hash: the "
		       "busiest got %.2f times the mean",
		       program, run_unit(run, false), d->max_over_mean);
	/* What the hash cannot share out either is no reason to take the program off. */
	if (d->flows < 2 * (double)d->workers) {
		cause_remedy(cause,
			     "correct the program. To take it off would not help: only %s flow%s "
			     "came, and the hash gives each to one worker",
			     cause_count(left, d->flows), d->flows > 1 ? "s" : "");
		return true;
	}
	cause_remedy(cause, "correct the program, or take it off and leave the choice to the hash");
	detach(cause);
	return true;
}

/* By what the sender says: no hash gives packets of one flow to several workers. */
static bool split_as_sent(struct cause *cause, const struct scene *scene)
{
	const struct distribution *d = &scene->analysis->distribution;
	const struct run *run = scene->run;
	char flows[UNITS_TEXT];

	if (scene->analysis->chooser != CHOOSER_HASH || isnan(d->flows) ||
	    (double)d->busy <= d->flows)
		return false;
	cause_evidence(cause, "%zu workers received %s of only %s flow%s", d->busy,
		       run_unit(run, true), cause_count(flows, d->flows), d->flows > 1 ? "s" : "");
	cause_remedy(cause,
		     "a steering program chooses by packet, or another sender took part: see "
		     "'ss -ln%cp' and who else sends to the port",
		     run->tcp ? 't' : 'u');
	return true;
}

bool cause_flows_split(struct cause *cause, const struct scene *scene)
{
	const struct seen_flows *seen = &scene->analysis->seen;
	const struct observed_group *group = find_group(scene->run);
	char split[UNITS_TEXT], flows[UNITS_TEXT], which[64], program[80] = "";

	if (!seen->seen)
		return split_as_sent(cause, scene);
	if (!seen_flows_are_split(seen) || scene->analysis->chooser == CHOOSER_REGROUPED)
		return false;
	if (is_steered(group))
		name_program(program, sizeof(program), group);
	if (seen->merged.flows == 1)
		snprintf(which, sizeof(which), "the only flow");
	else
		snprintf(which, sizeof(which), "%s of %s flows",
			 cause_count(split, (double)seen->merged.split),
			 cause_count(flows, (double)seen->merged.flows));
	cause_evidence(cause,
		       "packets of %s (%.0f %% of all packets) came to several workers: "
		       "no hash does that, and their order is lost%s%s%s",
		       which, 100 * seen->merged.split_weight / seen->merged.weight,
		       program[0] ? "; " : "", program, program[0] ? " chooses by packet" : "");
	cause_remedy(cause,
		     "where a client's packets belong together, leave the choice to the hash, "
		     "or steer by flow: fairport-receive's --steer consistent");
	if (!group || !group->steering[0] || is_steered(group))
		detach(cause);
	return true;
}
